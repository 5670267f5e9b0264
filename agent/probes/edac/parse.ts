/**
 * Attributes of the kernel's memory controllers to error counts (kernel.org: Documentation/driver-api/edac.rst). Pure and total.
 *
 * The kernel counts since its driver was loaded. Two layouts: `dimmN` or `rankN` with counts of their own, and before 3.6 `csrowN` with channels.
 */
import { cleanLabel, cleanText, leadingCount, present } from "../label.ts";

/** The attributes of one directory by name; null where one cannot be read. */
export type Attributes = Readonly<Record<string, string | null>>;

/** One memory controller as sysfs has it. */
export interface ControllerAttributes {
  readonly name: string;
  readonly own: Attributes;
  /** `dimm0`, `rank3` or `csrow1`, each with its attributes. */
  readonly parts: Readonly<Record<string, Attributes>>;
}

/** One module as the driver names it: by the board's label if somebody told the kernel, else by its place at the controller. */
export interface EdacModule {
  readonly label: string;
  readonly correctedErrorCount: number;
  readonly uncorrectedErrorCount: number;
}

/** One memory controller. */
export interface EdacController {
  readonly name: string;
  readonly driver?: string;
  readonly correctedErrorCount: number;
  readonly uncorrectedErrorCount: number;
  readonly modules: readonly EdacModule[];
}

const countOf = (attributes: Attributes, name: string): number | undefined =>
  leadingCount(attributes[name] ?? undefined);

const moduleOf = (label: string | null | undefined, place: string, corrected?: number, uncorrected?: number) => ({
  label: cleanLabel(label, 200) ?? place,
  correctedErrorCount: corrected ?? 0,
  uncorrectedErrorCount: uncorrected ?? 0,
});

/** Channels of an old row; the row alone counts what could not be corrected, so its first channel carries that. */
const channelsOf = (place: string, row: Attributes): EdacModule[] =>
  Object.keys(row)
    .flatMap((name) => /^ch(\d{1,2})_ce_count$/.exec(name)?.[1] ?? [])
    .map((channel, i) =>
      moduleOf(
        row[`ch${channel}_dimm_label`],
        `${place} channel ${channel}`,
        countOf(row, `ch${channel}_ce_count`),
        i === 0 ? countOf(row, "ue_count") : 0,
      ),
    );

const modulesOf = ({ name, parts }: ControllerAttributes): EdacModule[] => {
  const places = Object.entries(parts).map(([part, attributes]) => ({ part, place: `${name} ${part}`, attributes }));
  const modern = places.filter(({ part }) => !part.startsWith("csrow"));
  // The kernel keeps both layouts side by side; they tell the same errors.
  return modern.length > 0
    ? modern.map(({ place, attributes: one }) =>
        moduleOf(one["dimm_label"], place, countOf(one, "dimm_ce_count"), countOf(one, "dimm_ue_count")),
      )
    : places.flatMap(({ place, attributes }) => channelsOf(place, attributes));
};

/** The controllers with what each counted. One without counts of its own is none. */
export const parseEdac = (controllers: readonly ControllerAttributes[]): readonly EdacController[] =>
  controllers.flatMap((controller) => {
    const [corrected, uncorrected] = [countOf(controller.own, "ce_count"), countOf(controller.own, "ue_count")];
    if (corrected === undefined && uncorrected === undefined) return [];
    return {
      name: cleanText(controller.name, 64),
      ...present({ driver: cleanLabel(controller.own["mc_name"]) }),
      correctedErrorCount: corrected ?? 0,
      uncorrectedErrorCount: uncorrected ?? 0,
      modules: modulesOf(controller),
    };
  });

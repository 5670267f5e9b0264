/**
 * The iPXE scripts that hosts get. Pure: what a MAC boots was decided before.
 *
 * Needs iPXE 1.21 or newer on UEFI: `initrd.magic` is how it hands several initrds to the kernel as one. Older loaders are first replaced by ours.
 */
import { CMDLINE } from "../../agent/wire/routes.ts";
import { type ImageStep, imageFilePath, loaderPath } from "../core/boot-paths.ts";
import type { BootDecision } from "../core/ports.ts";
import type { Loader } from "./architectures.ts";
import { echoText, word } from "./script-words.ts";

/** What a loader says of itself. */
export interface LoaderSaid {
  readonly userAgent: string;
  /** `${buildarch}`: `i386`, `x86_64`, `arm64`; empty when it did not say. */
  readonly arch: string;
}

/** The files of the live image, by SHA-256, and its id. */
export interface BootImage {
  readonly id: string;
  readonly files: Readonly<Record<ImageStep, { readonly sha256: string }>>;
}

/** Where the box is, as hosts reach it. */
export interface BoxPlace {
  /** `https://address:port` of the agent API. */
  readonly agentOrigin: string;
  /** SHA-256 of the certificate. */
  readonly pin: string;
  /** `http://address:port` of the boot file process. */
  readonly filesOrigin: string;
}

/** Everything that a script is made of. */
export interface ScriptRequest {
  readonly mac: string;
  readonly decision: BootDecision;
  /** Shown on the host's console, in plain letters. */
  readonly hostName: string | null;
  readonly loader: LoaderSaid;
  readonly box: BoxPlace;
  /** Null while the box has no image. */
  readonly image: BootImage | null;
  /** More kernel parameters, for odd hardware and for tests. */
  readonly kernelArgs: readonly string[];
  /** False once the loader was replaced and came back as old as before: it is then taken as it is. */
  readonly mayReplaceLoader: boolean;
}

/** `${buildarch}` values that can start an x86-64 kernel. */
const X64_ARCHES = new Set(["i386", "x86_64", ""]);
/** How often a load is tried, and how long it waits between. Together under a minute: the enrol code lives 10. */
const TRIES = 3;
const PAUSE_S = 10;
/** Time to read a message on the console. */
const READ_S = 3;

/** The script for a host; null for one that is not registered. */
export const renderScript = (request: ScriptRequest): string | null => {
  const { decision, image, loader } = request;
  if (decision.kind === "unknown") return null;
  if (decision.kind === "local") return renderLocalScript(decision.reason);
  if (image === null) return renderLocalScript("the box has no live image");
  if (!X64_ARCHES.has(loader.arch)) return renderLocalScript(`there is no live image for ${loader.arch}`);
  if (request.mayReplaceLoader && isOldLoader(loader.userAgent)) return renderChainScript(request.box.filesOrigin);
  return renderBootScript({ ...request, image, runId: decision.runId, enrolCode: decision.enrolCode });
};

/** What the boot of a live image needs. */
export type BootScriptInput = Pick<ScriptRequest, "mac" | "hostName" | "box" | "kernelArgs"> & {
  readonly image: BootImage;
  readonly runId: string;
  readonly enrolCode: string;
};

/** Loads kernel, initrd and root, and starts them. A load that fails is tried again, then the host goes to its own disk. */
export const renderBootScript = (input: BootScriptInput): string => {
  const fileUrl = (step: ImageStep) =>
    word("origin", input.box.filesOrigin) +
    imageFilePath(word("mac", input.mac), step, word("sha256", input.image.files[step].sha256));
  const title = `run ${word("runId", input.runId)}, image ${word("sha256", input.image.id).slice(0, 12)}`;
  return lines([
    `echo ${echoText(`Vetbox: ${title}, host ${input.hostName ?? input.mac}`)}`,
    "set try:int32 0",
    ":load",
    "inc try",
    "imgfree",
    ...step("kernel", `kernel --name kernel ${fileUrl("kernel")} ${renderCmdline(input).join(" ")}`),
    ...step("initrd", `initrd ${fileUrl("initrd")}`),
    ...step("root", `initrd ${fileUrl("root")}`),
    ...step("start", "boot"),
    ":failed",
    `echo Vetbox: ${braces("step")} failed, try ${braces("try")} of ${TRIES}`,
    `iseq ${braces("try")} ${TRIES} && goto local ||`,
    `sleep ${PAUSE_S}`,
    "goto load",
    ":local",
    "imgfree",
    "echo Vetbox: the live image could not be loaded",
    ...localLines,
  ]);
};

/** Boots the host's own disk, and says why. */
export const renderLocalScript = (reason: string): string =>
  lines([`echo ${echoText(`Vetbox: no live image now: ${reason}`)}`, ...localLines]);

/**
 * Replaces a loader that is too old by the box's own. A NIC that has iPXE in its ROM is one that iPXE has a driver for, so the native BIOS loader comes first
 * here, other than over TFTP.
 */
export const renderChainScript = (filesOrigin: string): string => {
  const chain = (loader: Loader) =>
    `chain --replace ${word("origin", filesOrigin)}${loaderPath(word("loader", loader))}`;
  return lines([
    `echo Vetbox: iPXE ${braces("version")} is too old, loading a newer one`,
    `iseq ${braces("platform")} efi && goto efi ||`,
    `${chain("ipxe.pxe")} ||`,
    `${chain("undionly.kpxe")} ||`,
    "goto failed",
    ":efi",
    `${chain("snponly.efi")} ||`,
    `${chain("ipxe.efi")} ||`,
    ":failed",
    "echo Vetbox: the newer loader could not be loaded",
    ...localLines,
  ]);
};

/** Whether a User-Agent is an iPXE before 1.21. Firmware of 2012 to 2020 says 1.0.0 with a date; what is not iPXE is not old. */
export const isOldLoader = (userAgent: string): boolean => {
  const [, major, minor] = /^iPXE\/(\d{1,4})\.(\d{1,4})/.exec(userAgent) ?? [];
  if (major === undefined || minor === undefined) return false;
  return Number(major) < 1 || (Number(major) === 1 && Number(minor) < 21);
};

/** The kernel's command line, word by word. The last console is the one that init writes to. */
export const renderCmdline = (input: BootScriptInput): readonly string[] => [
  "initrd=initrd.magic",
  "console=tty0",
  "console=ttyS0,115200n8",
  "panic=10", // a kernel that dies starts over, and the boot timeline shows it
  "raid=noautodetect",
  `${CMDLINE.url}=${word("origin", input.box.agentOrigin)}`,
  `${CMDLINE.pin}=${word("sha256", input.box.pin)}`,
  `${CMDLINE.run}=${word("runId", input.runId)}`,
  `${CMDLINE.enrol}=${word("enrolCode", input.enrolCode)}`,
  `${CMDLINE.mac}=${word("mac", input.mac)}`,
  `${CMDLINE.root}=${word("sha256", input.image.id)}`,
  ...input.kernelArgs.map((arg) => word("kernelArg", arg)),
];

/** A setting of iPXE, expanded by iPXE. */
const braces = (setting: string): string => `\${${setting}}`;

const step = (name: ImageStep | "start", command: string): readonly string[] => [
  `set step ${name}`,
  `${command} || goto failed`,
];

/**
 * UEFI: a status other than success makes the firmware try its next boot entry; after success it opens its menu (EDK2, BdsEntry.c). BIOS: the first disk,
 * and where that cannot be started, back to the BIOS.
 */
const localLines: readonly string[] = [
  "echo Vetbox: starting the local disk",
  `sleep ${READ_S}`,
  `iseq ${braces("platform")} efi && exit 1 ||`,
  "sanboot --no-describe --drive 0x80 ||",
  "exit 1",
];

const lines = (body: readonly string[]): string => `#!ipxe\n${body.join("\n")}\n`;

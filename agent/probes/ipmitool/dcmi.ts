/** `ipmitool dcmi power reading`: what the whole server draws, by BMCs that speak DCMI 1.5. Pure and total. */
import { notUnderstood, type Parsed, understood } from "../parsed.ts";
import { fieldsOf } from "./fields.ts";

/** What the server draws now. */
export interface DcmiPower {
  readonly instantaneousW: number;
}

const WATTS = /^(\d{1,6}) Watts?$/i;

/** Reads it. A meter that is switched off reads 0 W and says that it is not active. */
export const parseDcmiPower = (text: string): Parsed<DcmiPower> => {
  const fields = fieldsOf(text);
  const watts = WATTS.exec(fields.get("Instantaneous power reading") ?? "")?.[1];
  if (watts === undefined) return notUnderstood("line 1", "No line “Instantaneous power reading: 220 Watts”.");
  const isActive = !/deactivated|not/i.test(fields.get("Power reading state is") ?? "activated");
  return isActive ? understood({ instantaneousW: Number(watts) }) : notUnderstood("line 1", "Its power meter is off.");
};

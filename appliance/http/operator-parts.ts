/** What the operator's routes share: their parts, and the name under which an operator's acts are recorded. */
import type { Hono } from "hono";
import type { Logger } from "pino";
import type { PanelPort } from "../core/panel-port.ts";
import type { OperatorDesk, ReadModel } from "../core/ports.ts";
import type { Edge, EdgeEnv } from "./edge.ts";
import type { StreamPeriods } from "./event-stream.ts";

/** What the operator API is made of. */
export interface OperatorAppParts {
  readonly desk: OperatorDesk;
  readonly reads: ReadModel;
  readonly log: Logger;
  /** Names besides loopback by which the box may be addressed, for a reverse proxy or a tunnel. */
  readonly hostNames?: readonly string[];
  /** The web pages, served behind the same guards at every path that is not the API's. */
  readonly pages?: Hono<EdgeEnv>;
  /** The box's own panel, where it has one. */
  readonly panel?: PanelPort | undefined;
  readonly periods?: StreamPeriods;
}

/** Who asked, for the record: there is no login, so the place is all that is known. */
export const operatorAt = (edge: Edge): string => `operator@${edge.address === "" ? "local" : edge.address}`;

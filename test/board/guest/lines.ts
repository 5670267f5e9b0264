/** What host and guest say to each other: one JSON value a line. */

/** The host asks for an act. */
export interface Order {
  readonly id: number;
  readonly act: string;
  readonly args: readonly unknown[];
}

/** An error of the guest's, with what code needs of it. */
export interface Failure {
  readonly message: string;
  readonly code?: string;
}

/** The guest answers an order, or tells something unasked. */
export type Report =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly failure: Failure }
  | { readonly event: string; readonly value: unknown };

/** A message as a line. */
export const renderLine = (message: Order | Report): string => `${JSON.stringify(message)}\n`;

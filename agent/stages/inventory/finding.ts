/** What a rule finds: the part of a check that is of one component. */

/** One finding about one component. */
export interface Finding {
  readonly component: string;
  /** One sentence for the technician. */
  readonly message: string;
  readonly measured?: string;
  readonly limit?: string;
}

/**
 * What was written to a store, told just well enough to know which answers still hold: an answer that was made at
 * `version` from samples before `earliestSince(version)` would come out the same now.
 */
export interface StoreChanges {
  /** Grows with every change. */
  readonly version: number;
  /**
   * Millis of the oldest sample that came after `version`, or an earlier time; Infinity when nothing changed, and
   * -Infinity when samples went (deleted, past retention) or series were put into another order.
   */
  earliestSince(version: number): number;
}

import type { ColumnId, Labels, Matcher, Millis } from "../model/index.ts";

/** One observation behind a sample, usually named by a trace: what a dashboard links to. */
export interface Exemplar {
  /** Labels of its own, besides those of its series; may be none. */
  readonly labels: Labels;
  readonly value: number;
  /** Its own time, or that of its sample where it brought none. */
  readonly time: Millis;
  /** Whether the time is its own; one without is the same as its predecessor whatever the time (TSDB-38). */
  readonly hasOwnTime: boolean;
}

/** An exemplar of a sample in column `column` of a row. */
export interface ColumnExemplar extends Exemplar {
  readonly column: ColumnId;
}

/** What became of the exemplars of one append. Those that a store without exemplars passes over count nowhere. */
export interface ExemplarOutcome {
  readonly appended: number;
  readonly repeated: number; // The same as the newest of their series.
  readonly outOfOrder: number;
  readonly invalid: number; // Too long.
  /** Why the first one was refused, in Prometheus's words; undefined when none was. */
  readonly reason: string | undefined;
}

/** Exemplars of one series, ascending in time. */
export interface SeriesExemplars {
  readonly labels: Labels;
  readonly exemplars: readonly Exemplar[];
}

/** The exemplars of a store, as the API reads them. */
export interface ExemplarQueryable {
  /**
   * Exemplars of the series that pass all matchers of at least one set, in the closed range `[from, to]`; series
   * with none are left out, the others sorted by labels (TSDB-39).
   */
  exemplars(matcherSets: readonly (readonly Matcher[])[], from: Millis, to: Millis): SeriesExemplars[];
}

/** Fill and flow of the exemplar store (TSDB-63). */
export interface ExemplarStats {
  readonly appended: number; // Since the start.
  readonly outOfOrder: number; // Since the start.
  readonly stored: number;
  readonly series: number; // With at least one exemplar.
  readonly storedMax: number; // 0: none are kept.
  /** Time (ms) of the oldest stored one, in the order they came; 0 when there is none. */
  readonly oldestMs: number;
}

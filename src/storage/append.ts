import type { ColumnId, Histogram, Labels, Millis } from "../model/index.ts";
import type { ColumnExemplar, Exemplar, ExemplarOutcome } from "./exemplar.ts";
import type { MetricMetadata } from "./metadata.ts";

/** Counts of what became of samples. */
export interface SampleOutcome {
  appended: number; // Late ones and repeated ones too.
  outOfOrder: number;
  duplicates: number; // Same time, other value: the first written is kept.
  outOfBounds: number; // Before what the head still takes, or over 10 minutes ahead.
  tooOld: number; // Outside the out-of-order window, when there is one.
}

/** What became of the samples of one append. Duplicates with the same value count as appended. */
export interface AppendOutcome extends SampleOutcome {
  /** How many of `appended` came out of order and were taken by the out-of-order window; absent: none. */
  late?: number;
  /** The part of the counts above that is of histograms; absent: none is. */
  histograms?: Readonly<SampleOutcome>;
  /** Absent: the append had none, or the store keeps none. */
  exemplars?: ExemplarOutcome;
}

/** A sample that brought its own time instead of the row's. */
export interface OwnTimeSample {
  readonly column: ColumnId;
  readonly time: Millis;
  readonly value: number; // NaN is stored as the ordinary NaN; not read where a histogram is.
  readonly histogram?: Histogram;
}

/** Since when the counter, histogram or summary behind a sample counts. */
export interface SampleStart {
  readonly column: ColumnId;
  readonly time: Millis;
}

/** One scrape's result: becomes visible to queries as a whole or not at all. */
export interface Row {
  readonly time: Millis;
  /**
   * Value of column `c` at element `c`, with the absent marker where the row has no sample; at least
   * `columnCount` long. Belongs to the caller, which may reuse it after the call.
   */
  readonly values: Float64Array;
  /** Histogram samples of the row; `values` holds the absent marker there. */
  readonly histograms?: ReadonlyMap<ColumnId, Histogram>;
  readonly ownTimes?: readonly OwnTimeSample[];
  /**
   * Start times of which the store shall make samples: a zero (of a histogram an empty one with its layout) at the
   * start, where that lies after the newest sample of the series and before the row; else nothing, silently.
   */
  readonly starts?: readonly SampleStart[];
  /** In the order of the source. They never make an append fail. */
  readonly exemplars?: readonly ColumnExemplar[];
}

/** The writing side of one table: one scrape target, rule group or other source whose samples share timestamps. */
export interface TableWriter {
  /** Number of columns; ids are 0 … columnCount - 1. */
  readonly columnCount: number;
  /**
   * Column of the series with this label set, made when the table has none yet. Undefined when the store
   * takes no new series now (memory budget); the caller drops the sample and counts it.
   */
  column(labels: Labels): ColumnId | undefined;
  /** Appends one row; it is in the log after the next group commit. */
  append(row: Row): AppendOutcome;
  /** The source is gone; its data stay. Idempotent. */
  close(): void;
}

/** Samples of one series from outside (remote write, backfill), times in the sender's order. */
export interface SeriesBatch {
  readonly labels: Labels;
  readonly times: Float64Array; // Millis.
  readonly values: Float64Array; // NaN payloads are kept bit for bit.
  readonly histograms: readonly { readonly time: Millis; readonly histogram: Histogram }[];
  /** In the sender's order. They are stored if the batch is, and never make it fail. */
  readonly exemplars?: readonly Exemplar[];
}

/** A refused sample of a batch, in Prometheus's words, e.g. `out of order sample` (RCV-8). */
export interface Refusal {
  readonly labels: Labels;
  readonly time: Millis;
  readonly reason: string;
}

export interface BatchOutcome extends AppendOutcome {
  /**
   * In the order met. With mode "all-or-nothing" and at least one refusal nothing was stored, unless all of them are of
   * new series that the store does not take now: it has the rest then, since a sender could not do better.
   */
  readonly refusals: readonly Refusal[];
}

/** The writing side of a store. */
export interface Appendable {
  /**
   * Opens the table of a source. `key` names it over restarts (job and target identity, rule file and group);
   * opening a key again, also after a restart, continues its table.
   */
  openTable(key: string): TableWriter;
  /** Resolves when the batch is in the log: a kill from then on loses nothing of it. */
  appendBatch(batch: readonly SeriesBatch[], mode: "all-or-nothing" | "partial"): Promise<BatchOutcome>;
  /** Notes what senders of remote write say about their metrics; targets keep their own (SCR-42). */
  putMetadata(entries: readonly MetricMetadata[]): void;
}

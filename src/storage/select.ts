import type { Histogram, Labels, Matcher, Millis } from "../model/index.ts";

/** Which samples are wanted: series passing all matchers, times in the closed range `[from, to]`. */
export interface SelectRequest {
  readonly matchers: readonly Matcher[];
  readonly from: Millis;
  readonly to: Millis;
}

/**
 * One series' samples as parallel columns: element `i < count` of each is one sample, times strictly
 * ascending. The object belongs to the caller and is filled by `Selection.read`; the arrays belong to the
 * store, must not be written, may be longer than `count`, and are valid until the next `read` into the same object.
 */
export interface SeriesSamples {
  count: number;
  times: Float64Array; // Millis.
  values: Float64Array; // May hold stale markers (ask isStaleAt), never absent markers; 0 where a histogram is.
  /**
   * 0 or more: every series of this selection that reads back the same number has exactly these times, so
   * what was computed from the times of one holds for all. -1: times of its own.
   */
  timeline: number;
  /** Whether any value is a stale marker (histogram staleness markers count too). */
  hasStale: boolean;
  /** Undefined when all samples are floats; else sample `i` is a histogram where `histograms[i]` is set. */
  histograms: readonly (Histogram | undefined)[] | undefined;
}

export function createSeriesSamples(): SeriesSamples {
  return {
    count: 0,
    times: new Float64Array(0),
    values: new Float64Array(0),
    timeline: -1,
    hasStale: false,
    histograms: undefined,
  };
}

/**
 * The answer to a select: a fixed set of series, each read on demand. It sees the rows that were committed
 * before `select` was called and stays readable until `close`, whatever is flushed or deleted meanwhile.
 */
export interface Selection {
  readonly seriesCount: number;
  /** Label set of series `index`; series are in the store's order (creation), unique by label set. */
  labels(index: number): Labels;
  /** Value of one label of series `index`, "" when it has none; given where that is cheaper than `labels`. */
  labelValue?(index: number, name: string): string;
  /** Fills `into` with the samples of series `index` in the requested range; `count` 0 when there are none. */
  read(index: number, into: SeriesSamples): void;
  /** What may be missing from what was read so far because files are damaged: one text a file, for the user. */
  warnings?(): readonly string[];
  /**
   * The selection as it can be posted to another thread, where what belongs to the store opens it; valid until this one
   * is closed. Absent: it can only be read here.
   */
  describe?(): unknown;
  /** Idempotent. */
  close(): void;
}

/** Tells one other thread what it has to know of a store before it opens selections that are described afterwards. */
export interface StoreSharing {
  /** Postable, to be taken in the order in which they were made; undefined: nothing is new. */
  next(): unknown;
}

/** For label and series look-ups; the range selects by overlap of head and blocks, not by sample (TSDB-52). */
export interface LookupRequest {
  readonly matchers: readonly Matcher[]; // Empty: everything.
  readonly from: Millis;
  readonly to: Millis;
  /** At most this many label values, those that the store met first; undefined: all. Other look-ups give all. */
  readonly limit?: number;
}

/** The reading side of a store. All calls are synchronous and may be made from a query worker. */
export interface Queryable {
  select(request: SelectRequest): Selection;
  /** Label sets, in the store's order. */
  series(request: LookupRequest): Labels[];
  /** Sorted by bytes. */
  labelNames(request: LookupRequest): string[];
  /** Sorted by bytes. */
  labelValues(name: string, request: LookupRequest): string[];
}

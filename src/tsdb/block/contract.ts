/*
 * What a block takes in and gives out. A block is one immutable file holding the samples of a time range
 * `[from, to)`: series ordered by metric name then labels, each a column of values over a timeline (a column of
 * timestamps), which series of one source share. The bytes are laid out in docs/formats/block.md.
 */
import type { CompiledMatcher, Histogram, Labels, Millis } from "../../model/index.ts";
import type { Selection } from "../../storage/index.ts";
import type { CacheBudget } from "./page-cache.ts";

/** One series' rows on their way into a block or, gaps included, out of it. Arrays owned by who fills it. */
export interface BlockColumn {
  /** 0 ≤ timeline < timelineCount: row `r` has that timeline's time `r`. -1: the times are in `times`. */
  timeline: number;
  /** Rows in use; equals the timeline's length when there is one. 0: the series is left out. */
  count: number;
  times: Float64Array; // Millis, strictly ascending, within the source's range; only read with timeline -1.
  values: Float64Array; // May hold stale and absent markers; not read where a histogram is.
  histograms: readonly (Histogram | undefined)[] | undefined; // One a row; undefined: all rows are floats.
}

/**
 * What `writeBlock` pulls. Must answer the same until the writing has ended. Every array it gives is valid until
 * the next call of the same method.
 */
export interface BlockSource {
  readonly from: Millis; // First time that may occur.
  readonly to: Millis; // First time that may not.
  readonly seriesCount: number; // Any order, unique by label set; the writer sorts.
  readonly symbolCount: number; // Symbols need no order and may be unused.
  symbol(id: number): string;
  readonly labelsMax: number; // Most labels that one series has.
  /** Writes symbol ids name, value, name, value … in the order of `Labels`; returns how many ids (twice the labels). */
  labelSymbols(series: number, into: Uint32Array): number;
  readonly timelineCount: number; // Every timeline's number is below this.
  /** Times of a timeline, strictly ascending, all within the range. */
  timeline(index: number): Float64Array;
  /** Called once a series, in the block's order. */
  read(series: number, into: BlockColumn): void;
}

export interface WriteBlockOptions {
  /** Order of writing, unique in a data directory: of two samples for one time, the lower generation's counts. */
  readonly generation: number;
  /** 1 for a block cut from the head, one more for each merge. */
  readonly level: number;
  /** Whether pages are packed with zstd, which costs a cold read some 50 us a page. Default: from level 2 on. */
  readonly compact?: boolean;
  /** Awaited between pages, so that the caller can let other work run. */
  readonly breathe?: () => Promise<void>;
}

/** What a block's header says. */
export interface BlockMeta {
  readonly file: string; // Name within its directory: `<from>-<to>-<generation>.db`.
  readonly from: Millis; // Range the block stands for: [from, to).
  readonly to: Millis;
  readonly minTime: Millis; // Times of the first and the last sample.
  readonly maxTime: Millis;
  readonly generation: number;
  readonly level: number;
  readonly seriesCount: number;
  readonly sampleCount: number; // Histograms included.
  readonly histogramCount: number;
  readonly fileBytes: number;
}

/** A label as one thing: blocks number the pairs that occur in them. */
export interface LabelPair {
  readonly name: string;
  readonly value: string | undefined; // Undefined where a damaged page held it; no selection has such a series.
}

/** Samples of the series passing all matchers, in the closed range, are gone. */
export interface Deletion {
  readonly matchers: readonly CompiledMatcher[];
  readonly from: Millis;
  readonly to: Millis;
}

/** A page that failed its checksum or cannot be read; what it held is left out of every answer. */
export interface BlockDamage {
  readonly file: string; // Path.
  readonly page: string; // Kind and number, e.g. "values 12".
  readonly reason: string;
}

export interface OpenBlockOptions {
  /** Called once for each damaged page. */
  readonly onDamage?: (damage: BlockDamage) => void;
  /** Memory for pages, to be shared by all blocks of a store; without it the block keeps up to 16 MiB. */
  readonly cache?: CacheBudget;
}

/** A selection of a block as another thread opens it again. Postable. */
export interface DescribedSelection {
  readonly path: string;
  /** The block's own numbers of the series; undefined: the block cannot be opened. */
  readonly numbers: Uint32Array | undefined;
  readonly from: number; // Millis, closed range.
  readonly to: number;
  /** Deleted ranges (ms, closed) by series number. */
  readonly deleted: ReadonlyMap<number, readonly { readonly from: number; readonly to: number }[]>;
  /** Whether selecting or reading met damage so far. */
  readonly isIncomplete: boolean;
}

/** Series of a block in the block's order. Stays readable until closed, even when the block is closed or deleted. */
export interface BlockSelection extends Selection {
  /** The block's own number of series `index`, 0 ≤ number < meta.seriesCount; ascending. */
  seriesNumber(index: number): number;
  /** Numbers of the label pairs of series `index`, ascending; a view that must not be written. */
  labelPairs(index: number): Uint32Array;
  describe(): DescribedSelection;
  /**
   * The rows of series `index` in the selected range with absent markers where it has no sample, or a deleted one.
   * `timeline` is the block's number of the timeline, `times` its rows. Arrays as of `read`.
   */
  readColumn(index: number, into: BlockColumn): void;
  warnings(): readonly string[];
}

/** Counts since the block was opened. */
export interface BlockReadStats {
  readonly pagesRead: number;
  readonly bytesRead: number;
  readonly pagesDamaged: number;
}

/** An open block. All calls are synchronous. Deleted samples are left out of all answers except label look-ups. */
export interface BlockReader {
  readonly path: string;
  readonly meta: BlockMeta;
  /** Series passing all matchers that have samples in the closed range or may have; samples are read on demand. */
  select(matchers: readonly CompiledMatcher[], from: Millis, to: Millis): BlockSelection;
  /** A selection that a reader of the same file described, in whatever thread. @throws BlockReadError */
  reopen(described: DescribedSelection): BlockSelection;
  /** Label pairs that occur in the block, in the order of their numbers, which is by name, then value. */
  pairs(): Iterable<LabelPair>;
  /** Label sets, in the block's order. */
  series(matchers: readonly CompiledMatcher[]): Labels[];
  /** Sorted by bytes. */
  labelNames(matchers: readonly CompiledMatcher[]): string[];
  /** Sorted by bytes. */
  labelValues(name: string, matchers: readonly CompiledMatcher[]): string[];
  /** Replaces the deletions that apply from the next `select` on. */
  setDeletions(deletions: readonly Deletion[]): void;
  /** Share of the block's series that a deletion touches: 0…1. */
  deletedShare(): number;
  stats(): BlockReadStats;
  /** Releases the file once the last selection is closed. Idempotent. */
  close(): void;
}

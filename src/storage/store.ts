import type { Matcher, Millis } from "../model/index.ts";
import type { Appendable } from "./append.ts";
import type { Queryable } from "./select.ts";

/** Counts and sizes for status pages and own metrics; cheap to take. */
export interface StoreStats {
  readonly headSeries: number;
  readonly headSeriesCreated: number;
  readonly headSeriesRemoved: number;
  readonly headChunks: number; // Sealed segments and open tiles, a column each.
  readonly headMinTime: number; // Millis; 9223372036854775807 in an empty head.
  readonly headMaxTime: number; // Millis; -9223372036854775808 in an empty head.
  readonly samplesAppended: { readonly float: number; readonly histogram: number };
  readonly outOfOrder: number;
  readonly outOfBounds: number;
  readonly tooOld: number;
  readonly blocks: number;
  readonly blockBytes: number;
  readonly logBytes: number;
  readonly compactions: number;
  readonly compactionFailures: number;
  readonly cleanStart: boolean;
  readonly replayMs: number;
  /** Damaged stretches of the log that were left out at the start (TSDB-44). */
  readonly logCorruptions?: number;
  /** Commits that the disk did not take. */
  readonly logFailures?: number;
  /** Whether the last commit failed: samples are kept in memory and, once there are many, refused (REL-3). */
  readonly isReadOnly?: boolean;
}

/** One entry of a cardinality list (TSDB-40). */
export interface NamedCount {
  readonly name: string;
  readonly value: number;
}

export interface CardinalityStats {
  readonly labelPairs: number;
  readonly seriesByMetric: readonly NamedCount[];
  readonly valuesByLabel: readonly NamedCount[];
  readonly bytesByLabel: readonly NamedCount[];
  readonly seriesByPair: readonly NamedCount[];
}

/** What a sealed block holds (API-57). */
export interface StoredBlock {
  readonly from: Millis; // Range it stands for: [from, to).
  readonly to: Millis;
  readonly generation: number; // Order of writing; no two blocks of a store have the same.
  readonly level: number; // 1: cut from the head; one more for each merge.
  readonly series: number;
  readonly samples: { readonly float: number; readonly histogram: number };
}

/** A whole store, as the API and the entry points see it. */
export interface Store extends Appendable, Queryable {
  stats(): StoreStats;
  cardinality(limit: number): CardinalityStats;
  /** Blocks on disk, by the start of their range. */
  blocks(): readonly StoredBlock[];
  /** Marks samples in the closed range as deleted; queries stop seeing them at once (TSDB-27). */
  deleteSeries(matcherSets: readonly (readonly Matcher[])[], from: Millis, to: Millis): Promise<void>;
  /** Rewrites blocks that hold deleted samples (TSDB-29). */
  cleanTombstones(): Promise<void>;
  /** Writes everything as sealed blocks below `snapshots/`; resolves with the snapshot's name (TSDB-30). */
  snapshot(options: { readonly skipHead: boolean }): Promise<string>;
  /** Applies retention and cuts blocks that are due now; called by a timer and by tests. */
  maintain(): Promise<void>;
  /** Flushes the log and releases the directory. Idempotent. */
  close(): Promise<void>;
}

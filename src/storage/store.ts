import type { Matcher, Millis } from "../model/index.ts";
import type { Appendable } from "./append.ts";
import type { StoreChanges } from "./changes.ts";
import type { ExemplarQueryable, ExemplarStats } from "./exemplar.ts";
import type { MetricMetadata } from "./metadata.ts";
import type { Queryable, StoreSharing } from "./select.ts";

/** What keeps samples on disk did since the start, and the limits in force (TSDB-58 … TSDB-62). */
export interface DiskStats {
  readonly commits: number;
  readonly committedBytes: number;
  readonly syncs: number;
  readonly syncMs: number; // All of them together, as all times here.
  readonly checkpoints: number;
  readonly checkpointFailures: number;
  readonly truncations: number; // Cuts that emptied a part of the log.
  readonly truncationMs: number;
  readonly collections: number; // Of what the head let go of afterwards.
  readonly collectionMs: number;
  readonly rounds: number; // Of maintenance.
  readonly compactionMs: number;
  readonly compactionsSkipped: number;
  readonly verticalCompactions: number;
  readonly blocksBeingWritten: number; // Now.
  readonly reloads: number;
  readonly reloadFailures: number;
  readonly timeRetentions: number;
  readonly sizeRetentions: number;
  readonly tombstoneMs: number;
  readonly retentionMs: number; // 0: no such limit, as below.
  readonly retentionBytes: number;
  readonly retentionPercentage: number;
  readonly workerRestarts: number; // Storage workers that ended by themselves.
}

/** Normal; near a limit, so that blocks are cut early; at it, so that new series are refused (REL-15). */
export type HeadPressure = "normal" | "pressed" | "full";

/** What the head holds, what it may hold, and who makes it grow. */
export interface BudgetStats {
  readonly bytes: number; // Of samples and series, in part by estimate.
  readonly bytesMax: number; // Infinity: no limit, as below.
  readonly series: number;
  readonly seriesMax: number;
  readonly pressure: HeadPressure;
  /** Times that a new series was not taken, since the start. */
  readonly seriesRefused: number;
  /** Tables by their key, and senders by job and instance, that made the most new series lately, refused ones too. */
  readonly worstSources: readonly NamedCount[];
  /** Metrics of the new series of all other sources. */
  readonly worstMetrics: readonly NamedCount[];
}

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
  /** Syncs of the log that failed. */
  readonly fsyncFailures?: number;
  /** Time (ms) of the clock of the store until which all that was acknowledged is synced; absent: nothing is on disk. */
  readonly durableTimeMs?: number;
  /** Whether the last commit failed: samples are kept in memory and, once there are many, refused (REL-3). */
  readonly isReadOnly?: boolean;
  /** Samples taken although they came out of order, of all ever appended. */
  readonly lateAppended?: number;
  /** The part of `outOfOrder`, `outOfBounds` and `tooOld` that was of histograms (TSDB-56). */
  readonly refusedHistograms?: {
    readonly outOfOrder: number;
    readonly outOfBounds: number;
    readonly tooOld: number;
  };
  readonly exemplars?: ExemplarStats;
  /** Bytes in use for the head's samples and series in shared memory. */
  readonly headBytes?: number;
  readonly budget?: BudgetStats;
  /** Series of the head whose newest sample is a staleness marker, as of the last maintenance. */
  readonly staleSeries?: number;
  /** Time (ms) of the oldest sample in head and blocks; as `headMinTime` when there is none. */
  readonly lowestTime?: number;
  /** Absent: nothing is on disk. */
  readonly disk?: DiskStats;
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

/** What may change while a store runs; what is absent stays as it is. */
export interface StoreTuning {
  /** How much older than the head's newest a late sample may be, in ms; 0: samples must be in order (TSDB-4). */
  readonly outOfOrderWindowMs?: number;
  /** Exemplars kept over all series; 0 or less: none (TSDB-36). */
  readonly exemplarsMax?: number;
  /** Age in ms at which blocks are removed; 0: never (TSDB-14). */
  readonly retentionMs?: number;
  /** Total size in bytes above which the oldest blocks are removed; 0: never (TSDB-15). */
  readonly retentionBytes?: number;
  /** The same in percent of the file system, before `retentionBytes`; 0: none (TSDB-16). */
  readonly retentionPercentage?: number;
  /** Share of stale series in the head, 0 … 1, from which on it is cut early to let go of them; 0: none (TSDB-25). */
  readonly staleSeriesThreshold?: number;
}

/** A whole store, as the API and the entry points see it. */
export interface Store extends Appendable, Queryable, ExemplarQueryable {
  /** Given by stores whose answers may be kept. */
  readonly changes?: StoreChanges;
  /** Begins to tell another thread; absent: selections cannot be described. */
  shareWith?(): StoreSharing;
  stats(): StoreStats;
  /** Takes effect with the next append. */
  reconfigure(tuning: StoreTuning): void;
  /** What senders said about their metrics: of one when it is given, else of all, by name. */
  metadata(metric?: string): readonly MetricMetadata[];
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

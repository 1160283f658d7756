// What the storage worker does. `StorageJobs` (jobs.ts) does it where it is called; `StorageThread` (thread.ts) has a
// thread of its own do it, which is the same to the caller.

import type { BlockMeta } from "../block/index.ts";
import type { HeadCopy } from "../head/head-copy.ts";
import type { LateGeneration } from "../late/block-source.ts";
import type { BlockDeletionRow, LogSink } from "../log/commit.ts";
import type { TimeRange } from "../query/run.ts";

/** What the worker works on. */
export interface StoragePaths {
  readonly database: string; // Path of head.db.
  readonly blocks: string; // Path of the directory of blocks.
}

/** One block to be written in the place of others, or of one. */
export interface MergeTask {
  /** File names, first written first. */
  readonly files: readonly string[];
  /** All deletions there are; each applies to blocks of its generation or less. */
  readonly deletions: readonly BlockDeletionRow[];
  readonly generation: number;
  readonly level: number;
}

export interface MergeResult {
  /** Undefined: nothing is left, and there is no file. */
  readonly meta: BlockMeta | undefined;
  /** Files with damaged pages, whose samples are not in the result. */
  readonly damaged: readonly string[];
}

/** Blocks to be copied for a snapshot. */
export interface SnapshotTask {
  readonly target: string; // Path of a directory of blocks, made when it is missing.
  readonly files: readonly string[];
  /** Deletions that the copies need. */
  readonly deletions: readonly BlockDeletionRow[];
  /** Path of the head.db that holds them. */
  readonly database: string;
}

/** One block of samples of the head. */
export interface WriteTask {
  readonly directory: string; // Path of the directory of blocks.
  readonly copy: HeadCopy;
  /** Samples `[from, to)` in ms. */
  readonly from: number;
  readonly to: number;
  /** Write the samples of this generation that came late instead of those that came in order. */
  readonly late: LateGeneration | undefined;
  /** Deleted ranges by series of the head. */
  readonly deleted: ReadonlyMap<number, readonly TimeRange[]>;
  readonly generation: number;
  /** Pack as tightly as a merged block. */
  readonly compact: boolean;
}

/** Jobs of the storage worker. Those on blocks may be stopped half-way and reject then; nothing of them remains. */
export interface Storage extends LogSink {
  /** How many workers have ended by themselves. */
  readonly restarts: number;
  /** Undefined: there are no samples and no file. What the copy names must stay in memory meanwhile. */
  write(task: WriteTask): Promise<BlockMeta | undefined>;
  merge(task: MergeTask): Promise<MergeResult>;
  snapshot(task: SnapshotTask): Promise<void>;
  /** Ends jobs on blocks as soon as they look. */
  stop(): void;
  /** Moves the WAL to the file, lets go of everything. Idempotent. */
  close(): Promise<void>;
}

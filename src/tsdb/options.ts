import type { Clock, Logger } from "../base/index.ts";
import type { StoreTuning } from "../storage/index.ts";

/** How far reading the log back is, in blobs of samples; 0 of 0 until it is known how many there are. */
export interface ReplayProgress {
  readonly blobsRead: number;
  readonly blobs: number;
}

export interface StoreOptions {
  /** Where everything is kept. Undefined: in memory only. */
  readonly directory: string | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Age in ms at which blocks are removed; 0: never. In memory, also samples of the head. */
  readonly retentionMs: number;
  /** Total size in bytes above which the oldest blocks are removed; 0: never. */
  readonly retentionBytes: number;
  /** The same as a share of the file system in percent; it comes before `retentionBytes`. 0 or undefined: none. */
  readonly retentionPercentage?: number;
  /** Most time in ms that samples may be lost in a power cut; 0: none, each commit is synced. Default 5000. */
  readonly syncIntervalMs?: number;
  /** Length of a block in ms; default two hours. */
  readonly blockRangeMs?: number;
  /** Free bytes on the disk below which nothing is written until there are more again; 0 or undefined: no limit. */
  readonly minFreeDiskBytes?: number;
  /** Memory in bytes at which the head refuses new series of those who make many; undefined: no limit. */
  readonly headBytesMax?: number;
  /** Series at which it refuses all new ones, a little before those of who makes many; 0 or undefined: no limit. */
  readonly headSeriesMax?: number;
  /** What `Store.reconfigure` may change later; the log is read back by it. */
  readonly tuning?: StoreTuning;
  /** Told now and then while the log is read back. */
  readonly onReplay?: (progress: ReplayProgress) => void;
  /** False: what the storage worker does is done in the calling thread. */
  readonly hasWorker?: boolean;
  /** False: no lock on the directory. */
  readonly lock?: boolean;
}

// What the main thread and the storage worker tell each other. Every request is answered once.

import { errorText } from "../../base/index.ts";
import { StorageError, SyncFailedError } from "../errors.ts";
import type { LogScan } from "../log/scan.ts";
import type { Storage, StoragePaths } from "./contract.ts";

/** Jobs that are asked for by message. */
export interface Jobs extends Omit<Storage, "stop" | "restarts"> {
  /** Reads the log without opening it for writing. */
  scan(): Promise<LogScan>;
}

export type JobName = keyof Jobs;
export type JobInput<Name extends JobName> = Parameters<Jobs[Name]>;
export type JobResult<Name extends JobName> = Awaited<ReturnType<Jobs[Name]>>;

/** What a worker is started with. */
export interface WorkerStart {
  readonly paths: StoragePaths;
  readonly stop: Int32Array; // Shared memory.
}

export interface Request {
  readonly id: number;
  readonly job: JobName;
  readonly input: readonly unknown[]; // JobInput of the job.
}

export type Answer =
  | { readonly id: number; readonly result: unknown } // JobResult of the job.
  | { readonly id: number; readonly failure: Failure };

/** An error on its way between threads. */
interface Failure {
  readonly isFailedSync: boolean;
  readonly text: string;
}

export function toFailure(error: unknown): Failure {
  return { isFailedSync: error instanceof SyncFailedError, text: errorText(error) };
}

export function fromFailure({ isFailedSync, text }: Failure): StorageError {
  return isFailedSync ? new SyncFailedError(text) : new StorageError(text);
}

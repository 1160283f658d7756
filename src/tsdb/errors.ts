import { NarthexError, type ErrorType } from "../base/index.ts";

/** The store's files cannot be opened, read or written. */
export class StorageError extends NarthexError {
  override readonly name: string = "StorageError";
  readonly errorType: ErrorType = "internal";
}

/** A sync failed: what was written since the last one may not be on the disk, whatever a later sync says. */
export class SyncFailedError extends StorageError {
  override readonly name = "SyncFailedError";
}

/** Nothing new is taken until the disk does again; the same call may succeed then. */
export class ReadOnlyError extends StorageError {
  override readonly name = "ReadOnlyError";
  override readonly errorType = "unavailable";
}

import { NarthexError } from "../base/index.ts";

/** The store's files cannot be opened, read or written. */
export class StorageError extends NarthexError {
  override readonly name = "StorageError";
  readonly errorType = "internal";
}

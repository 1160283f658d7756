import { NarthexError } from "../../base/index.ts";

/** A block whose header cannot be used, so that nothing in it can be found. */
export class DamagedBlockError extends NarthexError {
  override readonly name = "DamagedBlockError";
  readonly errorType = "internal";

  constructor(path: string, reason: string, options?: ErrorOptions) {
    super(`block ${path} is damaged: ${reason}; moving the file away leaves only its samples out`, options);
  }
}

/** A block written by a newer version. */
export class UnsupportedBlockError extends NarthexError {
  override readonly name = "UnsupportedBlockError";
  readonly errorType = "internal";

  constructor(path: string, needed: number, known: number) {
    super(`block ${path} needs a reader of format ${needed}, this version reads up to ${known}`);
  }
}

/** The disk or the system failed while a block was read. */
export class BlockReadError extends NarthexError {
  override readonly name = "BlockReadError";
  readonly errorType = "execution";

  constructor(path: string, page: string, options?: ErrorOptions) {
    super(`reading page ${page} of block ${path} failed`, options);
  }
}

/** The disk or the system failed while a block was written; nothing of it remains. */
export class BlockWriteError extends NarthexError {
  override readonly name = "BlockWriteError";
  readonly errorType = "internal";

  constructor(path: string, options: ErrorOptions) {
    super(`writing block ${path} failed`, options);
  }
}

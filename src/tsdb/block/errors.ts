import { basename } from "node:path";
import { NarthexError } from "../../base/index.ts";
import { parseBlockFileName } from "./file-name.ts";

/** ` (<from> to <to>)` by a block's file name, for texts about it; nothing when it has no block's name. */
function rangeText(path: string): string {
  const name = parseBlockFileName(basename(path));
  return name === undefined ? "" : ` (${isoTime(name.from)} to ${isoTime(name.to)})`;
}

function isoTime(ms: number): string {
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : `${ms} ms`;
}

/** What a query tells its user when it had to leave out what a damaged page, or the whole block, held. */
export function damageWarning(path: string): string {
  return `samples may be missing: block ${basename(path)}${rangeText(path)} is damaged`;
}

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
    super(`reading page ${page} of block ${path}${rangeText(path)} failed`, options);
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

// Watches how much room the disk has. Below the limit nothing is written, so that what is there stays whole and
// retention can go on; when there is room again, writing goes on by itself. While a disk fills up, a reserve file is
// laid down, which is given up when the WAL cannot be moved to the database for lack of room. Spec REL-3.

import { open, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { randomFillSync } from "node:crypto";
import { errorText, type Clock, type Logger, type Timer } from "../../base/index.ts";
import { StorageError } from "../errors.ts";

const LOOK_MS = 1000;
const RESERVE_FILE = "reserve";
const RESERVE_BYTES = 32 * 2 ** 20;
const RESERVE_BYTES_MIN = 2 ** 20;
const CHUNK_BYTES = 2 ** 20;
// The reserve is laid down when less than this is left above the limit.
const FILLING_BYTES = 512 * 2 ** 20;

export interface DiskSpaceOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Path of the data directory. */
  readonly path: string;
  /** Free bytes below which nothing is written; 0: no limit. */
  readonly minFreeBytes: number;
  /** Free bytes on the disk of a path. */
  readonly freeBytes?: (path: string) => Promise<number>;
  /** Called when writing may go on. */
  readonly onRoom: () => void;
}

/** Bytes of the file system that holds `path`. */
export async function diskBytesAt(path: string): Promise<number> {
  const { blocks, bsize } = await statfs(path);
  return blocks * bsize;
}

/** Free bytes for this user on the disk that holds `path`. */
async function freeBytesAt(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}

export class DiskSpace {
  readonly #options: DiskSpaceOptions;
  #lastLookMs = -Infinity;
  #timer: Timer | undefined;
  #freeBytes = Infinity; // At the last look.
  #hasReserve = false;
  #isOpen = true;
  #shortage: StorageError | undefined;
  #onShortage: (() => void) | undefined;
  #looking: Promise<void> | undefined;

  constructor(options: DiskSpaceOptions) {
    this.#options = options;
  }

  /** Why nothing may be written at present; undefined: there is room. */
  get shortage(): StorageError | undefined {
    return this.#shortage;
  }

  /** Whether `bytes` more leave enough free, as far as is known. */
  hasRoom(bytes: number): boolean {
    const { minFreeBytes } = this.#options;
    return minFreeBytes === 0 || this.#freeBytes - bytes >= minFreeBytes;
  }

  /** Called from now on at each look that finds too little. */
  set onShortage(onShortage: () => void) {
    this.#onShortage = onShortage;
  }

  /** Something was written: looks again when the last look is a second old. */
  noteWrite(): void {
    if (this.#options.minFreeBytes === 0) return;
    if (this.#options.clock.monotonic() - this.#lastLookMs >= LOOK_MS) void this.look();
  }

  /** Looks how much room there is. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  async #look(): Promise<void> {
    const { clock, path, minFreeBytes, freeBytes = freeBytesAt, logger } = this.#options;
    if (minFreeBytes === 0 || !this.#isOpen) return;
    this.#lastLookMs = clock.monotonic();
    try {
      const free = await freeBytes(path);
      this.#freeBytes = free;
      this.#judge(free);
      if (this.#shortage === undefined) await this.#layReserve(free - minFreeBytes);
    } catch (error) {
      // Writing goes on: commits tell by themselves when there is no room.
      logger.warn("free disk space cannot be read", { path, reason: errorText(error) });
    }
  }

  #judge(free: number): void {
    const { clock, path, minFreeBytes, logger, onRoom } = this.#options;
    if (free < minFreeBytes) {
      const text = `${free} bytes are free on the disk of ${path}, less than --storage.min-free-disk (${minFreeBytes})`;
      if (this.#shortage === undefined)
        logger.error("too little room on the disk: nothing is written", { reason: text });
      this.#shortage = new StorageError(text);
      this.#onShortage?.();
      this.#timer ??= clock.after(LOOK_MS, () => {
        this.#timer = undefined;
        void this.look();
      });
    } else if (this.#shortage !== undefined) {
      this.#shortage = undefined;
      logger.info("there is room on the disk again: writing goes on", { freeBytes: free });
      onRoom();
    }
  }

  // Random bytes, since a file system may pack zeros.
  async #layReserve(roomBytes: number): Promise<void> {
    if (this.#hasReserve || roomBytes > FILLING_BYTES) return;
    const bytes = Math.min(RESERVE_BYTES, Math.floor(roomBytes / 4));
    if (bytes < RESERVE_BYTES_MIN) return;
    const file = await open(join(this.#options.path, RESERVE_FILE), "w");
    try {
      const chunk = randomFillSync(new Uint8Array(CHUNK_BYTES));
      for (let at = 0; at < bytes; at += CHUNK_BYTES)
        await file.write(chunk, 0, Math.min(CHUNK_BYTES, bytes - at));
      this.#hasReserve = true;
    } finally {
      await file.close();
    }
  }

  /** Gives the reserve up; it is laid down again when there is room. */
  async giveReserve(): Promise<void> {
    if (!this.#hasReserve) return;
    this.#hasReserve = false;
    await rm(join(this.#options.path, RESERVE_FILE), { force: true });
    this.#options.logger.warn("the reserve on the disk was given up");
  }

  /** Stops looking and removes the reserve. Idempotent. */
  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#timer?.cancel();
    await this.#looking;
    await rm(join(this.#options.path, RESERVE_FILE), { force: true });
  }
}

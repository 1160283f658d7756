import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { MalformedBytesError } from "../base/index.ts";

const WINDOW_BYTES = 2 ** 16;
const WINDOWS_MAX = 512;

/** A file too large for memory, read in windows of 64 KiB of which the last 512 used stay. */
export class WindowedFile {
  readonly path: string;
  readonly bytes: number;
  readonly #file: number; // File descriptor.
  readonly #windows = new Map<number, Buffer>(); // By number; the least used first.
  #isOpen = true;

  /** @throws what the file system throws */
  constructor(path: string) {
    this.path = path;
    this.#file = openSync(path, "r");
    this.bytes = fstatSync(this.#file).size;
  }

  /**
   * Bytes `[from, from + count)`; a view that must not be written, or a copy where two windows meet.
   * @throws MalformedBytesError when the file ends before
   */
  read(from: number, count: number): Buffer {
    if (from < 0 || count < 0 || from + count > this.bytes) {
      throw new MalformedBytesError(`${count} bytes wanted at byte ${from} of a file of ${this.bytes} bytes`);
    }
    const first = Math.floor(from / WINDOW_BYTES);
    const start = from - first * WINDOW_BYTES;
    if (start + count <= WINDOW_BYTES) return this.#window(first).subarray(start, start + count);
    if (count > WINDOW_BYTES * 4) return this.#load(from, count);
    const joined = Buffer.allocUnsafe(count);
    for (let done = 0; done < count;) {
      const number = Math.floor((from + done) / WINDOW_BYTES);
      const piece = this.#window(number).subarray(from + done - number * WINDOW_BYTES);
      done += piece.copy(joined, done);
    }
    return joined;
  }

  /** Like `read`, with fewer bytes where the file ends before. */
  readUpTo(from: number, count: number): Buffer {
    return this.read(from, Math.max(0, Math.min(count, this.bytes - from)));
  }

  #window(number: number): Buffer {
    const known = this.#windows.get(number);
    if (known !== undefined) {
      this.#windows.delete(number);
      this.#windows.set(number, known);
      return known;
    }
    const from = number * WINDOW_BYTES;
    const window = this.#load(from, Math.min(WINDOW_BYTES, this.bytes - from));
    if (this.#windows.size >= WINDOWS_MAX) {
      for (const oldest of this.#windows.keys()) {
        this.#windows.delete(oldest);
        break;
      }
    }
    this.#windows.set(number, window);
    return window;
  }

  #load(from: number, count: number): Buffer {
    const buffer = Buffer.allocUnsafeSlow(count);
    for (let done = 0; done < count;) {
      const read = readSync(this.#file, buffer, done, count - done, from + done);
      if (read === 0) throw new MalformedBytesError(`the file ends at byte ${from + done}`);
      done += read;
    }
    return buffer;
  }

  /** Idempotent. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    closeSync(this.#file);
    this.#windows.clear();
  }
}

import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { errorText, type Clock, type Logger } from "../base/index.ts";

// Which queries run, in a file of fixed slots: one `pwrite` into the page cache at the start and one at the end of a query
// (some microseconds), so that the next start can tell which ones ran when the process died. Spec LIM-3.

const SLOT_BYTES = 1024;
const BLANK = Buffer.alloc(SLOT_BYTES, " ");

export interface JournalOptions {
  readonly file: string;
  readonly slots: number; // Queries at a time.
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Notes the queries that run. A file that cannot be written is given up, with one line in the log. */
export class QueryJournal {
  readonly #options: JournalOptions;
  readonly #free: number[];
  readonly #line = Buffer.alloc(SLOT_BYTES);
  #handle: number | undefined;

  /** Logs what did not finish in the last run and starts over. */
  constructor(options: JournalOptions) {
    this.#options = options;
    this.#free = Array.from({ length: options.slots }, (_, slot) => slot).toReversed();
    this.#attempt("read", () => {
      const unfinished = readUnfinished(options.file);
      if (unfinished.length > 0) {
        options.logger.warn("These queries didn't finish in prometheus' last run:", {
          queries: unfinished.join("\n"),
        });
      }
      this.#handle = openSync(options.file, "w+");
      ftruncateSync(this.#handle, options.slots * SLOT_BYTES);
    });
  }

  /** Notes a query; the slot is given back with `end`. -1: nothing was noted. */
  begin(query: string): number {
    const slot = this.#handle === undefined ? undefined : this.#free.pop();
    if (slot === undefined) return -1;
    const line = this.#line;
    line.fill(" ");
    const second = Math.floor(this.#options.clock.now() / 1000);
    line.write(`${JSON.stringify({ query: cut(query), timestamp_sec: second })}\n`);
    this.#write(line, slot);
    return slot;
  }

  end(slot: number): void {
    if (slot < 0) return;
    this.#write(BLANK, slot);
    this.#free.push(slot);
  }

  /** Idempotent. */
  close(): void {
    const handle = this.#handle;
    this.#handle = undefined;
    if (handle !== undefined) closeSync(handle);
  }

  #write(bytes: Buffer, slot: number): void {
    const handle = this.#handle;
    if (handle === undefined) return;
    this.#attempt("written", () => void writeSync(handle, bytes, 0, SLOT_BYTES, slot * SLOT_BYTES));
  }

  #attempt(what: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.close();
      const { file, logger } = this.#options;
      logger.error(`the list of running queries cannot be ${what}`, { file, err: errorText(error) });
    }
  }
}

// What surrounds it takes less than 64 bytes, and an escape at most six for one.
function cut(query: string): string {
  let text = query.slice(0, SLOT_BYTES);
  while (Buffer.byteLength(JSON.stringify(text)) > SLOT_BYTES - 64) text = text.slice(0, text.length * 0.8);
  return text;
}

function readUnfinished(file: string): string[] {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  const found: string[] = [];
  for (let at = 0; at + SLOT_BYTES <= bytes.length; at += SLOT_BYTES) {
    // A fresh file is full of zeros; a line that was cut by a power loss has no end.
    const line = bytes
      .toString("utf8", at, at + SLOT_BYTES)
      .replaceAll("\0", "")
      .trim();
    if (line.endsWith("}")) found.push(line);
  }
  return found;
}

import { MalformedBytesError } from "../../base/index.ts";
import { bitsOf, fillAbsent, type Histogram } from "../../model/index.ts";
import { decodeTimes } from "../codec/index.ts";
import type { BlockIndex, LocatedTimeline } from "./block-index.ts";
import { HAS_ABSENT, readChunk, type DecodedChunk } from "./column-chunk.ts";
import { entryRange, parseEntries, type Entries } from "./entries.ts";
import type { BlockFile } from "./file.ts";
import { CHUNK_ROWS, type SeriesGroup } from "./groups.ts";
import { PageCache, type CacheBudget } from "./page-cache.ts";

/** Rows of one chunk that belong to a window. */
interface WindowPart {
  readonly chunk: number;
  readonly rowCount: number; // Of the whole chunk.
  readonly from: number; // Rows [from, to) of the chunk …
  readonly to: number;
  readonly at: number; // … are elements from here on in the window.
}

/** The rows of one timeline that fall into a range of time. */
export interface Window {
  readonly times: Float64Array; // Millis; exactly the rows.
  readonly parts: readonly WindowPart[];
}

/** What `readColumn` finds beside the values. */
export interface ColumnContents {
  readonly flags: number; // Of all chunks, HAS_ABSENT where one is damaged.
  readonly histograms: (Histogram | undefined)[] | undefined; // One a row of the window.
}

const chunkTimes = new Float64Array(CHUNK_ROWS);
const chunkValues = new Float64Array(CHUNK_ROWS);

/** Samples of a block, a page at a time; the pages of damaged chunks are left out. */
export class ColumnReader {
  readonly #file: BlockFile;
  readonly #index: BlockIndex;
  readonly #times: PageCache<Entries>;
  readonly #columns: PageCache<Entries>;

  constructor(file: BlockFile, index: BlockIndex, budget: CacheBudget) {
    this.#file = file;
    this.#index = index;
    this.#times = new PageCache(budget);
    this.#columns = new PageCache(budget);
  }

  /** Rows of a timeline with times in the closed range; rows of a damaged page of times are not there. */
  window(timeline: number, from: number, to: number): Window {
    const located = this.#index.timeline(timeline);
    const parts: WindowPart[] = [];
    const times: Float64Array[] = [];
    let rows = 0;
    const chunks = located?.firstTimes.length ?? 0;
    for (let chunk = 0; chunk < chunks; chunk++) {
      if (located!.firstTimes[chunk]! > to) break;
      const end = chunk + 1 < chunks ? located!.firstTimes[chunk + 1]! - 1 : located!.lastTime;
      if (end < from) continue;
      const rowCount = Math.min(CHUNK_ROWS, located!.rowCount - chunk * CHUNK_ROWS);
      if (!this.#readTimes(located!, chunk, rowCount)) continue;
      const first = firstNotBelow(chunkTimes, rowCount, from);
      const last = firstNotBelow(chunkTimes, rowCount, to + 1);
      if (last <= first) continue;
      parts.push({ chunk, rowCount, from: first, to: last, at: rows });
      times.push(chunkTimes.slice(first, last));
      rows += last - first;
    }
    return { times: times.length === 1 ? times[0]! : concatenate(times, rows), parts };
  }

  // Fills `chunkTimes`.
  #readTimes(timeline: LocatedTimeline, chunk: number, rowCount: number): boolean {
    const page = timeline.firstPage + chunk;
    const entries = this.#page("times", page);
    if (entries === undefined) return false;
    try {
      const { from, to } = entryRange(entries, timeline.entry);
      const used = decodeTimes(entries.bytes, from, rowCount, chunkTimes, 0);
      if (used !== to - from) throw new MalformedBytesError(`${used} bytes of times in ${to - from}`);
      return true;
    } catch (thrown) {
      if (!(thrown instanceof MalformedBytesError)) throw thrown;
      this.#file.quarantine("times", page, thrown);
      return false;
    }
  }

  /** Values of one series of a group in a window, with absent markers where there is no float, to `out[0…]`. */
  readColumn(group: SeriesGroup, entry: number, window: Window, out: Float64Array): ColumnContents {
    let flags = 0;
    let histograms: (Histogram | undefined)[] | undefined;
    for (const part of window.parts) {
      const decoded = this.#readPart(group, entry, part, out);
      if (decoded === undefined) {
        fillAbsent(bitsOf(out), part.at, part.at + part.to - part.from);
        flags |= HAS_ABSENT;
        continue;
      }
      flags |= decoded.flags;
      if (decoded.histograms === undefined) continue;
      histograms ??= Array.from({ length: window.times.length });
      const { rows, histograms: found } = decoded.histograms;
      for (let i = 0; i < rows.length; i++) {
        if (rows[i]! >= part.from && rows[i]! < part.to)
          histograms[part.at + rows[i]! - part.from] = found[i];
      }
    }
    return { flags, histograms };
  }

  #readPart(
    group: SeriesGroup,
    entry: number,
    part: WindowPart,
    out: Float64Array,
  ): DecodedChunk | undefined {
    const page = group.firstPage + part.chunk;
    const entries = this.#page("columns", page);
    if (entries === undefined) return undefined;
    const isWhole = part.from === 0 && part.to === part.rowCount;
    try {
      const { from, to } = entryRange(entries, entry);
      const target = isWhole
        ? { count: part.rowCount, out, outFrom: part.at }
        : { count: part.rowCount, out: chunkValues, outFrom: 0 };
      const decoded = readChunk(entries.bytes, from, to, target);
      if (!isWhole) out.set(chunkValues.subarray(part.from, part.to), part.at);
      return decoded;
    } catch (thrown) {
      if (!(thrown instanceof MalformedBytesError)) throw thrown;
      this.#file.quarantine("columns", page, thrown);
      return undefined;
    }
  }

  #page(kind: "times" | "columns", page: number): Entries | undefined {
    const cache = kind === "times" ? this.#times : this.#columns;
    const cached = cache.get(page);
    if (cached !== undefined) return cached;
    const entries = this.#file.read(kind, page, parseEntries);
    if (entries !== undefined) cache.put(page, entries, entries.bytes.length + entries.offsets.byteLength);
    return entries;
  }

  /** Lets go of all cached pages. */
  clear(): void {
    this.#times.clear();
    this.#columns.clear();
  }
}

function concatenate(parts: readonly Float64Array[], length: number): Float64Array {
  const all = new Float64Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

// Position of the first of `count` ascending times that is not below `time`.
function firstNotBelow(times: Float64Array, count: number, time: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

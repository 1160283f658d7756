/*
 * Series and timelines are kept in groups of 64: what one page of columns or times covers is one group over up to
 * 512 rows, a chunk. The groups' own data (labels, row counts) lie 16 groups to a page; a group is one entry there.
 *
 * | series group   | bytes  | meaning                                                                     |
 * | -------------- | ------ | --------------------------------------------------------------------------- |
 * | first page     | varint | number of the column page with the group's first chunk; others follow it    |
 * | chunk count    | varint |                                                                             |
 * | each series:   |        |                                                                             |
 * | timeline       | varint | folded difference to the series before                                      |
 * | labels         | varint | number of labels + 1, then their pairs, each as difference to the last; or  |
 * |                |        | 0: names as in the series before, then a varint with bit i set where pair i |
 * |                |        | differs, and folded differences of those                                    |
 *
 * | timeline group | bytes  | meaning                                                                     |
 * | -------------- | ------ | --------------------------------------------------------------------------- |
 * | first page, chunk count | varint | the same for pages of times                                        |
 * | each timeline: |        |                                                                             |
 * | row count      | varint |                                                                             |
 * | first times    | varint | of each chunk: folded difference to the block's `from`, then to the last    |
 * | last time      | varint | difference to the last first time                                           |
 */
import { MalformedBytesError, type ByteReader, type ByteWriter } from "../../base/index.ts";

export const GROUP_SIZE = 64;
export const GROUPS_PER_PAGE = 16;
export const CHUNK_ROWS = 512;
const MASK_PAIRS = 50; // Bits of a varint that a mask may use.

/** Where a group's chunks lie. */
export interface ChunkPages {
  readonly firstPage: number;
  readonly chunkCount: number;
}

/** Labels and timelines of up to 64 series. */
export interface SeriesGroup extends ChunkPages {
  readonly timelines: Uint32Array;
  readonly pairs: Uint32Array; // Pairs of all series, each's ascending.
  readonly pairEnds: Uint32Array; // One more element: pairs of series `i` are [pairEnds[i], pairEnds[i + 1]).
}

/** Writes one series; `names[pair]` tells which name a pair belongs to. */
export class SeriesGroupWriter {
  readonly #out: ByteWriter;
  readonly #nameOf: (pair: number) => number;
  #previous: number[] = [];
  #timeline = 0;

  constructor(out: ByteWriter, pages: ChunkPages, nameOf: (pair: number) => number) {
    this.#out = out;
    this.#nameOf = nameOf;
    out.varint(pages.firstPage);
    out.varint(pages.chunkCount);
  }

  write(timeline: number, pairs: number[]): void {
    const out = this.#out;
    out.zigzag(timeline - this.#timeline);
    this.#timeline = timeline;
    if (this.#sharesNames(pairs)) {
      let mask = 0;
      for (let i = 0; i < pairs.length; i++) if (pairs[i] !== this.#previous[i]) mask += 2 ** i;
      out.varint(0);
      out.varint(mask);
      for (let i = 0; i < pairs.length; i++) {
        if (pairs[i] !== this.#previous[i]) out.zigzag(pairs[i]! - this.#previous[i]!);
      }
    } else {
      out.varint(pairs.length + 1);
      let last = 0;
      for (const pair of pairs) {
        out.varint(pair - last);
        last = pair;
      }
    }
    this.#previous = pairs;
  }

  #sharesNames(pairs: readonly number[]): boolean {
    const previous = this.#previous;
    if (pairs.length !== previous.length || pairs.length > MASK_PAIRS) return false;
    for (let i = 0; i < pairs.length; i++) {
      if (pairs[i] !== previous[i] && this.#nameOf(pairs[i]!) !== this.#nameOf(previous[i]!)) return false;
    }
    return true;
  }
}

/** @throws MalformedBytesError */
export function readSeriesGroup(from: ByteReader, pairCount: number): SeriesGroup {
  const firstPage = from.varint();
  const chunkCount = from.varint();
  const timelines: number[] = [];
  const pairs: number[] = [];
  const pairEnds = [0];
  let timeline = 0;
  let previousStart = 0;
  while (from.left > 0) {
    timeline += from.zigzag();
    timelines.push(timeline);
    const start = pairs.length;
    const head = from.varint();
    if (head === 0) readChanges(from, pairs, previousStart);
    else readPairs(from, pairs, head - 1);
    for (let i = start; i < pairs.length; i++) {
      if (pairs[i]! < 0 || pairs[i]! >= pairCount) throw new MalformedBytesError(`no pair ${pairs[i]}`);
    }
    pairEnds.push(pairs.length);
    previousStart = start;
  }
  return {
    firstPage,
    chunkCount,
    timelines: Uint32Array.from(timelines),
    pairs: Uint32Array.from(pairs),
    pairEnds: Uint32Array.from(pairEnds),
  };
}

function readPairs(from: ByteReader, pairs: number[], count: number): void {
  if (count > from.left) throw new MalformedBytesError(`${count} labels in ${from.left} bytes`);
  let pair = 0;
  for (let i = 0; i < count; i++) {
    pair += from.varint();
    pairs.push(pair);
  }
}

function readChanges(from: ByteReader, pairs: number[], previousStart: number): void {
  let mask = from.varint();
  const end = pairs.length;
  for (let i = previousStart; i < end; i++) {
    pairs.push(pairs[i]! + (mask % 2 === 1 ? from.zigzag() : 0));
    mask = Math.floor(mask / 2);
  }
  if (mask > 0) throw new MalformedBytesError("a label changes that the series before does not have");
}

/** Row count and chunk times of one timeline. */
export interface Timeline {
  readonly rowCount: number;
  readonly firstTimes: Float64Array; // Millis, first time of each chunk.
  readonly lastTime: number; // Millis.
}

export interface TimelineGroup extends ChunkPages {
  readonly timelines: readonly Timeline[];
}

export function writeTimeline(timeline: Timeline, blockFrom: number, out: ByteWriter): void {
  out.varint(timeline.rowCount);
  let last = blockFrom;
  timeline.firstTimes.forEach((time, chunk) => {
    if (chunk === 0) out.zigzag(time - last);
    else out.varint(time - last);
    last = time;
  });
  out.varint(timeline.lastTime - last);
}

/** @throws MalformedBytesError */
export function readTimelineGroup(from: ByteReader, blockFrom: number): TimelineGroup {
  const firstPage = from.varint();
  const chunkCount = from.varint();
  const timelines: Timeline[] = [];
  while (from.left > 0) {
    const rowCount = from.varint();
    const chunks = Math.ceil(rowCount / CHUNK_ROWS);
    if (chunks === 0 || chunks > chunkCount) {
      throw new MalformedBytesError(`timeline of ${rowCount} rows among ${chunkCount} chunks`);
    }
    const firstTimes = new Float64Array(chunks);
    let last = blockFrom;
    for (let chunk = 0; chunk < chunks; chunk++) {
      last += chunk === 0 ? from.zigzag() : from.varint();
      firstTimes[chunk] = last;
    }
    timelines.push({ rowCount, firstTimes, lastTime: last + from.varint() });
  }
  return { firstPage, chunkCount, timelines };
}

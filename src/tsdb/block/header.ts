/*
 * The two pages that say where everything is. The header is all that opening a block reads; the root is read with
 * the first look-up.
 *
 * | header field    | bytes  | meaning                                                       |
 * | --------------- | ------ | ------------------------------------------------------------- |
 * | format          | varint | version that wrote the block                                  |
 * | needed format   | varint | lowest version that can read it                               |
 * | from, to        | varint | folded; range in ms, `to` exclusive                           |
 * | minTime, maxTime | varint | folded; first and last sample                                |
 * | generation, level | varint |                                                             |
 * | series, samples, histograms, timelines | varint | counts                                 |
 *
 * | root field      | bytes  | meaning                                                       |
 * | --------------- | ------ | ------------------------------------------------------------- |
 * | name count      | varint | label names, ascending by bytes                               |
 * | each name       | …      | text, number of its values                                    |
 * | value pages     | varint | count, then for each: pairs in it, its first value            |
 * | postings pages  | varint | count, then for each: pairs in it                             |
 *
 * A pair is a label name with a value; pairs are numbered by name, then value.
 */
import { ByteReader, ByteWriter, MalformedBytesError } from "../../base/index.ts";
import { millis } from "../../model/index.ts";
import type { BlockMeta } from "./contract.ts";
import { UnsupportedBlockError } from "./errors.ts";

// 2: columns in buckets. Blocks of format 1 differ in nothing else and are read as they are.
const FORMAT = 2;

export type BlockHeader = Omit<BlockMeta, "file" | "fileBytes"> & { readonly timelineCount: number };

export function writeHeader(header: BlockHeader): Uint8Array {
  const out = new ByteWriter();
  out.varint(FORMAT);
  out.varint(FORMAT);
  for (const time of [header.from, header.to, header.minTime, header.maxTime]) out.zigzag(time);
  out.varint(header.generation);
  out.varint(header.level);
  out.varint(header.seriesCount);
  out.varint(header.sampleCount);
  out.varint(header.histogramCount);
  out.varint(header.timelineCount);
  return out.written();
}

/** @throws UnsupportedBlockError for a newer format, MalformedBytesError for anything else that is wrong. */
export function readHeader(payload: Uint8Array, path: string): BlockHeader {
  const from = new ByteReader(payload);
  from.varint();
  const needed = from.varint();
  if (needed > FORMAT) throw new UnsupportedBlockError(path, needed, FORMAT);
  return {
    from: millis(from.zigzag()),
    to: millis(from.zigzag()),
    minTime: millis(from.zigzag()),
    maxTime: millis(from.zigzag()),
    generation: from.varint(),
    level: from.varint(),
    seriesCount: from.varint(),
    sampleCount: from.varint(),
    histogramCount: from.varint(),
    timelineCount: from.varint(),
  };
}

/** Where label names, values and postings lie. */
export interface Root {
  readonly names: readonly string[]; // Ascending by bytes.
  readonly firstPairs: Uint32Array; // First pair of each name; one more element: the number of pairs.
  readonly valuePages: PairPages;
  readonly firstValues: readonly string[]; // First value of each value page.
  readonly postingsPages: PairPages;
}

/** First pair of each page; one more element: the number of pairs. */
type PairPages = Uint32Array;

export function writeRoot(root: Root): Uint8Array {
  const out = new ByteWriter(4096);
  out.varint(root.names.length);
  root.names.forEach((name, i) => {
    out.text(name);
    out.varint(root.firstPairs[i + 1]! - root.firstPairs[i]!);
  });
  out.varint(root.firstValues.length);
  root.firstValues.forEach((value, i) => {
    out.varint(root.valuePages[i + 1]! - root.valuePages[i]!);
    out.text(value);
  });
  out.varint(root.postingsPages.length - 1);
  for (let i = 1; i < root.postingsPages.length; i++) {
    out.varint(root.postingsPages[i]! - root.postingsPages[i - 1]!);
  }
  return out.written();
}

/** @throws MalformedBytesError */
export function readRoot(payload: Uint8Array): Root {
  const from = new ByteReader(payload);
  const names: string[] = [];
  const firstPairs = readSums(from, () => names.push(from.text()));
  const firstValues: string[] = [];
  const valuePages = readSums(
    from,
    () => {},
    () => firstValues.push(from.text()),
  );
  const postingsPages = readSums(from, () => {});
  const pairs = firstPairs[names.length];
  if (valuePages.at(-1) !== pairs || postingsPages.at(-1) !== pairs) {
    throw new MalformedBytesError("pages and names count different pairs");
  }
  return { names, firstPairs, valuePages, firstValues, postingsPages };
}

function readSums(from: ByteReader, before: () => void, after: () => void = () => {}): Uint32Array {
  const count = from.varint();
  if (count > from.left) throw new MalformedBytesError(`${count} items in ${from.left} bytes`);
  const sums = new Uint32Array(count + 1);
  for (let i = 0; i < count; i++) {
    before();
    sums[i + 1] = sums[i]! + from.varint();
    after();
  }
  return sums;
}

/** Index of the page or name that pair or other number `item` falls into: the last whose first is not above it. */
export function pageOf(firsts: Uint32Array, item: number): number {
  let low = 0;
  let high = firsts.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (firsts[middle]! <= item) low = middle;
    else high = middle;
  }
  return low;
}

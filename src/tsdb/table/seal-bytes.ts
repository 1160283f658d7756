// A seal as bytes, so that the log can bring sealed rows back without sealing them again.
//
// | field      | bytes  | meaning                                                        |
// | ---------- | ------ | -------------------------------------------------------------- |
// | first time | varint | zigzag ms since the origin that the caller gives               |
// | span       | varint | ms from the first to the last row                              |
// | rows       | varint |                                                                |
// | times      | …      | length as varint, then encodeTimes                             |
// | strips     | varint |                                                                |
// | segments   | …      | for each strip: length as varint (0: all absent), then the segment as in table/seal.ts |
// | histograms | …      | for each column that has any: its number + 1, the rows as bits (varints), and          |
// |            |        | encodeHistogram for each of them, with the one before as `before`; then 0              |

import { MalformedBytesError, type ByteReader, type ByteWriter } from "../../base/index.ts";
import { columnId, type Histogram } from "../../model/index.ts";
import { decodeHistogram, encodeHistogram } from "../codec/index.ts";
import {
  hasSealedHistograms,
  noHistograms,
  readSealedHistograms,
  writeDirectory,
  type SealedHistogram,
} from "./histograms.ts";
import {
  histogramsOfSeal,
  placeSeal,
  segmentOfStrip,
  sealFirstTime,
  sealLastTime,
  sealRows,
  sealTimes,
  stripsOfSeal,
} from "./seal.ts";
import { byteOf, halfOf, slabOf, type SlabHeap, type Address } from "./slab-heap.ts";
import type { TableId } from "./table-id.ts";
import { STRIP_COLUMNS, TILE_ROWS } from "./table-rows.ts";
import type { Tables } from "./tables.ts";

/** Times (ms) of a seal's first and last row. */
export interface SealSpan {
  readonly first: number;
  readonly last: number;
}

/** Appends the newest seal of a table. */
export function writeSeal(tables: Tables, table: TableId, origin: number, out: ByteWriter): void {
  const { heap } = tables;
  const seal = tables.lastSeals[table]!;
  const first = sealFirstTime(heap, seal);
  out.zigzag(first - origin);
  out.varint(sealLastTime(heap, seal) - first);
  out.varint(sealRows(heap, seal));
  const times = sealTimes(heap, seal);
  out.varint(times.length);
  out.bytes(times);
  const strips = stripsOfSeal(heap, seal);
  out.varint(strips);
  for (let strip = 0; strip < strips; strip++) {
    const segment = segmentBytes(heap, segmentOfStrip(heap, seal, strip));
    out.varint(segment.length);
    out.bytes(segment);
  }
  writeHistograms(heap, { seal, columns: tables.columnCounts[table]! }, out);
}

function writeHistograms(
  heap: SlabHeap,
  { seal, columns }: { readonly seal: Address; readonly columns: number },
  out: ByteWriter,
): void {
  const directory = histogramsOfSeal(heap, seal);
  const end = directory === 0 ? 0 : columns;
  for (let c = 0; c < end; c++) {
    const column = columnId(c);
    if (!hasSealedHistograms(heap, directory, column)) continue;
    const items = noHistograms(sealRows(heap, seal));
    readSealedHistograms(heap, directory, column, items, 0);
    let bits = 0;
    items.forEach((histogram, row) => (bits |= histogram === undefined ? 0 : 1 << row));
    out.varint(c + 1);
    out.varint(bits >>> 0);
    let before: Histogram | undefined;
    for (const histogram of items) {
      if (histogram === undefined) continue;
      encodeHistogram(histogram, out, before);
      before = histogram;
    }
  }
  out.varint(0);
}

function readHistograms(reader: ByteReader, rows: number): SealedHistogram[] {
  const found: SealedHistogram[] = [];
  for (let number = reader.varint(); number !== 0; number = reader.varint()) {
    const bits = reader.varint();
    let before: Histogram | undefined;
    for (let row = 0; row < rows; row++) {
      if ((bits & (1 << row)) === 0) continue;
      before = decodeHistogram(reader, before);
      found.push({ column: columnId(number - 1), row, histogram: before });
    }
  }
  return found;
}

/** Reads the times of a seal's first and last row, and no more. */
export function readSealSpan(reader: ByteReader, origin: number): SealSpan {
  const first = origin + reader.zigzag();
  return { first, last: first + reader.varint() };
}

/**
 * Makes a seal that `writeSeal` wrote the newest one of a table, whose tile must be empty. Seals inside the log of rows
 * have no histograms; those stand with the rows.
 * @throws MalformedBytesError
 */
export function adoptSeal(
  tables: Tables,
  table: TableId,
  bytes: Uint8Array,
  source: { readonly reader: ByteReader; readonly origin: number; readonly hasHistograms: boolean },
): SealSpan {
  const { reader, origin, hasHistograms } = source;
  const { heap } = tables;
  const span = readSealSpan(reader, origin);
  const rows = reader.varint();
  if (rows < 1 || rows > TILE_ROWS) throw new MalformedBytesError(`seal of ${rows} rows`);
  const timesLength = reader.varint();
  const timesAt = reader.skip(timesLength);
  const strips = reader.varint();
  if (strips > reader.left) throw new MalformedBytesError(`seal of ${strips} strips`);
  const segments: Address[] = [];
  for (let strip = 0; strip < strips; strip++) {
    const length = reader.varint();
    segments.push(length === 0 ? 0 : copySegment(heap, bytes.subarray(reader.skip(length), reader.position)));
  }
  const histograms = hasHistograms ? writeDirectory(heap, readHistograms(reader, rows)) : 0;
  const times = bytes.subarray(timesAt, timesAt + timesLength);
  placeSeal(tables, table, { ...span, rows, times, segments, histograms });
  return span;
}

function segmentBytes(heap: SlabHeap, segment: Address): Uint8Array {
  if (segment === 0) return new Uint8Array(0);
  const halves = heap.u16[slabOf(segment)]!;
  const columns = halves[halfOf(segment)]!;
  const length = 2 + 2 * columns + halves[halfOf(segment) + columns]!;
  return heap.u8[slabOf(segment)]!.subarray(byteOf(segment), byteOf(segment) + length);
}

function copySegment(heap: SlabHeap, bytes: Uint8Array): Address {
  const segment = heap.allocate(bytes.length);
  heap.u8[slabOf(segment)]!.set(bytes, byteOf(segment));
  const halves = heap.u16[slabOf(segment)]!;
  const columns = halves[halfOf(segment)]!;
  const isWhole =
    columns >= 1 &&
    columns <= STRIP_COLUMNS &&
    bytes.length === 2 + 2 * columns + halves[halfOf(segment) + columns]!;
  if (isWhole) return segment;
  heap.free(segment, bytes.length);
  throw new MalformedBytesError(`segment of ${columns} columns in ${bytes.length} bytes`);
}

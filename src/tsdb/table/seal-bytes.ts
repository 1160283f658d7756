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

import { MalformedBytesError, type ByteReader, type ByteWriter } from "../../base/index.ts";
import {
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
}

/** Reads the times of a seal's first and last row, and no more. */
export function readSealSpan(reader: ByteReader, origin: number): SealSpan {
  const first = origin + reader.zigzag();
  return { first, last: first + reader.varint() };
}

/**
 * Makes a seal that `writeSeal` wrote the newest one of a table, whose tile must be empty.
 * @throws MalformedBytesError
 */
export function adoptSeal(
  tables: Tables,
  table: TableId,
  bytes: Uint8Array,
  source: { readonly reader: ByteReader; readonly origin: number },
): SealSpan {
  const { reader, origin } = source;
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
  placeSeal(tables, table, {
    ...span,
    rows,
    times: bytes.subarray(timesAt, timesAt + timesLength),
    segments,
    histograms: 0,
  });
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

// Sealed rows of a table. Sealing turns the tile into one seal (times and a directory) and one segment a strip
// (encoded columns). Seals of a table are chained from the newest back to the oldest, since most readers want
// recent rows. All are immutable until dropped.
//
// Seal, from its address on:
//
// | field       | bytes       | meaning                                                  |
// | ----------- | ----------- | -------------------------------------------------------- |
// | previous    | 4           | address of the seal before this one, 0: none             |
// | rows        | 4           | number of rows                                           |
// | first row   | 4           | number of the first row within the table                 |
// | strips      | 4           | number of strips                                         |
// | first time  | 8           | time of the first row, float                             |
// | last time   | 8           | time of the last row, float                              |
// | bytes       | 4           | size of this seal                                        |
// | histograms  | 4           | address of their directory (table/histograms.ts), 0: none |
// | segments    | 4 × strips  | address of each strip's segment, 0: all absent           |
// | times       | …           | encodeTimes                                              |
//
// Segment:
//
// | field       | bytes       | meaning                                                  |
// | ----------- | ----------- | -------------------------------------------------------- |
// | columns     | 2           | number of columns                                        |
// | ends        | 2 × columns | end of each column's bytes, from the end of this field   |
// | columns     | …           | encodeColumn each; no bytes: all absent                  |

import { bitsOf, columnId, fillAbsent } from "../../model/index.ts";
import type { ColumnId } from "../../model/index.ts";
import {
  decodeColumn,
  decodeTimes,
  encodeColumn,
  encodeTimes,
  maxColumnBytes,
  maxTimesBytes,
} from "../codec/index.ts";
import { releaseDirectory, sealHistograms, writeDirectory, type SealedHistogram } from "./histograms.ts";
import { byteOf, doubleOf, halfOf, slabOf, wordOf, type Address, type Slabs } from "./slab-heap.ts";
import type { TableId } from "./table-id.ts";
import { QUARTER_ROWS, STRIP_COLUMNS, TILE_ROWS, type TableRows } from "./table-rows.ts";
import type { Tables } from "./tables.ts";
import { gatherColumn } from "./tile.kernel.ts";

const PREVIOUS = 0;
const ROWS = 1;
const FIRST_ROW = 2;
const STRIPS = 3;
const FIRST_TIME = 2; // In doubles.
const LAST_TIME = 3;
const BYTES = 8;
const HISTOGRAMS = 9;
const SEGMENTS = 10;

const columnScratch = new Float64Array(TILE_ROWS);
const columnScratchBits = bitsOf(columnScratch);
const timesScratch = new Float64Array(TILE_ROWS);
const timesBytes = new Uint8Array(maxTimesBytes(TILE_ROWS));
const ends = new Uint16Array(STRIP_COLUMNS);
const segmentBytes = new Uint8Array(STRIP_COLUMNS * maxColumnBytes(TILE_ROWS));

/**
 * Seals the rows of the tile, which must hold at least one. Columns that hold samples in fewer than
 * `sparseBelow` of the rows are added to `sparse`.
 */
export function sealTile(
  tables: Tables,
  table: TableId,
  sparse?: { readonly below: number; readonly columns: ColumnId[] },
): void {
  const rows = tables.openRows[table]!;
  for (let row = 0; row < rows; row++) timesScratch[row] = tables.openTime(table, row);
  const timesLength = encodeTimes(timesScratch, 0, rows, timesBytes, 0);
  const segments: Address[] = [];
  for (let strip = 0; strip < tables.stripCountOf(table); strip++) {
    segments.push(sealStrip(tables, table, strip, sparse));
  }
  placeSeal(tables, table, {
    first: timesScratch[0]!,
    last: timesScratch[rows - 1]!,
    rows,
    times: timesBytes.subarray(0, timesLength),
    segments,
    histograms: sealHistograms(tables, table, tables.sealedRows[table]!),
  });
}

/** Parts of a seal: times in ms, encoded times, and the address of each strip's segment. */
export interface SealParts {
  readonly first: number;
  readonly last: number;
  readonly rows: number;
  readonly times: Uint8Array;
  readonly segments: readonly Address[];
  readonly histograms: Address; // Of the directory; 0: none.
}

/** Puts a seal after those of a table and empties the tile, whose rows, if there are any, it stands for. */
export function placeSeal(tables: Tables, table: TableId, parts: SealParts): void {
  const { heap } = tables;
  const strips = parts.segments.length;
  const bytes = 4 * (SEGMENTS + strips) + parts.times.length;
  const seal = heap.allocate(bytes);
  const words = heap.u32[slabOf(seal)]!;
  const at = wordOf(seal);
  words[at + PREVIOUS] = tables.lastSeals[table]!;
  words[at + ROWS] = parts.rows;
  words[at + FIRST_ROW] = tables.sealedRows[table]!;
  words[at + STRIPS] = strips;
  const doubles = heap.f64[slabOf(seal)]!;
  doubles[doubleOf(seal) + FIRST_TIME] = parts.first;
  doubles[doubleOf(seal) + LAST_TIME] = parts.last;
  words[at + BYTES] = bytes;
  words[at + HISTOGRAMS] = parts.histograms;
  for (let strip = 0; strip < strips; strip++) words[at + SEGMENTS + strip] = parts.segments[strip]!;
  heap.u8[slabOf(seal)]!.set(parts.times, byteOf(seal) + 4 * (SEGMENTS + strips));
  tables.clearTile(table);
  tables.sealedRows[table] = words[at + FIRST_ROW]! + parts.rows;
  tables.lastTimes[table] = Math.max(tables.lastTimes[table]!, parts.last);
  tables.lastSeals[table] = seal;
}

function sealStrip(
  tables: Tables,
  table: TableId,
  stripIndex: number,
  sparse?: { readonly below: number; readonly columns: ColumnId[] },
): Address {
  const { heap } = tables;
  const first = stripIndex * STRIP_COLUMNS;
  const columns = Math.min(STRIP_COLUMNS, tables.columnCounts[table]! - first);
  const strip = tables.stripOf(table, columnId(first));
  const width = tables.stripWidth(strip);
  const rows = tables.openRows[table]!;
  let used = 0;
  for (let lane = 0; lane < columns; lane++) {
    let present = 0;
    for (let from = 0; from < rows; from += QUARTER_ROWS) {
      const count = Math.min(QUARTER_ROWS, rows - from);
      const quarter = tables.quarterOf(strip, from / QUARTER_ROWS);
      if (quarter === 0) fillAbsent(columnScratchBits, from, from + count);
      else {
        const tile = heap.u32[slabOf(quarter)]!;
        present += gatherColumn(tile, doubleOf(quarter) + lane, width, count, columnScratchBits, from);
      }
    }
    if (present > 0) used += encodeColumn(columnScratch, 0, rows, segmentBytes, used);
    if (sparse !== undefined && present < sparse.below) sparse.columns.push(columnId(first + lane));
    ends[lane] = used;
  }
  if (used === 0) return 0;
  const header = 2 + 2 * columns;
  const segment = heap.allocate(header + used);
  const halves = heap.u16[slabOf(segment)]!;
  halves[halfOf(segment)] = columns;
  for (let lane = 0; lane < columns; lane++) halves[halfOf(segment) + 1 + lane] = ends[lane]!;
  heap.u8[slabOf(segment)]!.set(segmentBytes.subarray(0, used), byteOf(segment) + header);
  return segment;
}

/** Address of the seal before `seal`, or 0. */
export function previousSeal(heap: Slabs, seal: Address): Address {
  return heap.u32[slabOf(seal)]![wordOf(seal) + PREVIOUS]!;
}

export function sealRows(heap: Slabs, seal: Address): number {
  return heap.u32[slabOf(seal)]![wordOf(seal) + ROWS]!;
}

/** Number of the seal's first row within the table. */
export function sealFirstRow(heap: Slabs, seal: Address): number {
  return heap.u32[slabOf(seal)]![wordOf(seal) + FIRST_ROW]!;
}

export function sealFirstTime(heap: Slabs, seal: Address): number {
  return heap.f64[slabOf(seal)]![doubleOf(seal) + FIRST_TIME]!;
}

export function sealLastTime(heap: Slabs, seal: Address): number {
  return heap.f64[slabOf(seal)]![doubleOf(seal) + LAST_TIME]!;
}

export function stripsOfSeal(heap: Slabs, seal: Address): number {
  return heap.u32[slabOf(seal)]![wordOf(seal) + STRIPS]!;
}

/** Address of the directory of the seal's histograms; 0 when it has none. */
export function histogramsOfSeal(heap: Slabs, seal: Address): Address {
  return heap.u32[slabOf(seal)]![wordOf(seal) + HISTOGRAMS]!;
}

/** Gives the newest seal of a table, which must have none yet, histograms; ordered by column, then row. */
export function attachHistograms(
  tables: Tables,
  table: TableId,
  histograms: readonly SealedHistogram[],
): void {
  const { heap } = tables;
  const seal = tables.lastSeals[table]!;
  heap.u32[slabOf(seal)]![wordOf(seal) + HISTOGRAMS] = writeDirectory(heap, histograms);
}

/** Address of a strip's segment; 0 when all its cells are absent. */
export function segmentOfStrip(heap: Slabs, seal: Address, strip: number): Address {
  return heap.u32[slabOf(seal)]![wordOf(seal) + SEGMENTS + strip]!;
}

/** The encoded times, in place. */
export function sealTimes(heap: Slabs, seal: Address): Uint8Array {
  const strips = stripsOfSeal(heap, seal);
  const bytes = heap.u32[slabOf(seal)]![wordOf(seal) + BYTES]!;
  const start = byteOf(seal) + 4 * (SEGMENTS + strips);
  return heap.u8[slabOf(seal)]!.subarray(start, byteOf(seal) + bytes);
}

/** Writes the times of all the seal's rows to `out` from element `outFrom` on. */
export function readSealTimes(heap: Slabs, seal: Address, out: Float64Array, outFrom: number): void {
  const strips = heap.u32[slabOf(seal)]![wordOf(seal) + STRIPS]!;
  const at = byteOf(seal) + 4 * (SEGMENTS + strips);
  decodeTimes(heap.u8[slabOf(seal)]!, at, sealRows(heap, seal), out, outFrom);
}

/** Times (ms) of the rows of a table's newest seal. */
export function newestSealTimes(tables: TableRows, table: TableId): Float64Array {
  const { heap } = tables;
  const seal = tables.lastSeals[table]!;
  const times = new Float64Array(sealRows(heap, seal));
  readSealTimes(heap, seal, times, 0);
  return times;
}

/** Writes the cells of one column in all the seal's rows to `out` from element `outFrom` on, absent ones marked. */
export function readSealColumn(
  heap: Slabs,
  seal: Address,
  column: ColumnId,
  out: { readonly values: Float64Array; readonly bits: Uint32Array },
  outFrom: number,
): void {
  const rows = sealRows(heap, seal);
  const segment = segmentOf(heap, seal, column);
  const lane = column % STRIP_COLUMNS;
  if (segment !== 0) {
    const halves = heap.u16[slabOf(segment)]!;
    const at = halfOf(segment);
    const columns = halves[at]!;
    const start = lane === 0 ? 0 : halves[at + lane]!;
    if (lane < columns && halves[at + 1 + lane]! > start) {
      decodeColumn(
        heap.u8[slabOf(segment)]!,
        byteOf(segment) + 2 + 2 * columns + start,
        rows,
        out.values,
        outFrom,
      );
      return;
    }
  }
  fillAbsent(out.bits, outFrom, outFrom + rows);
}

// 0 when the column is absent in all rows.
function segmentOf(heap: Slabs, seal: Address, column: ColumnId): Address {
  const words = heap.u32[slabOf(seal)]!;
  const strip = Math.floor(column / STRIP_COLUMNS);
  if (strip >= words[wordOf(seal) + STRIPS]!) return 0;
  return words[wordOf(seal) + SEGMENTS + strip]!;
}

/** Whether the column holds a sample in any of the seal's rows. */
export function hasSamples(heap: Slabs, seal: Address, column: ColumnId): boolean {
  const segment = segmentOf(heap, seal, column);
  if (segment === 0) return false;
  const halves = heap.u16[slabOf(segment)]!;
  const lane = column % STRIP_COLUMNS;
  if (lane >= halves[halfOf(segment)]!) return false;
  return halves[halfOf(segment) + 1 + lane]! > (lane === 0 ? 0 : halves[halfOf(segment) + lane]!);
}

/** Drops the seals whose rows all lie before `before` (Millis). Returns how many were dropped. */
export function dropSeals(tables: Tables, table: TableId, before: number): number {
  const { heap } = tables;
  let kept: Address = 0;
  let seal: Address = tables.lastSeals[table]!;
  while (seal !== 0 && sealLastTime(heap, seal) >= before) {
    kept = seal;
    seal = previousSeal(heap, seal);
  }
  if (kept === 0) tables.lastSeals[table] = 0;
  else heap.u32[slabOf(kept)]![wordOf(kept) + PREVIOUS] = 0;
  let dropped = 0;
  while (seal !== 0) {
    const next = previousSeal(heap, seal);
    releaseSeal(tables, seal);
    seal = next;
    dropped++;
  }
  return dropped;
}

function releaseSeal(tables: Tables, seal: Address): void {
  const { heap } = tables;
  const words = heap.u32[slabOf(seal)]!;
  const at = wordOf(seal);
  const strips = words[at + STRIPS]!;
  for (let strip = 0; strip < strips; strip++) {
    const segment = words[at + SEGMENTS + strip]!;
    if (segment === 0) continue;
    const halves = heap.u16[slabOf(segment)]!;
    const columns = halves[halfOf(segment)]!;
    tables.release(segment, 2 + 2 * columns + halves[halfOf(segment) + columns]!);
  }
  if (words[at + HISTOGRAMS] !== 0) releaseDirectory(tables, words[at + HISTOGRAMS]!);
  tables.release(seal, words[at + BYTES]!);
}

// Histograms of the head. The cell of a histogram holds 0; the histogram itself lies as bytes in the heap, and goes with
// its row.
//
// In the tile: a strip that has histograms has a list with the address of each column's newest node (0: none).
//
// | field | bytes | meaning                                            |
// | ----- | ----- | -------------------------------------------------- |
// | older | 4     | address of the column's node made before it, or 0 |
// | row   | 4     | number of the row within the table                 |
// | bytes | 4     | length of the rest                                 |
// | …     |       | encodeHistogram                                    |
//
// In a seal: a directory, if any column has histograms, and for each of these a chain of chunks, oldest rows first.
//
// | directory | bytes | meaning                                   |
// | --------- | ----- | ----------------------------------------- |
// | count     | 4     | number of columns                         |
// | columns   | 8 …   | each: its number, address of its chunk    |
//
// | chunk | bytes | meaning                                                                                       |
// | ----- | ----- | --------------------------------------------------------------------------------------------- |
// | next  | 4     | address of the next chunk, or 0                                                               |
// | rows  | 4     | bit `r` is set: row `r` of the seal has a histogram                                           |
// | bytes | 4     | length of the rest                                                                            |
// | …     |       | encodeHistogram for each of the rows, in order, with the one before it in the chunk as `before` |

import { ByteReader, ByteWriter } from "../../base/index.ts";
import { columnId, type ColumnId, type Histogram } from "../../model/index.ts";
import { decodeHistogram, encodeHistogram } from "../codec/index.ts";
import { byteOf, slabOf, wordOf, type Address, type SlabHeap, type Slabs } from "./slab-heap.ts";
import { STRIP_COLUMNS } from "./table-rows.ts";
import type { TableRows } from "./table-rows.ts";
import type { TableId } from "./table-id.ts";
import type { Tables } from "./tables.ts";

const NEXT = 0; // Of a chunk; the older node of a node.
const ROW = 1; // Of a node; the bits of a chunk.
const BYTES = 2;
const HEADER_BYTES = 12;
// A chunk is closed beyond this, so that a block of the heap holds it.
const CHUNK_BYTES = 2 ** 16;

/** A histogram in a row of a seal. */
export interface SealedHistogram {
  readonly column: ColumnId;
  readonly row: number; // Within the seal.
  readonly histogram: Histogram;
}

/** Histograms of rows of a column, undefined where a row has none. */
export type HistogramList = (Histogram | undefined)[];

export function noHistograms(count: number): HistogramList {
  return Array.from({ length: count }, () => undefined);
}

const scratch = new ByteWriter();

/** Adds the histogram of a row of the tile, by its number within the table. */
export function putHistogram(
  tables: Tables,
  table: TableId,
  column: ColumnId,
  row: number,
  histogram: Histogram,
): void {
  const { heap } = tables;
  scratch.reset();
  encodeHistogram(histogram, scratch);
  const list = tables.ownHistogramsOf(tables.stripOf(table, column));
  const place = wordOf(list) + (column % STRIP_COLUMNS);
  const older = heap.u32[slabOf(list)]![place]!;
  heap.u32[slabOf(list)]![place] = writeBlock(heap, older, row);
}

// The bytes of the scratch with two words before them.
function writeBlock(heap: SlabHeap, first: number, second: number): Address {
  const block = heap.allocate(HEADER_BYTES + scratch.length);
  const words = heap.u32[slabOf(block)]!;
  words[wordOf(block) + NEXT] = first;
  words[wordOf(block) + ROW] = second;
  words[wordOf(block) + BYTES] = scratch.length;
  heap.u8[slabOf(block)]!.set(scratch.written(), byteOf(block) + HEADER_BYTES);
  return block;
}

function blockReader(heap: Slabs, block: Address): ByteReader {
  const from = byteOf(block) + HEADER_BYTES;
  return new ByteReader(heap.u8[slabOf(block)]!, from, from + field(heap, block, BYTES));
}

function field(heap: Slabs, block: Address, index: number): number {
  return heap.u32[slabOf(block)]![wordOf(block) + index]!;
}

/** Lets go of a strip's list, of `width` columns, and of what it names. */
export function releaseHistograms(tables: Tables, list: Address, width: number): void {
  const { heap } = tables;
  for (let lane = 0; lane < width; lane++) {
    for (let node = field(heap, list, lane); node !== 0;) {
      const older = field(heap, node, NEXT);
      tables.release(node, HEADER_BYTES + field(heap, node, BYTES));
      node = older;
    }
  }
  tables.release(list, 4 * width);
}

/** Writes the directory of what the tile's rows, the first of which has number `firstRow`, hold; 0 without any. */
export function sealHistograms(tables: Tables, table: TableId, firstRow: number): Address {
  const { heap } = tables;
  const found: SealedHistogram[] = [];
  for (let at = 0; at < tables.stripCountOf(table); at++) {
    const strip = tables.stripOf(table, columnId(at * STRIP_COLUMNS));
    const list = tables.histogramsOf(strip);
    const width = list === 0 ? 0 : tables.stripWidth(strip);
    for (let lane = 0; lane < width; lane++) {
      const column = columnId(at * STRIP_COLUMNS + lane);
      const items = noHistograms(tables.openRows[table]!);
      readNodes(heap, field(heap, list, lane), items, -firstRow);
      items.forEach((histogram, row) => {
        if (histogram !== undefined) found.push({ column, row, histogram });
      });
    }
  }
  return writeDirectory(heap, found);
}

/** Writes the directory of histograms, which must be ordered by column, then row; 0 without any. */
export function writeDirectory(heap: SlabHeap, histograms: readonly SealedHistogram[]): Address {
  const entries: number[] = [];
  for (let from = 0, to = 0; from < histograms.length; from = to) {
    const { column } = histograms[from]!;
    while (to < histograms.length && histograms[to]!.column === column) to++;
    entries.push(column, writeChunks(heap, histograms, from, to));
  }
  if (entries.length === 0) return 0;
  const directory = heap.allocate(4 + 4 * entries.length);
  const words = heap.u32[slabOf(directory)]!;
  words[wordOf(directory)] = entries.length / 2;
  words.set(entries, wordOf(directory) + 1);
  return directory;
}

// Address of the first chunk.
function writeChunks(
  heap: SlabHeap,
  histograms: readonly SealedHistogram[],
  from: number,
  to: number,
): Address {
  const chunks: Address[] = [];
  let before: Histogram | undefined;
  let rows = 0;
  scratch.reset();
  for (let i = from; i < to; i++) {
    const { row, histogram } = histograms[i]!;
    encodeHistogram(histogram, scratch, before);
    rows |= 1 << row;
    before = histogram;
    if (scratch.length < CHUNK_BYTES && i < to - 1) continue;
    chunks.push(writeBlock(heap, 0, rows >>> 0));
    scratch.reset();
    rows = 0;
    before = undefined;
  }
  for (let i = 1; i < chunks.length; i++) {
    heap.u32[slabOf(chunks[i - 1]!)]![wordOf(chunks[i - 1]!) + NEXT] = chunks[i]!;
  }
  return chunks[0]!;
}

/** Lets go of a seal's directory and of what it names. */
export function releaseDirectory(tables: Tables, directory: Address): void {
  const { heap } = tables;
  const count = field(heap, directory, 0);
  for (let i = 0; i < count; i++) {
    for (let chunk = field(heap, directory, 2 + 2 * i); chunk !== 0;) {
      const next = field(heap, chunk, NEXT);
      tables.release(chunk, HEADER_BYTES + field(heap, chunk, BYTES));
      chunk = next;
    }
  }
  tables.release(directory, 4 + 8 * count);
}

/**
 * Puts the histograms that a column has in a seal to element `at` plus the row within the seal, where that lies in
 * `[0, items.length)`.
 */
export function readSealedHistograms(
  heap: Slabs,
  directory: Address,
  column: ColumnId,
  items: HistogramList,
  at: number,
): void {
  let chunk = chunkOf(heap, directory, column);
  for (; chunk !== 0; chunk = field(heap, chunk, NEXT)) {
    const reader = blockReader(heap, chunk);
    const rows = field(heap, chunk, ROW);
    let before: Histogram | undefined;
    for (let row = 0; row < 32; row++) {
      if ((rows & (1 << row)) === 0) continue;
      before = decodeHistogram(reader, before);
      if (at + row >= 0 && at + row < items.length) items[at + row] = before;
    }
  }
}

/** Whether a column has histograms in a seal with this directory. */
export function hasSealedHistograms(heap: Slabs, directory: Address, column: ColumnId): boolean {
  return directory !== 0 && chunkOf(heap, directory, column) !== 0;
}

// Address of the column's first chunk, or 0.
function chunkOf(heap: Slabs, directory: Address, column: ColumnId): Address {
  let low = 0;
  let high = field(heap, directory, 0);
  while (low < high) {
    const middle = (low + high) >>> 1;
    const there = field(heap, directory, 1 + 2 * middle);
    if (there === column) return field(heap, directory, 2 + 2 * middle);
    if (there < column) low = middle + 1;
    else high = middle;
  }
  return 0;
}

/** Address of a column's newest node in the tile; 0 when the tile has no histogram of it. */
export function newestNode(rows: TableRows, table: TableId, column: ColumnId): Address {
  if (rows.openRows[table] === 0) return 0;
  const list = rows.histogramsOf(rows.stripOf(table, column));
  return list === 0 ? 0 : field(rows.heap, list, column % STRIP_COLUMNS);
}

/** Puts the histograms of a chain of nodes to element `at` plus their row, where that lies in `[0, items.length)`. */
export function readNodes(heap: Slabs, newest: Address, items: HistogramList, at: number): void {
  for (let node = newest; node !== 0; node = field(heap, node, NEXT)) {
    const place = at + field(heap, node, ROW);
    if (place >= 0 && place < items.length) items[place] = decodeHistogram(blockReader(heap, node));
  }
}

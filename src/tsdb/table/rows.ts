// Reading a stretch of rows of one table: which rows lie in a time range, their times, and single columns of them.

import { columnId, fillAbsent, bitsOf } from "../../model/index.ts";
import type { ColumnId, Histogram } from "../../model/index.ts";
import {
  hasSealedHistograms,
  newestNode,
  noHistograms,
  readNodes,
  readSealedHistograms,
  type HistogramList,
} from "./histograms.ts";
import {
  histogramsOfSeal,
  previousSeal,
  readSealColumn,
  readSealTimes,
  sealFirstRow,
  sealFirstTime,
  sealLastTime,
  sealRows,
} from "./seal.ts";
import { doubleOf, slabOf, type Address } from "./slab-heap.ts";
import type { TableId } from "./table-id.ts";
import { QUARTER_ROWS, TILE_ROWS, type TableRows } from "./table-rows.ts";
import { gatherColumn } from "./tile.kernel.ts";

/** Rows of one table with times in a range, all in one stretch. */
export interface RowStretch {
  readonly table: TableId;
  /** Number of the first row, and how many follow from there on. */
  readonly firstRow: number;
  readonly count: number;
  /** Times of the rows; `count` elements in use, owned by the stretch. */
  readonly times: Float64Array;
  /** Whether some column has sealed histograms there. */
  readonly hasSealedHistograms: boolean;
}

/** Values and the words of the same memory; making the second view costs as much as reading some values. */
export interface CellBuffer {
  readonly values: Float64Array;
  readonly bits: Uint32Array;
}

export function createCellBuffer(count: number): CellBuffer {
  const values = new Float64Array(count);
  return { values, bits: bitsOf(values) };
}

// For seals of which only some rows are wanted.
const scratch = createCellBuffer(TILE_ROWS);

/** The rows of `table` with times in the closed range. Valid as long as `tables` does not change. */
export function rowsBetween(
  tables: TableRows,
  table: TableId,
  range: { readonly from: number; readonly to: number },
): RowStretch {
  const { heap } = tables;
  const seals = sealsBetween(tables, table, range);
  const firstOpen = tables.sealedRows[table]!;
  const openCount = tables.openRows[table]!;
  let total = openCount;
  for (const seal of seals) total += sealRows(heap, seal);
  const times = new Float64Array(total);
  let filled = 0;
  for (const seal of seals) {
    readSealTimes(heap, seal, times, filled);
    filled += sealRows(heap, seal);
  }
  for (let row = 0; row < openCount; row++) times[filled++] = tables.openTime(table, row);
  const base = seals.length > 0 ? sealFirstRow(heap, seals[0]!) : firstOpen;
  const start = lowerBound(times, total, range.from);
  const end = lowerBound(times, total, range.to + 1);
  return {
    table,
    firstRow: base + start,
    count: end - start,
    times: start === 0 ? times : times.subarray(start),
    hasSealedHistograms: seals.some((seal) => histogramsOfSeal(heap, seal) !== 0),
  };
}

// Seals that overlap the range, oldest first.
function sealsBetween(
  tables: TableRows,
  table: TableId,
  range: { readonly from: number; readonly to: number },
): Address[] {
  const { heap } = tables;
  const seals: Address[] = [];
  let seal = tables.lastSeals[table]!;
  // The first seal that ends before the range ends the walk; a range that begins in the tile reads none.
  while (seal !== 0 && sealLastTime(heap, seal) >= range.from) {
    if (sealFirstTime(heap, seal) <= range.to || seals.length > 0) seals.push(seal);
    seal = previousSeal(heap, seal);
  }
  return seals.toReversed();
}

/** Writes the cells of one column in the rows of the stretch to the start of `out`, absent ones marked. */
export function readColumn(tables: TableRows, stretch: RowStretch, column: ColumnId, out: CellBuffer): void {
  const { heap } = tables;
  const { table, firstRow, count } = stretch;
  const endRow = firstRow + count;
  const firstOpen = tables.sealedRows[table]!;
  let row = endRow;
  if (row > firstOpen) {
    const from = Math.max(firstRow, firstOpen);
    const cells = { column, from: from - firstOpen, to: row - firstOpen };
    readOpen(tables, table, cells, out.bits, from - firstRow);
    row = from;
  }
  let seal = tables.lastSeals[table]!;
  while (row > firstRow) {
    const sealFirst = sealFirstRow(heap, seal);
    if (sealFirst >= row) {
      seal = previousSeal(heap, seal);
      continue;
    }
    const rows = sealRows(heap, seal);
    if (sealFirst >= firstRow && sealFirst + rows <= endRow) {
      readSealColumn(heap, seal, column, out, sealFirst - firstRow);
    } else {
      // Only some of these rows are wanted.
      const from = Math.max(firstRow, sealFirst);
      const wanted = Math.min(row, sealFirst + rows) - from;
      readSealColumn(heap, seal, column, scratch, 0);
      gatherColumn(scratch.bits, from - sealFirst, 1, wanted, out.bits, from - firstRow);
    }
    row = sealFirst;
    seal = previousSeal(heap, seal);
  }
}

/** A column's histograms, one element a row of the stretch; undefined when none of the rows has one. */
export function readHistograms(
  tables: TableRows,
  stretch: RowStretch,
  column: ColumnId,
): HistogramList | undefined {
  const { heap } = tables;
  const { table, firstRow, count } = stretch;
  let items: HistogramList | undefined;
  const newest = newestNode(tables, table, column);
  if (newest !== 0) {
    items = noHistograms(count);
    readNodes(heap, newest, items, -firstRow);
  }
  if (stretch.hasSealedHistograms) {
    for (let seal = tables.lastSeals[table]!; seal !== 0; seal = previousSeal(heap, seal)) {
      const sealFirst = sealFirstRow(heap, seal);
      const directory = histogramsOfSeal(heap, seal);
      if (sealFirst < firstRow + count && hasSealedHistograms(heap, directory, column)) {
        items ??= noHistograms(count);
        readSealedHistograms(heap, directory, column, items, sealFirst - firstRow);
      }
      if (sealFirst <= firstRow) break;
    }
  }
  return items?.some((item) => item !== undefined) === true ? items : undefined;
}

/** The histogram in a row of a column, by the row's number within the table; undefined when it has none. */
export function histogramAt(
  tables: TableRows,
  table: TableId,
  column: ColumnId,
  row: number,
): Histogram | undefined {
  const { heap } = tables;
  if (row >= tables.sealedRows[table]!) {
    const newest = newestNode(tables, table, column);
    // Nearly always: asked for each sample of a batch.
    if (newest === 0) return undefined;
    const items = noHistograms(1);
    readNodes(heap, newest, items, -row);
    return items[0];
  }
  for (let seal = tables.lastSeals[table]!; seal !== 0; seal = previousSeal(heap, seal)) {
    const sealFirst = sealFirstRow(heap, seal);
    if (sealFirst > row) continue;
    const directory = histogramsOfSeal(heap, seal);
    if (directory === 0) return undefined;
    const items = noHistograms(1);
    readSealedHistograms(heap, directory, column, items, sealFirst - row);
    return items[0];
  }
  return undefined;
}

function readOpen(
  tables: TableRows,
  table: TableId,
  cells: { readonly column: ColumnId; readonly from: number; readonly to: number },
  bits: Uint32Array,
  to: number,
): void {
  const strip = tables.stripOf(table, columnId(cells.column));
  const width = tables.stripWidth(strip);
  let row = cells.from;
  while (row < cells.to) {
    const inQuarter = row % QUARTER_ROWS;
    const count = Math.min(QUARTER_ROWS - inQuarter, cells.to - row);
    const at = to + row - cells.from;
    const quarter = tables.quarterOf(strip, Math.floor(row / QUARTER_ROWS));
    if (quarter === 0) fillAbsent(bits, at, at + count);
    else {
      const tile = tables.heap.u32[slabOf(quarter)]!;
      const cell = doubleOf(quarter) + inQuarter * width + (cells.column % 64);
      gatherColumn(tile, cell, width, count, bits, at);
    }
    row += count;
  }
}

/** First element of the ascending `times[0, count)` that is `wanted` or more; `count` when there is none. */
function lowerBound(times: Float64Array, count: number, wanted: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Time (ms) of the table's oldest row at `from` or later; Infinity when there is none. */
export function oldestTime(tables: TableRows, table: TableId, from: number): number {
  const { heap } = tables;
  let oldest = Infinity;
  for (let openRow = tables.openRows[table]! - 1; openRow >= 0; openRow--) {
    const time = tables.openTime(table, openRow);
    if (time >= from) oldest = time;
  }
  for (let seal = tables.lastSeals[table]!; seal !== 0; seal = previousSeal(heap, seal)) {
    if (sealLastTime(heap, seal) < from) break;
    oldest = Math.max(from, sealFirstTime(heap, seal));
  }
  return oldest;
}

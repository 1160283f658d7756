// The tables of the head: one timestamp column and one value column a series each, kept by columns of numbers
// over all tables, since the worst sender makes a table of every series. The newest rows of a table are raw, in a
// tile; a full tile is sealed column by column into encoded segments (table/seal.ts).
//
// A tile is a row of strips of up to 64 columns. A strip has four quarters of 8 rows, row-major, allocated when
// the first of their rows holds a sample: a quarter that is missing is all absent. Timestamps lie in four
// quarters of their own. The last strip of a table starts one column wide and doubles.
//
// Other threads read copies of the columns of numbers (table/table-rows.ts) and the blocks that these name. So a block
// that a reader may know of is freed only when the readers of now have ended, and changed only where they do not look: a
// row that they see is filled in a copy of its quarter.

import { columnId, fillAbsent, isAbsentAt, seriesId } from "../../model/index.ts";
import type { ColumnId, SeriesId } from "../../model/index.ts";
import { copiedBytes, copiedWords } from "./shared-words.ts";
import { releaseHistograms } from "./histograms.ts";
import { SelectionGate } from "./selection-gate.ts";
import { doubleOf, slabOf, SlabHeap, wordOf, blockBytes, type Address } from "./slab-heap.ts";
import { tableId, type TableId } from "./table-id.ts";
import {
  QUARTER_ROWS,
  QUARTERS,
  STRIP_COLUMNS,
  stripIn,
  TILE_ROWS,
  timeIn,
  type TableRows,
  type TablesCopy,
} from "./table-rows.ts";
import { storeRow } from "./tile.kernel.ts";

/** The series of a column that nobody uses. */
export const NO_SERIES: SeriesId = seriesId(2 ** 32 - 1);

/** Columns `from ≤ c < to`. */
export interface ColumnRange {
  readonly from: number;
  readonly to: number;
}

/** All tables of a head. Rows of a table are numbered from 0 and keep their number until they are dropped. */
export class Tables implements TableRows {
  readonly heap: SlabHeap = new SlabHeap();
  /** Who reads the blocks of the heap. */
  readonly gate: SelectionGate = new SelectionGate();
  tableCount = 0;
  // One element a table.
  columnCounts: Uint32Array = new Uint32Array(64);
  lastTimes: Float64Array = new Float64Array(64); // Millis of the newest row; -Infinity before the first.
  lastSeals: Uint32Array = new Uint32Array(64); // Address of the newest seal.
  sealedRows: Uint32Array = new Uint32Array(64); // Number of the first row in the tile.
  openRows: Uint8Array = new Uint8Array(64); // Rows in the tile.
  #stripLists: Uint32Array = new Uint32Array(64); // Address of a list of strip numbers.
  #timeQuarters: Uint32Array = new Uint32Array(64 * QUARTERS); // Addresses.
  readonly #freeColumns = new Map<TableId, ColumnId[]>();
  // One element a strip.
  #stripCount = 0;
  #freeStrips: number[] = [];
  #widths: Uint8Array = new Uint8Array(64); // Columns there is room for: 1, 2, 4, … 64.
  #quarters: Uint32Array = new Uint32Array(64 * QUARTERS); // Addresses.
  #quarterAges: Uint32Array = new Uint32Array(64 * QUARTERS); // Value of `gate.entered` when it was made.
  #histogramLists: Uint32Array = new Uint32Array(64); // Addresses; see table/histograms.ts.
  #histogramAges: Uint32Array = new Uint32Array(64);
  #seriesLists: Uint32Array = new Uint32Array(64); // Address of the series id of each column.

  // Blocks that readers may know of: addresses and bytes by turns; freed when the readers of now have ended.
  #released: { readonly entered: number; readonly blocks: number[] } = { entered: -1, blocks: [] };

  /** A new table without columns and rows. */
  create(): TableId {
    if (this.tableCount === this.columnCounts.length) this.#growTables();
    const table = this.tableCount++;
    this.lastTimes[table] = -Infinity;
    return tableId(table);
  }

  /** Adds a column, absent in all rows so far, or takes one that was freed. */
  addColumn(table: TableId, series: SeriesId): ColumnId {
    const free = this.#freeColumns.get(table)?.pop();
    if (free !== undefined) {
      this.setSeries(table, free, series);
      return free;
    }
    const column = this.columnCounts[table]!;
    const lane = column % STRIP_COLUMNS;
    if (lane === 0) this.#addStrip(table);
    const strip = this.stripOf(table, columnId(column));
    if (lane === this.#widths[strip]) this.#widen(strip);
    const list = this.#seriesLists[strip]!;
    this.heap.u32[slabOf(list)]![wordOf(list) + lane] = series;
    this.columnCounts[table] = column + 1;
    return columnId(column);
  }

  seriesOf(table: TableId, column: ColumnId): SeriesId {
    const list = this.#seriesLists[this.stripOf(table, column)]!;
    return seriesId(this.heap.u32[slabOf(list)]![wordOf(list) + (column % STRIP_COLUMNS)]!);
  }

  /** Gives a column to another series, or the same one under a new number. Its rows stay as they are. */
  setSeries(table: TableId, column: ColumnId, series: SeriesId): void {
    const list = this.#seriesLists[this.stripOf(table, column)]!;
    this.heap.u32[slabOf(list)]![wordOf(list) + (column % STRIP_COLUMNS)] = series;
  }

  /** Gives the series of all columns their new numbers: `newIds[id]` for `id`. */
  renumberSeries(newIds: Int32Array): void {
    for (let id = 0; id < this.tableCount; id++) {
      const table = tableId(id);
      const columns = this.columnCounts[table]!;
      for (let from = 0; from < columns; from += STRIP_COLUMNS) {
        const list = this.#seriesLists[this.stripOf(table, columnId(from))]!;
        const words = this.heap.u32[slabOf(list)]!;
        const at = wordOf(list);
        const end = at + Math.min(STRIP_COLUMNS, columns - from);
        for (let i = at; i < end; i++) if (words[i] !== NO_SERIES) words[i] = newIds[words[i]!]!;
      }
    }
  }

  /** Gives a column back that holds no sample in any row. */
  freeColumn(table: TableId, column: ColumnId): void {
    this.setSeries(table, column, NO_SERIES);
    const free = this.#freeColumns.get(table);
    if (free === undefined) this.#freeColumns.set(table, [column]);
    else free.push(column);
  }

  /** Rows ever appended; the newest has this number less one. */
  rowCount(table: TableId): number {
    return this.sealedRows[table]! + this.openRows[table]!;
  }

  /** Whether the tile must be sealed before the next row. */
  isFull(table: TableId): boolean {
    // The first tile of a table ends early, at another row in each table, so that the tables of a fleet
    // are not sealed all in the same second and half of the raw rows are free at any time.
    const limit = this.sealedRows[table] === 0 ? 1 + ((table * 13) % TILE_ROWS) : TILE_ROWS;
    return this.openRows[table]! >= limit;
  }

  /**
   * Appends a row at a time above the newest row's: cell `c` of `row` is column `c` for `cells.from ≤ c < cells.to`,
   * all other columns are absent. The tile must not be full. Returns how many samples the row holds.
   */
  append(table: TableId, time: number, row: Uint32Array, cells: ColumnRange): number {
    const openRow = this.openRows[table]!;
    this.#putTime(table, openRow, time);
    let present = 0;
    // Rows beyond the newest are absent in every quarter, so columns outside the range need nothing.
    for (let from = cells.from; from < cells.to;) {
      const strip = this.stripOf(table, columnId(from));
      const lane = from % STRIP_COLUMNS;
      const count = Math.min(STRIP_COLUMNS - lane, cells.to - from);
      const slot = strip * QUARTERS + Math.floor(openRow / QUARTER_ROWS);
      if (this.#quarters[slot] === 0 && anyPresent(row, from, count)) {
        this.#quarters[slot] = this.#allocateQuarter(this.#widths[strip]!);
        this.#quarterAges[slot] = this.gate.entered;
      }
      const address = this.#quarters[slot]!;
      if (address !== 0) {
        const cell = doubleOf(address) + (openRow % QUARTER_ROWS) * this.#widths[strip]! + lane;
        present += storeRow(row, from, count, this.heap.u32[slabOf(address)]!, cell);
      }
      from += count;
    }
    this.openRows[table] = openRow + 1;
    this.lastTimes[table] = time;
    return present;
  }

  /** Time of row `openRow` of the tile. */
  openTime(table: TableId, openRow: number): number {
    return timeIn(this.heap, this.#timeQuarters, table, openRow);
  }

  /** Address of a quarter of the tile's times; 0 when it holds none. */
  timeQuarterOf(table: TableId, quarter: number): Address {
    return this.#timeQuarters[table * QUARTERS + quarter]!;
  }

  /** Row of the tile with this time, or -1. */
  openRowAt(table: TableId, time: number): number {
    for (let openRow = this.openRows[table]! - 1; openRow >= 0; openRow--) {
      const there = this.openTime(table, openRow);
      if (there <= time) return there === time ? openRow : -1;
    }
    return -1;
  }

  /** Copies one cell of the tile to cell `to` of `into`; false, and nothing copied, when it is absent. */
  readCell(table: TableId, column: ColumnId, openRow: number, into: Uint32Array): boolean {
    const strip = this.stripOf(table, column);
    const address = this.#quarters[strip * QUARTERS + Math.floor(openRow / QUARTER_ROWS)]!;
    if (address === 0) return false;
    const cell =
      doubleOf(address) + (openRow % QUARTER_ROWS) * this.#widths[strip]! + (column % STRIP_COLUMNS);
    const tile = this.heap.u32[slabOf(address)]!;
    if (isAbsentAt(tile, cell)) return false;
    into[0] = tile[2 * cell]!;
    into[1] = tile[2 * cell + 1]!;
    return true;
  }

  /** Puts the samples among cells `[cells.from, cells.to)` of `row` into a row of the tile; absent ones change nothing. */
  fill(table: TableId, openRow: number, row: Uint32Array, cells: ColumnRange): number {
    let present = 0;
    for (let column = cells.from; column < cells.to; column++) {
      if (isAbsentAt(row, column)) continue;
      present++;
      const strip = this.stripOf(table, columnId(column));
      const slot = strip * QUARTERS + Math.floor(openRow / QUARTER_ROWS);
      const address = this.#ownQuarter(strip, slot);
      const tile = this.heap.u32[slabOf(address)]!;
      const cell =
        doubleOf(address) + (openRow % QUARTER_ROWS) * this.#widths[strip]! + (column % STRIP_COLUMNS);
      tile[2 * cell] = row[2 * column]!;
      tile[2 * cell + 1] = row[2 * column + 1]!;
    }
    return present;
  }

  /** Copies cells `[cells.from, cells.to)` of a row of the tile to the same cells of `into`. */
  readRow(table: TableId, openRow: number, into: Uint32Array, cells: ColumnRange): void {
    for (let from = cells.from; from < cells.to;) {
      const strip = this.stripOf(table, columnId(from));
      const lane = from % STRIP_COLUMNS;
      const count = Math.min(STRIP_COLUMNS - lane, cells.to - from);
      const address = this.#quarters[strip * QUARTERS + Math.floor(openRow / QUARTER_ROWS)]!;
      if (address === 0) fillAbsent(into, from, from + count);
      else {
        const cell = doubleOf(address) + (openRow % QUARTER_ROWS) * this.#widths[strip]! + lane;
        storeRow(this.heap.u32[slabOf(address)]!, cell, count, into, from);
      }
      from += count;
    }
  }

  /** Number of strips: columns 64 s … 64 s + 63 lie in strip `s` of the table. */
  stripCountOf(table: TableId): number {
    return Math.ceil(this.columnCounts[table]! / STRIP_COLUMNS);
  }

  /** The strip that holds a column, by its number over all tables. */
  stripOf(table: TableId, column: ColumnId): number {
    return stripIn(this.heap, this.#stripLists[table]!, column);
  }

  stripWidth(strip: number): number {
    return this.#widths[strip]!;
  }

  /** Address of a quarter of a strip; 0 when all of it is absent. */
  quarterOf(strip: number, quarter: number): Address {
    return this.#quarters[strip * QUARTERS + quarter]!;
  }

  histogramsOf(strip: number): Address {
    return this.#histogramLists[strip]!;
  }

  /** The strip's list of histograms, to be written to: made when there is none, copied when readers know it. */
  ownHistogramsOf(strip: number): Address {
    const list = this.#histogramLists[strip]!;
    const bytes = this.#widths[strip]! * 4;
    if (list !== 0 && !this.#isShared(this.#histogramAges[strip]!)) return list;
    const own = this.heap.allocate(bytes);
    const words = this.heap.u32[slabOf(own)]!;
    if (list === 0) words.fill(0, wordOf(own), wordOf(own) + bytes / 4);
    else words.set(this.#wordsOf(list, bytes), wordOf(own));
    if (list !== 0) this.release(list, bytes);
    this.#histogramLists[strip] = own;
    this.#histogramAges[strip] = this.gate.entered;
    return own;
  }

  /** Frees a block as soon as nobody reads it. */
  release(address: Address, bytes: number): void {
    if (this.gate.openCount === 0) {
      this.heap.free(address, bytes);
      return;
    }
    if (this.#released.entered !== this.gate.entered) {
      const blocks: number[] = [];
      this.#released = { entered: this.gate.entered, blocks };
      this.gate.afterPresent(() => {
        for (let i = 0; i < blocks.length; i += 2) this.heap.free(blocks[i]!, blocks[i + 1]!);
      });
    }
    this.#released.blocks.push(address, bytes);
  }

  /** The state of all tables now. */
  copy(): TablesCopy {
    const count = this.tableCount;
    const strips = this.#stripCount;
    const lastTimes = new Float64Array(new SharedArrayBuffer(8 * count));
    lastTimes.set(this.lastTimes.subarray(0, count));
    return {
      lastTimes,
      lastSeals: copiedWords(this.lastSeals, count),
      sealedRows: copiedWords(this.sealedRows, count),
      openRows: copiedBytes(this.openRows, count),
      stripLists: copiedWords(this.#stripLists, count),
      timeQuarters: copiedWords(this.#timeQuarters, QUARTERS * count),
      widths: copiedBytes(this.#widths, strips),
      quarters: copiedWords(this.#quarters, QUARTERS * strips),
      histogramLists: copiedWords(this.#histogramLists, strips),
    };
  }

  /** Empties the tile after its rows were sealed. */
  clearTile(table: TableId): void {
    for (let at = 0; at < this.stripCountOf(table); at++) {
      const strip = this.stripOf(table, columnId(at * STRIP_COLUMNS));
      this.#freeQuarters(strip);
      const list = this.#histogramLists[strip]!;
      if (list !== 0) releaseHistograms(this, list, this.#widths[strip]!);
      this.#histogramLists[strip] = 0;
    }
    this.#freeTimes(table);
    this.sealedRows[table] = this.sealedRows[table]! + this.openRows[table]!;
    this.openRows[table] = 0;
  }

  /** Drops all columns; the tile must be empty and the seals dropped. The number of the table stays taken. */
  dropColumns(table: TableId): void {
    this.clearTile(table);
    const count = this.stripCountOf(table);
    for (let at = 0; at < count; at++) {
      const strip = this.stripOf(table, columnId(at * STRIP_COLUMNS));
      this.heap.free(this.#seriesLists[strip]!, this.#widths[strip]! * 4);
      this.#freeStrips.push(strip);
    }
    if (count > 0) this.release(this.#stripLists[table]!, listBytes(count));
    this.#stripLists[table] = 0;
    this.columnCounts[table] = 0;
    this.#freeColumns.delete(table);
    this.lastTimes[table] = -Infinity;
  }

  #putTime(table: TableId, openRow: number, time: number): void {
    const slot = table * QUARTERS + Math.floor(openRow / QUARTER_ROWS);
    if (this.#timeQuarters[slot] === 0) this.#timeQuarters[slot] = this.heap.allocate(QUARTER_ROWS * 8);
    const address = this.#timeQuarters[slot]!;
    this.heap.f64[slabOf(address)]![doubleOf(address) + (openRow % QUARTER_ROWS)] = time;
  }

  #freeTimes(table: TableId): void {
    for (let slot = table * QUARTERS; slot < (table + 1) * QUARTERS; slot++) {
      if (this.#timeQuarters[slot] !== 0) this.release(this.#timeQuarters[slot]!, QUARTER_ROWS * 8);
      this.#timeQuarters[slot] = 0;
    }
  }

  #freeQuarters(strip: number): void {
    for (let slot = strip * QUARTERS; slot < (strip + 1) * QUARTERS; slot++) {
      if (this.#quarters[slot] !== 0) {
        this.release(this.#quarters[slot]!, this.#widths[strip]! * QUARTER_ROWS * 8);
      }
      this.#quarters[slot] = 0;
    }
  }

  // Whether a reader may know of what was made when `gate.entered` was `entered`.
  #isShared(entered: number): boolean {
    return this.gate.openCount > 0 && entered !== this.gate.entered;
  }

  // A quarter to change rows in that are there already.
  #ownQuarter(strip: number, slot: number): Address {
    const width = this.#widths[strip]!;
    const known = this.#quarters[slot]!;
    if (known !== 0 && !this.#isShared(this.#quarterAges[slot]!)) return known;
    const own = this.#allocateQuarter(width);
    this.#quarters[slot] = own;
    this.#quarterAges[slot] = this.gate.entered;
    if (known === 0) return own;
    const bytes = width * QUARTER_ROWS * 8;
    this.heap.u32[slabOf(own)]!.set(this.#wordsOf(known, bytes), wordOf(own));
    this.release(known, bytes);
    return own;
  }

  #wordsOf(address: Address, bytes: number): Uint32Array {
    const at = wordOf(address);
    return this.heap.u32[slabOf(address)]!.subarray(at, at + bytes / 4);
  }

  #allocateQuarter(width: number): Address {
    const address = this.heap.allocate(width * QUARTER_ROWS * 8);
    fillAbsent(this.heap.u32[slabOf(address)]!, doubleOf(address), doubleOf(address) + width * QUARTER_ROWS);
    return address;
  }

  #addStrip(table: TableId): void {
    const strip = this.#freeStrips.pop() ?? this.#nextStrip();
    this.#widths[strip] = 1;
    this.#seriesLists[strip] = this.heap.allocate(4);
    const count = this.stripCountOf(table);
    const list = count === 0 ? this.heap.allocate(listBytes(1)) : this.#growList(table, count);
    this.#stripLists[table] = list;
    this.heap.u32[slabOf(list)]![wordOf(list) + count] = strip;
  }

  #nextStrip(): number {
    if (this.#stripCount === this.#widths.length) this.#growStrips();
    return this.#stripCount++;
  }

  #growList(table: TableId, count: number): Address {
    const list = this.#stripLists[table]!;
    if (blockBytes(listBytes(count)) >= 4 * (count + 1)) return list;
    return this.#move(list, listBytes(count), listBytes(count + 1));
  }

  // A wider strip: the same rows with a longer stride.
  #widen(strip: number): void {
    const width = this.#widths[strip]!;
    this.#seriesLists[strip] = this.#move(this.#seriesLists[strip]!, width * 4, width * 8);
    this.#widenHistograms(strip, width);
    for (let slot = strip * QUARTERS; slot < (strip + 1) * QUARTERS; slot++) {
      const old = this.#quarters[slot]!;
      if (old === 0) continue;
      const wide = this.#allocateQuarter(2 * width);
      const source = this.heap.u32[slabOf(old)]!;
      const target = this.heap.u32[slabOf(wide)]!;
      for (let row = 0; row < QUARTER_ROWS; row++) {
        storeRow(source, doubleOf(old) + row * width, width, target, doubleOf(wide) + row * 2 * width);
      }
      this.release(old, width * QUARTER_ROWS * 8);
      this.#quarters[slot] = wide;
      this.#quarterAges[slot] = this.gate.entered;
    }
    this.#widths[strip] = 2 * width;
  }

  #widenHistograms(strip: number, width: number): void {
    const list = this.#histogramLists[strip]!;
    if (list === 0) return;
    const wide = this.#move(list, width * 4, width * 8);
    this.heap.u32[slabOf(wide)]!.fill(0, wordOf(wide) + width, wordOf(wide) + 2 * width);
    this.#histogramLists[strip] = wide;
    this.#histogramAges[strip] = this.gate.entered;
  }

  #move(from: Address, bytes: number, newBytes: number): Address {
    const to = this.heap.allocate(newBytes);
    this.heap.u32[slabOf(to)]!.set(this.#wordsOf(from, bytes), wordOf(to));
    this.release(from, bytes);
    return to;
  }

  #growTables(): void {
    this.columnCounts = doubled(this.columnCounts);
    this.lastSeals = doubled(this.lastSeals);
    this.sealedRows = doubled(this.sealedRows);
    this.#stripLists = doubled(this.#stripLists);
    this.#timeQuarters = doubled(this.#timeQuarters);
    const lastTimes = new Float64Array(2 * this.lastTimes.length);
    lastTimes.set(this.lastTimes);
    this.lastTimes = lastTimes;
    const openRows = new Uint8Array(2 * this.openRows.length);
    openRows.set(this.openRows);
    this.openRows = openRows;
  }

  #growStrips(): void {
    this.#quarters = doubled(this.#quarters);
    this.#quarterAges = doubled(this.#quarterAges);
    this.#histogramLists = doubled(this.#histogramLists);
    this.#histogramAges = doubled(this.#histogramAges);
    this.#seriesLists = doubled(this.#seriesLists);
    const widths = new Uint8Array(2 * this.#widths.length);
    widths.set(this.#widths);
    this.#widths = widths;
  }
}

// Lists grow by doubling; two strips fit the smallest block.
function listBytes(count: number): number {
  return 4 * 2 ** Math.ceil(Math.log2(Math.max(2, count)));
}

function doubled(column: Uint32Array): Uint32Array {
  const grown = new Uint32Array(2 * column.length);
  grown.set(column);
  return grown;
}

function anyPresent(row: Uint32Array, from: number, count: number): boolean {
  for (let cell = from; cell < from + count; cell++) if (!isAbsentAt(row, cell)) return true;
  return false;
}

// What reading rows needs to know of tables. The tables themselves are one; others are copies of their state as it was
// at some time, over the same slabs, for readers that go on while the tables change.

import type { ColumnId } from "../../model/index.ts";
import { doubleOf, slabOf, wordOf, type Address, type Slabs } from "./slab-heap.ts";
import type { TableId } from "./table-id.ts";

/** Rows that a tile holds raw at most. */
export const TILE_ROWS = 32;
export const QUARTER_ROWS = 8;
export const QUARTERS: number = TILE_ROWS / QUARTER_ROWS;
export const STRIP_COLUMNS = 64;

export interface TableRows {
  readonly heap: Slabs;
  readonly tableCount: number;
  // One element a table.
  readonly lastTimes: Float64Array; // Millis of the newest row; -Infinity before the first.
  readonly lastSeals: Uint32Array; // Address of the newest seal.
  readonly sealedRows: Uint32Array; // Number of the first row in the tile.
  readonly openRows: Uint8Array; // Rows in the tile.
  /** Time (ms) of row `openRow` of the tile. */
  openTime(table: TableId, openRow: number): number;
  /** The strip that holds a column, by its number over all tables. */
  stripOf(table: TableId, column: ColumnId): number;
  /** Columns that a strip has room for. */
  stripWidth(strip: number): number;
  /** Address of a quarter of a strip; 0 when all of it is absent. */
  quarterOf(strip: number, quarter: number): Address;
  /** Address of the newest histogram of each column of a strip (table/histograms.ts); 0: its tile has none. */
  histogramsOf(strip: number): Address;
}

/** The state of all tables at one time, for `FrozenTables`. Postable: its arrays lie in shared memory of their own. */
export interface TablesCopy {
  readonly lastTimes: Float64Array;
  readonly lastSeals: Uint32Array;
  readonly sealedRows: Uint32Array;
  readonly openRows: Uint8Array;
  readonly stripLists: Uint32Array; // Address of each table's list of strip numbers.
  readonly timeQuarters: Uint32Array; // Addresses, four a table.
  readonly widths: Uint8Array; // One element a strip.
  readonly quarters: Uint32Array; // Addresses, four a strip.
  readonly histogramLists: Uint32Array; // Addresses, one a strip.
}

/** All tables as they were when a copy was made. What the copy names must not be freed meanwhile. */
export class FrozenTables implements TableRows {
  readonly heap: Slabs;
  readonly tableCount: number;
  readonly lastTimes: Float64Array;
  readonly lastSeals: Uint32Array;
  readonly sealedRows: Uint32Array;
  readonly openRows: Uint8Array;
  readonly #copy: TablesCopy;

  constructor(heap: Slabs, copy: TablesCopy) {
    this.heap = heap;
    this.tableCount = copy.lastSeals.length;
    this.lastTimes = copy.lastTimes;
    this.lastSeals = copy.lastSeals;
    this.sealedRows = copy.sealedRows;
    this.openRows = copy.openRows;
    this.#copy = copy;
  }

  openTime(table: TableId, openRow: number): number {
    return timeIn(this.heap, this.#copy.timeQuarters, table, openRow);
  }

  stripOf(table: TableId, column: ColumnId): number {
    return stripIn(this.heap, this.#copy.stripLists[table]!, column);
  }

  stripWidth(strip: number): number {
    return this.#copy.widths[strip]!;
  }

  quarterOf(strip: number, quarter: number): Address {
    return this.#copy.quarters[strip * QUARTERS + quarter]!;
  }

  histogramsOf(strip: number): Address {
    return this.#copy.histogramLists[strip]!;
  }
}

/** Time of a row of a tile, whose time quarters are elements `4 table` and up. */
export function timeIn(heap: Slabs, timeQuarters: Uint32Array, table: number, openRow: number): number {
  const address = timeQuarters[table * QUARTERS + Math.floor(openRow / QUARTER_ROWS)]!;
  return heap.f64[slabOf(address)]![doubleOf(address) + (openRow % QUARTER_ROWS)]!;
}

/** The strip of a column, from its table's list of strip numbers. */
export function stripIn(heap: Slabs, list: Address, column: ColumnId): number {
  return heap.u32[slabOf(list)]![wordOf(list) + Math.floor(column / STRIP_COLUMNS)]!;
}

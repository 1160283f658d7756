// The state of the tables that one selection reads, copied when it begins: much less than the state of all tables, so
// that it can be made for each query and sent to another thread.

import { columnId, type ColumnId } from "../../model/index.ts";
import type { Address, Slabs } from "./slab-heap.ts";
import { tableId, type TableId } from "./table-id.ts";
import { QUARTERS, STRIP_COLUMNS, timeIn, type TableRows } from "./table-rows.ts";
import type { Tables } from "./tables.ts";

// Fields of a strip within `SlotsCopy.strips`.
const STRIP_FIELDS = 4 + QUARTERS;
const NUMBER = 0;
const NEXT = 1;
const WIDTH = 2;
const HISTOGRAMS = 3;
const STRIP_QUARTERS = 4;

/**
 * The state of some tables, and of some of their strips, at one time. Tables are named by their slot, strips by the
 * position of their fields. Postable.
 */
export interface SlotsCopy {
  readonly lastTimes: Float64Array;
  readonly lastSeals: Uint32Array;
  readonly sealedRows: Uint32Array;
  readonly openRows: Uint8Array;
  readonly timeQuarters: Uint32Array;
  readonly firstStrips: Uint32Array; // Position of a table's first strip in `strips`, plus 1.
  /** For each strip: its number within the table, position of the table's next one plus 1, width, histograms, quarters. */
  readonly strips: Uint32Array;
}

/** Element `at` of a list of slots. */
export function slotIdAt(slots: Uint32Array, at: number): TableId {
  return tableId(slots[at]!);
}

/** Element `at` of a list of columns. */
export function columnIdAt(columns: Uint32Array, at: number): ColumnId {
  return columnId(columns[at]!);
}

/** Some tables as they were when a copy was made; the numbers of tables are slots of the copy. */
export class SlotTables implements TableRows {
  readonly heap: Slabs;
  readonly tableCount: number;
  readonly lastTimes: Float64Array;
  readonly lastSeals: Uint32Array;
  readonly sealedRows: Uint32Array;
  readonly openRows: Uint8Array;
  readonly #copy: SlotsCopy;

  constructor(heap: Slabs, copy: SlotsCopy) {
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
    const { firstStrips, strips } = this.#copy;
    const wanted = Math.floor(column / STRIP_COLUMNS);
    let at = firstStrips[table]! - 1;
    while (strips[at + NUMBER] !== wanted) at = strips[at + NEXT]! - 1;
    return at;
  }

  stripWidth(strip: number): number {
    return this.#copy.strips[strip + WIDTH]!;
  }

  quarterOf(strip: number, quarter: number): Address {
    return this.#copy.strips[strip + STRIP_QUARTERS + quarter]!;
  }

  histogramsOf(strip: number): Address {
    return this.#copy.strips[strip + HISTOGRAMS]!;
  }
}

/** Copies the state of tables and strips as they are asked for. */
export class SlotCollector {
  readonly #tables: Tables;
  readonly #slotOfTable = new Map<TableId, number>();
  readonly #ids: TableId[] = [];
  readonly #lastOfTable: number[] = []; // Position of the last strip that was added.
  #firstStrips = new Uint32Array(16);
  #strips = new Uint32Array(16 * STRIP_FIELDS);
  #length = 0;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  get slotCount(): number {
    return this.#ids.length;
  }

  /** Slot of a table, its state copied when it is new. */
  slotOf(table: TableId): number {
    let slot = this.#slotOfTable.get(table);
    if (slot !== undefined) return slot;
    slot = this.#ids.length;
    this.#slotOfTable.set(table, slot);
    this.#ids.push(table);
    this.#lastOfTable.push(-1);
    if (slot === this.#firstStrips.length) {
      const grown = new Uint32Array(2 * slot);
      grown.set(this.#firstStrips);
      this.#firstStrips = grown;
    }
    return slot;
  }

  /** Copies the strip of a column, unless the tile is empty or it was copied before. */
  addColumn(slot: number, column: ColumnId): void {
    const table = this.#ids[slot]!;
    if (this.#tables.openRows[table] === 0) return;
    const number = Math.floor(column / STRIP_COLUMNS);
    const last = this.#lastOfTable[slot]!;
    // Columns mostly come strip by strip.
    if (last >= 0 && this.#strips[last + NUMBER] === number) return;
    for (let at = this.#firstStrips[slot]! - 1; at >= 0; at = this.#strips[at + NEXT]! - 1) {
      if (this.#strips[at + NUMBER] === number) return;
    }
    if (this.#length === this.#strips.length) {
      const grown = new Uint32Array(2 * this.#length);
      grown.set(this.#strips);
      this.#strips = grown;
    }
    const strips = this.#strips;
    const at = this.#length;
    this.#length += STRIP_FIELDS;
    const strip = this.#tables.stripOf(table, column);
    strips[at + NUMBER] = number;
    strips[at + NEXT] = this.#firstStrips[slot]!;
    strips[at + WIDTH] = this.#tables.stripWidth(strip);
    strips[at + HISTOGRAMS] = this.#tables.histogramsOf(strip);
    for (let quarter = 0; quarter < QUARTERS; quarter++) {
      strips[at + STRIP_QUARTERS + quarter] = this.#tables.quarterOf(strip, quarter);
    }
    this.#firstStrips[slot] = at + 1;
    this.#lastOfTable[slot] = at;
  }

  /** What was collected; the tables are as they are now. */
  copy(): SlotsCopy {
    const tables = this.#tables;
    const ids = this.#ids;
    const timeQuarters = new Uint32Array(QUARTERS * ids.length);
    for (let slot = 0; slot < ids.length; slot++) {
      for (let quarter = 0; quarter < QUARTERS; quarter++) {
        timeQuarters[slot * QUARTERS + quarter] = tables.timeQuarterOf(ids[slot]!, quarter);
      }
    }
    return {
      lastTimes: Float64Array.from(ids, (id) => tables.lastTimes[id]!),
      lastSeals: Uint32Array.from(ids, (id) => tables.lastSeals[id]!),
      sealedRows: Uint32Array.from(ids, (id) => tables.sealedRows[id]!),
      openRows: Uint8Array.from(ids, (id) => tables.openRows[id]!),
      timeQuarters,
      firstStrips: this.#firstStrips.slice(0, ids.length),
      strips: this.#strips.slice(0, this.#length),
    };
  }
}

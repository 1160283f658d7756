// The newest sample of one column, for order checks of samples that do not simply follow their table's last row.

import { bitsOf, isAbsentAt } from "../../model/index.ts";
import type { ColumnId } from "../../model/index.ts";
import { hasSamples, previousSeal, readSealColumn, readSealTimes, sealFirstRow, sealRows } from "./seal.ts";
import type { TableId } from "./table-id.ts";
import { TILE_ROWS } from "./table-rows.ts";
import type { Tables } from "./tables.ts";

/** A sample found; filled by `findNewest`. */
export interface FoundSample {
  time: number; // Millis; -Infinity when there is none.
  row: number; // Number of the row within the table.
  readonly bits: Uint32Array; // Words of the value; meaningless where the row holds a histogram.
}

export function createFoundSample(): FoundSample {
  return { time: -Infinity, row: -1, bits: new Uint32Array(2) };
}

const values = new Float64Array(TILE_ROWS);
const cells = { values, bits: bitsOf(values) };
const times = new Float64Array(TILE_ROWS);

/** Finds the newest sample of a column. */
export function findNewest(tables: Tables, table: TableId, column: ColumnId, found: FoundSample): void {
  for (let openRow = tables.openRows[table]! - 1; openRow >= 0; openRow--) {
    if (!tables.readCell(table, column, openRow, found.bits)) continue;
    found.time = tables.openTime(table, openRow);
    found.row = tables.sealedRows[table]! + openRow;
    return;
  }
  const { heap } = tables;
  for (let seal = tables.lastSeals[table]!; seal !== 0; seal = previousSeal(heap, seal)) {
    if (!hasSamples(heap, seal, column)) continue;
    readSealColumn(heap, seal, column, cells, 0);
    let row = sealRows(heap, seal) - 1;
    while (isAbsentAt(cells.bits, row)) row--;
    readSealTimes(heap, seal, times, 0);
    found.time = times[row]!;
    found.row = sealFirstRow(heap, seal) + row;
    found.bits[0] = cells.bits[2 * row]!;
    found.bits[1] = cells.bits[2 * row + 1]!;
    return;
  }
  found.time = -Infinity;
  found.row = -1;
}

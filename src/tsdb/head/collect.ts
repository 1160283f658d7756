// Letting go of what a block has taken over: rows, then columns, tables and series that have no rows left.

import { columnId, seriesId, type ColumnId, type SeriesId } from "../../model/index.ts";
import { dropSeals, hasSamples, previousSeal } from "../table/seal.ts";
import { tableId, type TableId } from "../table/table-id.ts";
import { NO_SERIES, type Tables } from "../table/tables.ts";
import type { Head } from "./head.ts";

/** Whether a writer may go on with a column, so that it has to stay although it is empty. */
export type IsPinned = (table: TableId, column: ColumnId) => boolean;

// Columns and series looked at in one step, which takes a millisecond or so.
const STEP_SIZE = 5000;

/**
 * Drops rows before `before` (ms) and all that is empty then. Rows are dropped by the seal and the tile, so a few
 * older ones may stay; whoever reads has to leave them out. `isOpen` tells tables that a writer holds. Comes in
 * steps: samples may be appended between them, series must not be renumbered.
 */
export function* collectHead(
  head: Head,
  before: number,
  context: { readonly isOpen: (table: TableId) => boolean; readonly isPinned: IsPinned },
): Generator<void> {
  if (before > head.minTime) head.minTime = before;
  let looked = 0;
  for (let id = 0; id < head.tables.tableCount; id++) {
    looked += 1 + head.tables.columnCounts[id]!;
    collectTable(head, tableId(id), before, context);
    if (looked < STEP_SIZE) continue;
    looked = 0;
    yield;
  }
  for (let id = 0; id < head.index.count; id++) {
    const series = seriesId(id);
    if (!head.index.isRemoved(series) && !hasAny(head, series)) head.retire(series);
    if (id % STEP_SIZE === 0) yield;
  }
}

function collectTable(
  head: Head,
  table: TableId,
  before: number,
  context: { readonly isOpen: (table: TableId) => boolean; readonly isPinned: IsPinned },
): void {
  const { tables } = head;
  const columns = tables.columnCounts[table]!;
  head.sealedSegments -= dropSeals(tables, table, before) * columns;
  if (tables.openRows[table]! > 0 && tables.lastTimes[table]! < before) tables.clearTile(table);
  if (head.late.owns(table)) return;
  const isEmpty = tables.lastSeals[table] === 0 && tables.openRows[table] === 0;
  if (isEmpty && !context.isOpen(table)) {
    if (columns > 0) head.removeTable(table);
    return;
  }
  for (let c = 0; c < columns; c++) {
    const column = columnId(c);
    if (tables.seriesOf(table, column) === NO_SERIES || context.isPinned(table, column)) continue;
    if (!holdsSamples(tables, table, column)) head.removeColumn(table, column);
  }
}

function hasAny(head: Head, series: SeriesId): boolean {
  const { columns, tables } = head;
  for (let piece = columns.first(series); piece !== 0; piece = columns.next(piece)) {
    const table = columns.tableOf(piece);
    if (head.late.owns(table) || holdsSamples(tables, table, columns.columnOf(piece))) return true;
  }
  return false;
}

const cell = new Uint32Array(2);

function holdsSamples(tables: Tables, table: TableId, column: ColumnId): boolean {
  for (let openRow = tables.openRows[table]! - 1; openRow >= 0; openRow--) {
    if (tables.readCell(table, column, openRow, cell)) return true;
  }
  const { heap } = tables;
  for (let seal = tables.lastSeals[table]!; seal !== 0; seal = previousSeal(heap, seal)) {
    if (hasSamples(heap, seal, column)) return true;
  }
  return false;
}

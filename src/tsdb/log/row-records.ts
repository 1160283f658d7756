// Records of the log of rows. Each window of time has a log of its own, as long as a block, which is emptied when
// its block is written; a record goes to the window of its row's time.
//
// | field     | bytes  | meaning                                                                                |
// | --------- | ------ | -------------------------------------------------------------------------------------- |
// | kind      | 1      | bit 0 new row, 1 has a row before, 2 the tile is sealed first, 3 histogram             |
// | table     | varint | number of the table                                                                    |
// | time      | varint | new row after another: ms since that one; else ms since the start of the window        |
// | from      | varint | first column                                                                           |
// | columns   | varint | how many columns follow                                                                |
// | cells     | …      | log/cells.kernel.ts, against the row before or, without one, against absent cells      |
//
// A record without bit 0 adds samples to a row of the tile, named by its time; "before" is the row before that one.
// A histogram record is the kind, the column as varint and encodeHistogram; it belongs to the row last named, whose
// cell holds 0. The row before is never from another window and never from before a seal, so that what is lost
// with a damaged stretch of the log ends at the next seal of each table.

import { MalformedBytesError, ByteReader, type ByteWriter } from "../../base/index.ts";
import { bitsOf, columnId, fillAbsent, type ColumnId, type Histogram } from "../../model/index.ts";
import { decodeHistogram, encodeHistogram } from "../codec/index.ts";
import type { Head, RowChange } from "../head/head.ts";
import { tableId, type TableId } from "../table/table-id.ts";
import { TILE_ROWS, type ColumnRange, type Tables } from "../table/tables.ts";
import { decodeCells, encodeCells, maxCellsBytes } from "./cells.kernel.ts";

const NEW_ROW = 1;
const HAS_BEFORE = 2;
const SEALS = 4;
const HISTOGRAM = 8;

// Two rows of cells: the one in hand and the one before.
class RowPair {
  values = new Float64Array(0);
  bits: Uint32Array = bitsOf(this.values);
  beforeValues = new Float64Array(0);
  before: Uint32Array = bitsOf(this.beforeValues);

  reserve(cells: number): void {
    if (cells <= this.values.length) return;
    this.values = new Float64Array(2 * cells);
    this.bits = bitsOf(this.values);
    this.beforeValues = new Float64Array(2 * cells);
    this.before = bitsOf(this.beforeValues);
  }
}

const rows = new RowPair();

/** Appends the record of a change that is not made yet; `windowStart` is the first time (ms) of its window. */
export function writeRow(tables: Tables, change: RowChange, windowStart: number, out: ByteWriter): void {
  const { table, time, openRow, seals, bits, cells } = change;
  const isNew = openRow < 0;
  const beforeRow = seals ? -1 : (isNew ? tables.openRows[table]! : openRow) - 1;
  const hasBefore = beforeRow >= 0 && tables.openTime(table, beforeRow) >= windowStart;
  rows.reserve(cells.to);
  if (hasBefore) tables.readRow(table, beforeRow, rows.before, cells);
  else fillAbsent(rows.before, cells.from, cells.to);
  out.u8((isNew ? NEW_ROW : 0) | (hasBefore ? HAS_BEFORE : 0) | (seals ? SEALS : 0));
  out.varint(table);
  out.varint(time - (isNew && hasBefore ? tables.openTime(table, beforeRow) : windowStart));
  const count = cells.to - cells.from;
  out.varint(cells.from);
  out.varint(count);
  out.reserve(maxCellsBytes(count));
  const values = new Float64Array(bits.buffer, bits.byteOffset, bits.length >> 1);
  const { before, beforeValues } = rows;
  const end = encodeCells(bits, values, before, beforeValues, cells.from, count, out.buffer, out.length);
  out.advance(end - out.length);
}

export function writeHistogram(column: ColumnId, histogram: Histogram, out: ByteWriter): void {
  out.u8(HISTOGRAM);
  out.varint(column);
  encodeHistogram(histogram, out);
}

/** What replaying one window remembers from blob to blob. */
export interface ReplayState {
  readonly windowStart: number; // Millis.
  /**
   * After a lost blob: the tables that have since had a row that builds on no other. Rows of other tables that
   * build on a row before are left out. Undefined: nothing was lost.
   */
  sound: Set<TableId> | undefined;
  rowsLost: number;
}

/**
 * Makes the changes of one blob of records.
 * @throws MalformedBytesError when the bytes are not whole records; the changes before the bad one are made.
 */
export function replayRows(head: Head, bytes: Uint8Array, state: ReplayState): void {
  const reader = new ByteReader(bytes);
  let place: Place | undefined;
  while (reader.left > 0) {
    const kind = reader.u8();
    if (kind === HISTOGRAM) {
      const column = columnId(reader.varint());
      const histogram = decodeHistogram(reader);
      if (place !== undefined) head.putHistogram(place.table, place.openRow, column, histogram);
      continue;
    }
    if (kind > (NEW_ROW | HAS_BEFORE | SEALS)) {
      throw new MalformedBytesError(`unknown kind ${kind} of log record at byte ${reader.position - 1}`);
    }
    const record = readRecord(reader, kind);
    place = placeOf(head.tables, record, state);
    if (place === undefined) state.rowsLost++;
    readCells(head.tables, bytes, { reader, record, place });
    if (place !== undefined) restoreRow(head, record, place);
  }
}

interface RowRecord {
  readonly isNew: boolean;
  readonly hasBefore: boolean;
  readonly seals: boolean;
  readonly table: TableId;
  readonly timeField: number;
  readonly cells: ColumnRange;
}

/** Where a record's cells go: a new row has the number of rows in the tile (before a seal, when there is one). */
interface Place {
  readonly table: TableId;
  readonly time: number;
  readonly openRow: number;
}

function readRecord(reader: ByteReader, kind: number): RowRecord {
  const table = tableId(reader.varint());
  const timeField = reader.varint();
  const from = reader.varint();
  const count = reader.varint();
  if (count > 4 * reader.left) throw new MalformedBytesError(`log record promises ${count} cells`);
  return {
    isNew: (kind & NEW_ROW) !== 0,
    hasBefore: (kind & HAS_BEFORE) !== 0,
    seals: (kind & SEALS) !== 0,
    table,
    timeField,
    cells: { from, to: from + count },
  };
}

// Undefined when what the record builds on was lost.
function placeOf(tables: Tables, record: RowRecord, state: ReplayState): Place | undefined {
  const { table, isNew, hasBefore, timeField } = record;
  if (table >= tables.tableCount || record.cells.to > tables.columnCounts[table]!) return undefined;
  const openRows = tables.openRows[table]!;
  if (state.sound !== undefined) {
    if (isNew && !hasBefore) state.sound.add(table);
    else if (hasBefore && !state.sound.has(table)) return undefined;
  }
  if (!isNew) {
    const time = state.windowStart + timeField;
    const openRow = tables.openRowAt(table, time);
    return openRow < (hasBefore ? 1 : 0) ? undefined : { table, time, openRow };
  }
  if (hasBefore && openRows === 0) return undefined;
  const time = timeField + (hasBefore ? tables.openTime(table, openRows - 1) : state.windowStart);
  const isFull = openRows === TILE_ROWS && !record.seals;
  if (time <= tables.lastTimes[table]! || isFull) return undefined;
  return { table, time, openRow: record.seals ? 0 : openRows };
}

function readCells(
  tables: Tables,
  bytes: Uint8Array,
  context: { readonly reader: ByteReader; readonly record: RowRecord; readonly place: Place | undefined },
): void {
  const { reader, record, place } = context;
  const { cells, table } = record;
  rows.reserve(cells.to);
  if (place !== undefined && record.hasBefore) tables.readRow(table, place.openRow - 1, rows.before, cells);
  else fillAbsent(rows.before, cells.from, cells.to);
  const { before, beforeValues, bits, values } = rows;
  const count = cells.to - cells.from;
  const end = decodeCells(bytes, reader.position, before, beforeValues, cells.from, count, bits, values);
  reader.skip(end - reader.position);
}

function restoreRow(head: Head, record: RowRecord, place: Place): void {
  const { bits } = rows;
  const { cells, table } = record;
  if (record.isNew) head.restoreRow({ table, time: place.time, bits, cells }, record.seals);
  else head.fillRow({ table, time: place.time, openRow: place.openRow, bits, cells });
}

// Records of the log of rows. Each window of time has a log of its own, as long as a block, which is emptied when
// its block is written; a record goes to the window of its row's time.
//
// | field     | bytes  | meaning                                                                                |
// | --------- | ------ | -------------------------------------------------------------------------------------- |
// | kind      | 1      | bit 0 new row, 1 has a row before, 2 the tile was sealed first; 8 histogram             |
// | table     | varint | number of the table                                                                    |
// | time      | varint | new row after another: ms since that one; else ms since the start of the window        |
// | from      | varint | first column                                                                           |
// | columns   | varint | how many columns follow                                                                |
// | bytes     | varint | length of the cells                                                                    |
// | cells     | …      | log/cells.kernel.ts, against the row before or, without one, against absent cells      |
//
// A record without bit 0 adds samples to a row of the tile, named by its time; "before" is the row before that one.
// A histogram record is the kind, the column and a length as varints, and encodeHistogram; it belongs to the row last
// named, whose cell holds 0. The row before is never from another window and never from before a seal, so that what is
// lost with a damaged stretch ends at the next seal of each table. Former versions logged seals here, too: the kind, the
// table and a length as varints, and the sealed rows (table/seal-bytes.ts) without histograms.

import { ByteWriter, type ByteReader } from "../../base/index.ts";
import { bitsOf, fillAbsent, type ColumnId, type Histogram } from "../../model/index.ts";
import { encodeHistogram } from "../codec/index.ts";
import type { RowChange } from "../head/head.ts";
import { tableId, type TableId } from "../table/table-id.ts";
import type { ColumnRange, Tables } from "../table/tables.ts";
import { encodeCells, maxCellsBytes } from "./cells.kernel.ts";

export const NEW_ROW = 1;
export const HAS_BEFORE = 2;
export const SEALS = 4;
export const HISTOGRAM = 8;
export const SEAL = 16;
// Room for the length of the cells, which is known only after them.
const LENGTH_BYTES_MAX = 5;

/** Cells of one row, as words and as numbers over the same memory. */
export class RowCells {
  values: Float64Array = new Float64Array(0);
  bits: Uint32Array = bitsOf(this.values);

  /** Makes room; what was there is lost when it has to grow. */
  reserve(cells: number): void {
    if (cells <= this.values.length) return;
    this.values = new Float64Array(2 * cells);
    this.bits = bitsOf(this.values);
  }
}

const before = new RowCells();
const scratch = new ByteWriter();

/** Appends the record of a change that is not made yet; `windowStart` is the first time (ms) of its window. */
export function writeRow(tables: Tables, change: RowChange, windowStart: number, out: ByteWriter): void {
  const { table, time, openRow, seals, bits, cells } = change;
  const isNew = openRow < 0;
  const beforeRow = (isNew ? tables.openRows[table]! : openRow) - 1;
  const hasBefore = beforeRow >= 0 && tables.openTime(table, beforeRow) >= windowStart;
  before.reserve(cells.to);
  if (hasBefore) tables.readRow(table, beforeRow, before.bits, cells);
  else fillAbsent(before.bits, cells.from, cells.to);
  out.u8((isNew ? NEW_ROW : 0) | (hasBefore ? HAS_BEFORE : 0) | (seals ? SEALS : 0));
  out.varint(table);
  out.varint(time - (isNew && hasBefore ? tables.openTime(table, beforeRow) : windowStart));
  const count = cells.to - cells.from;
  out.varint(cells.from);
  out.varint(count);
  out.reserve(LENGTH_BYTES_MAX + maxCellsBytes(count));
  const values = new Float64Array(bits.buffer, bits.byteOffset, bits.length >> 1);
  const start = out.length + LENGTH_BYTES_MAX;
  const end = encodeCells(bits, values, before.bits, before.values, cells.from, count, out.buffer, start);
  out.varint(end - start);
  out.buffer.copyWithin(out.length, start, end);
  out.advance(end - start);
}

export function writeHistogramRecord(column: ColumnId, histogram: Histogram, out: ByteWriter): void {
  scratch.reset();
  encodeHistogram(histogram, scratch);
  out.u8(HISTOGRAM);
  out.varint(column);
  out.varint(scratch.length);
  out.bytes(scratch.written());
}

/** A row's record as far as its cells, which follow in `length` bytes. */
export interface RowRecord {
  readonly isNew: boolean;
  readonly hasBefore: boolean;
  readonly seals: boolean;
  readonly table: TableId;
  readonly timeField: number;
  readonly cells: ColumnRange;
  readonly length: number;
}

/** Reads a row's record behind its kind. */
export function readRowRecord(reader: ByteReader, kind: number): RowRecord {
  const table = tableId(reader.varint());
  const timeField = reader.varint();
  const from = reader.varint();
  const to = from + reader.varint();
  return {
    isNew: (kind & NEW_ROW) !== 0,
    hasBefore: (kind & HAS_BEFORE) !== 0,
    seals: (kind & SEALS) !== 0,
    table,
    timeField,
    cells: { from, to },
    length: reader.varint(),
  };
}

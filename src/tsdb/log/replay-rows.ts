// Making the changes that one window's log of rows records. Rows that lie in a seal already are passed over. Logs of former
// versions have seals among the rows; rows that one of these covers are passed over, too, and it is taken over in its turn.

import { ByteReader, MalformedBytesError } from "../../base/index.ts";
import { columnId, fillAbsent, type ColumnId, type Histogram } from "../../model/index.ts";
import { decodeHistogram } from "../codec/index.ts";
import type { Head } from "../head/head.ts";
import { adoptSeal, readSealSpan, type SealSpan } from "../table/seal-bytes.ts";
import { tableId, type TableId } from "../table/table-id.ts";
import { TILE_ROWS } from "../table/table-rows.ts";
import { decodeCells } from "./cells.kernel.ts";
import { HAS_BEFORE, HISTOGRAM, NEW_ROW, readRowRecord, RowCells, SEAL, SEALS } from "./row-records.ts";
import type { RowRecord } from "./row-records.ts";

/** Seals of one table that the log holds and that are not adopted yet, oldest first. */
interface TableSeals {
  readonly spans: SealSpan[];
  next: number;
  /** Histograms of rows that were passed over. */
  histograms: { readonly time: number; readonly column: ColumnId; readonly histogram: Histogram }[];
}

/** Where a record's cells go: a new row has the number of rows in the tile. */
interface Place {
  readonly table: TableId;
  readonly time: number;
  /** -1: a seal covers the row. */
  readonly openRow: number;
}

const row = new RowCells();

export class RowReplay {
  readonly #head: Head;
  readonly #seals = new Map<TableId, TableSeals>();
  /** Rows that could not be brought back because what they build on was lost. */
  rowsLost = 0;
  // For each table the time (ms) of the last row that seals brought back before any row was replayed.
  readonly #sealedTo: Float64Array;
  // For each table the time of its newest row in this window's log; NaN before the first one.
  readonly #rowTimes: Float64Array;
  // Whether rows may build on rows that seals stand for.
  #isCut = false;
  // After a lost blob: the tables that have since had a row that builds on no other. Rows of other tables that build
  // on a row before are left out. Undefined: nothing was lost.
  #sound: Set<TableId> | undefined;

  /** `head` must have all definitions, and all seals that stand apart from the rows. */
  constructor(head: Head) {
    const { tables } = head;
    this.#head = head;
    this.#sealedTo = tables.lastTimes.slice(0, tables.tableCount);
    this.#rowTimes = new Float64Array(tables.tableCount);
  }

  /** Notes a seal among the rows; to be called for all of them, in order, before the first blob is replayed. */
  noteSeal(table: TableId, span: SealSpan): void {
    this.#sealsOf(table).spans.push(span);
  }

  /** To be called at the start of each window's log; `isCut`: all rows before the first that is read lie in seals. */
  startWindow(isCut: boolean): void {
    this.#sound = undefined;
    this.#isCut = isCut;
    this.#rowTimes.fill(NaN);
  }

  /** Notes that a blob was lost between the last and the next one. */
  skipLost(): void {
    this.#sound = new Set();
  }

  /**
   * Makes the changes of one blob.
   * @throws MalformedBytesError when the bytes are not whole records; the changes before the bad one are made.
   */
  replay(bytes: Uint8Array, windowStart: number): void {
    const reader = new ByteReader(bytes);
    let place: Place | undefined;
    while (reader.left > 0) {
      const kind = reader.u8();
      if (kind === SEAL) this.#adopt(reader, bytes, windowStart);
      else if (kind === HISTOGRAM) this.#replayHistogram(reader, place);
      else place = this.#replayRow(reader, bytes, readRowRecord(reader, checkedKind(kind)), windowStart);
    }
  }

  #replayRow(
    reader: ByteReader,
    bytes: Uint8Array,
    record: RowRecord,
    windowStart: number,
  ): Place | undefined {
    const at = reader.skip(record.length);
    const place = this.#placeOf(record, windowStart);
    if (place === undefined) this.rowsLost++;
    else if (place.openRow >= 0) this.#restore(record, place, bytes.subarray(at, at + record.length));
    if (place !== undefined && record.isNew) this.#rowTimes[place.table] = place.time;
    return place;
  }

  // Undefined when what the record builds on was lost.
  #placeOf(record: RowRecord, windowStart: number): Place | undefined {
    const { table, isNew, hasBefore, timeField } = record;
    const { tables } = this.#head;
    if (table >= tables.tableCount || record.cells.to > tables.columnCounts[table]!) return undefined;
    if (this.#sound !== undefined) {
      if (isNew && !hasBefore) this.#sound.add(table);
      else if (hasBefore && !this.#sound.has(table)) return undefined;
    }
    const before = isNew && hasBefore ? this.#rowTimes[table]! : windowStart;
    const time = timeField + before;
    if (this.#isCut && Number.isNaN(before)) return { table, time, openRow: -1 };
    if (!Number.isSafeInteger(time)) return undefined;
    if (this.#isCovered(table, time)) return { table, time, openRow: -1 };
    const openRows = tables.openRows[table]!;
    if (!isNew) {
      const openRow = tables.openRowAt(table, time);
      return openRow < (hasBefore ? 1 : 0) ? undefined : { table, time, openRow };
    }
    if (time <= tables.lastTimes[table]! || (hasBefore && openRows === 0)) return undefined;
    return { table, time, openRow: record.seals || openRows === TILE_ROWS ? 0 : openRows };
  }

  #isCovered(table: TableId, time: number): boolean {
    if (time <= this.#sealedTo[table]!) return true;
    const seals = this.#seals.get(table);
    const span = seals?.spans[seals.next];
    return span !== undefined && time >= span.first && time <= span.last;
  }

  #restore(record: RowRecord, place: Place, bytes: Uint8Array): void {
    const { cells, table } = record;
    const { tables } = this.#head;
    row.reserve(cells.to);
    if (record.hasBefore) tables.readRow(table, place.openRow - 1, row.bits, cells);
    else fillAbsent(row.bits, cells.from, cells.to);
    const end = decodeCells(bytes, 0, cells.from, cells.to - cells.from, row.bits, row.values);
    if (end !== bytes.length) throw new MalformedBytesError(`cells of ${end} bytes in ${bytes.length}`);
    const change = { table, time: place.time, bits: row.bits, cells };
    if (record.isNew) this.#head.restoreRow(change, place.openRow === 0);
    else this.#head.fillRow({ ...change, openRow: place.openRow });
  }

  #replayHistogram(reader: ByteReader, place: Place | undefined): void {
    const column = columnId(reader.varint());
    const end = reader.varint() + reader.position;
    const histogram = decodeHistogram(reader);
    reader.skip(end - reader.position);
    if (place === undefined) return;
    const { table, time, openRow } = place;
    if (openRow < 0) this.#passedOver(table, { time, column, histogram });
    else this.#head.restoreHistogram(table, openRow, column, histogram);
  }

  // Seals that stand apart have the histograms of their rows.
  #passedOver(table: TableId, item: TableSeals["histograms"][number]): void {
    if (item.time > this.#sealedTo[table]!) this.#sealsOf(table).histograms.push(item);
  }

  #adopt(reader: ByteReader, bytes: Uint8Array, origin: number): void {
    const table = tableId(reader.varint());
    const end = reader.varint() + reader.position;
    const seals = this.#sealsOf(table);
    seals.next++;
    if (table >= this.#head.tables.tableCount) {
      reader.skip(end - reader.position);
      return;
    }
    // Rows are in the tile only where the seal they belonged to was lost.
    this.#head.sealRest(table);
    const span = adoptSeal(this.#head.tables, table, bytes, { reader, origin, hasHistograms: false });
    if (reader.position !== end) throw new MalformedBytesError("seal is longer than its record");
    this.#head.noteSeal(table, span, seals.histograms);
    seals.histograms = [];
  }

  #sealsOf(table: TableId): TableSeals {
    let seals = this.#seals.get(table);
    if (seals === undefined) this.#seals.set(table, (seals = { spans: [], next: 0, histograms: [] }));
    return seals;
  }
}

/**
 * Finds the seals of a blob, in order.
 * @throws MalformedBytesError when the bytes are not whole records; what is before the bad one is found.
 */
export function findSeals(
  bytes: Uint8Array,
  windowStart: number,
  found: (table: TableId, span: SealSpan) => void,
): void {
  const reader = new ByteReader(bytes);
  while (reader.left > 0) {
    const kind = reader.u8();
    if (kind === SEAL) {
      const table = tableId(reader.varint());
      const end = reader.varint() + reader.position;
      found(table, readSealSpan(reader, windowStart));
      reader.skip(end - reader.position);
    } else if (kind === HISTOGRAM) {
      reader.varint();
      reader.skip(reader.varint());
    } else reader.skip(readRowRecord(reader, checkedKind(kind)).length);
  }
}

function checkedKind(kind: number): number {
  if (kind <= (NEW_ROW | HAS_BEFORE | SEALS)) return kind;
  throw new MalformedBytesError(`unknown kind ${kind} of log record`);
}

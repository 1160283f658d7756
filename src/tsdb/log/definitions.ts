// Definitions: what the numbers in the log of rows mean. A blob is a list of sections, each a kind byte and its fields
// (varints unless said otherwise). Numbers are those of the running head; all are dense, so a section names the
// first one and the count.
//
// | kind | section   | fields                                                                                  |
// | ---- | --------- | --------------------------------------------------------------------------------------- |
// | 1    | symbols   | first, count; each: text                                                                |
// | 2    | pairs     | first, count; each: name symbol, value symbol                                           |
// | 3    | series    | first, count; each: number of labels, then their pairs in order of the names            |
// | 4    | table     | table, then 0 for loose samples, else 1 and the key as text; a number may come again    |
// | 5    | columns   | table, first, count; each: zigzag of the series less the series of the column before    |
// | 6    | deletions | count; each: series, zigzag first and last time (ms) of a deleted range                 |

import { ByteReader, MalformedBytesError, type ByteWriter } from "../../base/index.ts";
import { columnId, seriesId, type ColumnId, type SeriesId } from "../../model/index.ts";
import type { Head } from "../head/head.ts";
import { tableId, type TableId } from "../table/table-id.ts";
import { NO_SERIES } from "../table/tables.ts";

const SYMBOLS = 1;
const PAIRS = 2;
const SERIES = 3;
const TABLE = 4;
const COLUMNS = 5;
const DELETIONS = 6;

// Definitions written in one step.
const STEP_SIZE = 5000;

// Most tables that one lost stretch of definitions can have held.
const TABLES_LOST_MAX = 10_000_000;

/** Deleted samples of one series. */
export interface SeriesDeletion {
  readonly series: SeriesId;
  readonly from: number; // Millis, both inclusive.
  readonly to: number;
}

/** Columns of one table that follow each other. */
interface ColumnRun {
  readonly table: TableId;
  readonly first: number;
  count: number;
}

/** Finds what of a head is not defined yet and writes it. */
export class DefinitionWriter {
  readonly #head: Head;
  #symbols = 0; // How many are defined.
  #pairs = 0;
  #series = 0;
  #tables: TableId[] = [];
  #columns: ColumnRun[] = [];
  #deletions: SeriesDeletion[] = [];

  constructor(head: Head) {
    this.#head = head;
  }

  addTable(table: TableId): void {
    this.#tables.push(table);
  }

  addColumn(table: TableId, column: ColumnId): void {
    const last = this.#columns.at(-1);
    if (last?.table === table && last.first + last.count === column) last.count++;
    else this.#columns.push({ table, first: column, count: 1 });
  }

  addDeletion(deletion: SeriesDeletion): void {
    this.#deletions.push(deletion);
  }

  /** Takes all that is there as defined, as after a replay. */
  skipAll(): void {
    const { index } = this.#head;
    this.#symbols = index.symbols.count;
    this.#pairs = index.pairs.count;
    this.#series = index.count;
    this.#tables = [];
    this.#columns = [];
    this.#deletions = [];
  }

  /**
   * Takes nothing as defined and appends all that is in use, in steps of a millisecond or so. What is added between the
   * steps may come twice; what is added after the last one is left to `write`.
   */
  *rewrite(out: ByteWriter): Generator<void> {
    this.skipAll();
    this.#symbols = 0;
    this.#pairs = 0;
    this.#series = 0;
    const { index, tables } = this.#head;
    for (; this.#symbols < index.symbols.count; yield) this.#writeSymbols(out);
    for (; this.#pairs < index.pairs.count; yield) this.#writePairs(out);
    for (; this.#series < index.count; yield) this.#writeSeries(out);
    let written = 0;
    for (let id = 0; id < tables.tableCount; id++) {
      const table = tableId(id);
      written += 1 + tables.columnCounts[table]!;
      this.#addAll(table);
      if (written < STEP_SIZE) continue;
      written = 0;
      this.write(out);
      yield;
    }
  }

  #addAll(table: TableId): void {
    const { tables } = this.#head;
    const columns = tables.columnCounts[table]!;
    if (columns > 0 || this.#head.keyOf(table) !== undefined) this.#tables.push(table);
    for (let c = 0; c < columns; c++) {
      const column = columnId(c);
      if (tables.seriesOf(table, column) !== NO_SERIES) this.addColumn(table, column);
    }
  }

  /** Appends what was added since the last call. */
  write(out: ByteWriter): void {
    const { index } = this.#head;
    while (this.#symbols < index.symbols.count) this.#writeSymbols(out);
    while (this.#pairs < index.pairs.count) this.#writePairs(out);
    while (this.#series < index.count) this.#writeSeries(out);
    this.#writeTables(out);
    this.#writeColumns(out);
    if (this.#deletions.length === 0) return;
    out.u8(DELETIONS);
    out.varint(this.#deletions.length);
    for (const { series, from, to } of this.#deletions) {
      out.varint(series);
      out.zigzag(from);
      out.zigzag(to);
    }
    this.#deletions = [];
  }

  #writeSymbols(out: ByteWriter): void {
    const { symbols } = this.#head.index;
    const end = open(SYMBOLS, this.#symbols, symbols.count, out);
    for (; this.#symbols < end; this.#symbols++) out.text(symbols.text(this.#symbols));
  }

  #writePairs(out: ByteWriter): void {
    const { pairs } = this.#head.index;
    const end = open(PAIRS, this.#pairs, pairs.count, out);
    for (; this.#pairs < end; this.#pairs++) {
      out.varint(pairs.nameOf(this.#pairs));
      out.varint(pairs.valueOf(this.#pairs));
    }
  }

  #writeSeries(out: ByteWriter): void {
    const { index } = this.#head;
    const end = open(SERIES, this.#series, index.count, out);
    for (; this.#series < end; this.#series++) {
      const series = seriesId(this.#series);
      const length = index.labelCount(series);
      out.varint(length);
      for (let i = 0; i < length; i++) out.varint(index.pairAt(series, i));
    }
  }

  #writeTables(out: ByteWriter): void {
    for (const table of this.#tables) {
      const key = this.#head.keyOf(table);
      out.u8(TABLE);
      out.varint(table);
      out.u8(key === undefined ? 0 : 1);
      if (key !== undefined) out.text(key);
    }
    this.#tables = [];
  }

  #writeColumns(out: ByteWriter): void {
    const { tables } = this.#head;
    for (const { table, first, count } of this.#columns) {
      out.u8(COLUMNS);
      out.varint(table);
      out.varint(first);
      out.varint(count);
      let before = 0;
      for (let column = first; column < first + count; column++) {
        const series = tables.seriesOf(table, columnId(column));
        out.zigzag(series - before);
        before = series;
      }
    }
    this.#columns = [];
  }
}

// Begins a section of at most a step. Returns its end.
function open(kind: number, first: number, count: number, out: ByteWriter): number {
  const end = Math.min(count, first + STEP_SIZE);
  out.u8(kind);
  out.varint(first);
  out.varint(end - first);
  return end;
}

/** Reads definitions back into an empty head. */
export class DefinitionReader {
  readonly #head: Head;
  readonly deletions: SeriesDeletion[] = [];
  // What was lost leaves a gap in the numbers, so that those in the log may differ from those in the head.
  readonly #symbolIds: number[] = [];
  readonly #pairIds: number[] = [];
  readonly #seriesIds: number[] = [];
  #pairScratch = new Uint32Array(64);

  constructor(head: Head) {
    this.#head = head;
  }

  /**
   * Adds the definitions of one blob.
   * @throws MalformedBytesError when the bytes are no definitions; those before the bad section are added.
   */
  read(bytes: Uint8Array): void {
    const reader = new ByteReader(bytes);
    while (reader.left > 0) {
      const kind = reader.u8();
      switch (kind) {
        case SYMBOLS:
          this.#readSymbols(reader);
          break;
        case PAIRS:
          this.#readPairs(reader);
          break;
        case SERIES:
          this.#readSeries(reader);
          break;
        case TABLE:
          this.#readTable(reader);
          break;
        case COLUMNS:
          this.#readColumns(reader);
          break;
        case DELETIONS:
          this.#readDeletions(reader);
          break;
        default:
          throw new MalformedBytesError(`unknown kind ${kind} of definitions at byte ${reader.position - 1}`);
      }
    }
  }

  #readSymbols(reader: ByteReader): void {
    const first = reader.varint();
    const end = first + reader.varint();
    for (let id = first; id < end; id++) this.#symbolIds[id] = this.#head.index.symbols.intern(reader.text());
  }

  #readPairs(reader: ByteReader): void {
    const first = reader.varint();
    const end = first + reader.varint();
    for (let id = first; id < end; id++) {
      const name = this.#symbolIds[reader.varint()];
      const value = this.#symbolIds[reader.varint()];
      if (name === undefined || value === undefined) continue;
      this.#pairIds[id] = this.#head.index.pairs.intern({ name, value });
    }
  }

  #readSeries(reader: ByteReader): void {
    const first = reader.varint();
    const count = reader.varint();
    if (count > reader.left) throw new MalformedBytesError(`section promises ${count} series`);
    const end = first + count;
    this.#head.index.reserve(this.#head.index.count + count);
    for (let id = first; id < end; id++) {
      const length = reader.varint();
      if (length > reader.left) throw new MalformedBytesError(`series ${id} promises ${length} labels`);
      if (length > this.#pairScratch.length) this.#pairScratch = new Uint32Array(2 * length);
      let isWhole = true;
      for (let i = 0; i < length; i++) {
        const pair = this.#pairIds[reader.varint()];
        if (pair === undefined) isWhole = false;
        else this.#pairScratch[i] = pair;
      }
      if (isWhole) this.#seriesIds[id] = this.#head.index.internPairs(this.#pairScratch, length);
    }
  }

  #readTable(reader: ByteReader): void {
    const table = tableId(reader.varint());
    // Numbers are dense, so a large one is damage that the checksum did not find.
    if (table > this.#head.tables.tableCount + TABLES_LOST_MAX) {
      throw new MalformedBytesError(`table ${table} follows table ${this.#head.tables.tableCount - 1}`);
    }
    this.#head.restoreTable(table, reader.u8() === 0 ? undefined : reader.text());
  }

  #readColumns(reader: ByteReader): void {
    const table = tableId(reader.varint());
    const first = reader.varint();
    const end = first + reader.varint();
    const isKnown = table < this.#head.tables.tableCount;
    let logged = 0;
    for (let column = first; column < end; column++) {
      logged += reader.zigzag();
      const series = this.#seriesIds[logged];
      if (!isKnown) continue;
      const known = series === undefined ? undefined : seriesId(series);
      this.#head.restoreColumn(table, columnId(column), known);
    }
  }

  #readDeletions(reader: ByteReader): void {
    const count = reader.varint();
    for (let i = 0; i < count; i++) {
      const series = this.#seriesIds[reader.varint()];
      const from = reader.zigzag();
      const to = reader.zigzag();
      if (series !== undefined) this.deletions.push({ series: seriesId(series), from, to });
    }
  }

  /** Whether the head's numbers are those in the log; otherwise all definitions have to be written anew. */
  isExact(): boolean {
    const { index } = this.#head;
    return (
      this.#symbolIds.length === index.symbols.count &&
      this.#pairIds.length === index.pairs.count &&
      this.#seriesIds.length === index.count
    );
  }
}

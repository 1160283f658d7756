// The newest, still writable part of the store: series, tables and which series has columns in which tables. All
// changes to samples go through `appendRow`, `fillRow` and `putHistogram`, which tell the log first.

import { bitsOf, columnId, fillAbsent, isAbsentAt, storedHint } from "../../model/index.ts";
import type { ColumnId, Histogram, Labels, SeriesId } from "../../model/index.ts";
import type { Exemplar, ExemplarOutcome, StoreTuning } from "../../storage/index.ts";
import { ChangeTimes } from "../changes.ts";
import { ExemplarStore } from "../exemplars/exemplar-store.ts";
import { SeriesIndex } from "../index/series-index.ts";
import { LateStore, type LateBatch, type LateLog } from "../late/late-store.ts";
import { createFoundSample, findNewest, type FoundSample } from "../table/newest.ts";
import { putHistogram } from "../table/histograms.ts";
import { histogramAt } from "../table/rows.ts";
import { attachHistograms, newestSealTimes, sealTile } from "../table/seal.ts";
import type { SelectionGate } from "../table/selection-gate.ts";
import type { TableId } from "../table/table-id.ts";
import { NO_SERIES, Tables, type ColumnRange } from "../table/tables.ts";
import { HeadBudget } from "./budget.ts";
import { SeriesColumns } from "./series-columns.ts";

/** One change of a table's rows. The arrays are valid during the call only. */
export interface RowChange {
  readonly table: TableId;
  readonly time: number; // Millis.
  /** Row of the tile that gets more samples; -1: a new row. */
  readonly openRow: number;
  /** Whether the tile is sealed before a new row. */
  readonly seals: boolean;
  /** Cell `c` is column `c`, for the columns of `cells`; absent ones change nothing. */
  readonly bits: Uint32Array;
  readonly cells: ColumnRange;
}

/** What hears of each change of rows before it is made, and of all others at once. */
export interface ChangeLog extends LateLog {
  row(change: RowChange): void;
  /** The histogram of a cell that the last `row` call set to 0. */
  histogram(column: ColumnId, histogram: Histogram): void;
  /** The newest seal of a table, which was just made. */
  seal(table: TableId): void;
  /** A table that was just made. */
  table(table: TableId): void;
  /** A column that was just added. */
  column(table: TableId, column: ColumnId): void;
}

// Flags of a table.
const SHARED = 1; // A series of it has another column elsewhere.
const HAS_RETIRED = 2; // A series of it may be left out of look-ups.

export interface HeadOptions {
  /** Length of a block; samples older than half of it before the newest are out of bounds (TSDB-3). */
  readonly blockRangeMs: number;
  readonly tuning?: StoreTuning;
}

export class Head {
  readonly tables: Tables = new Tables();
  readonly columns: SeriesColumns = new SeriesColumns();
  /** Samples out of order, in tables without rows. */
  readonly late: LateStore = new LateStore(this);
  readonly exemplars: ExemplarStore;
  /** Which answers still hold. */
  readonly changes: ChangeTimes = new ChangeTimes();
  readonly blockRangeMs: number;
  /** Which new series are taken; all of them until a store says otherwise. */
  budget: HeadBudget = HeadBudget.unlimited();
  minTime: number = Infinity; // Millis of the oldest sample, or earlier.
  maxTime: number = -Infinity; // Millis of the newest sample.
  floor: number = -Infinity; // Millis; older samples are refused, since a block holds that time.
  /** How much older than the newest sample a late one may be, in ms; 0: none is taken (TSDB-4). */
  outOfOrderWindowMs: number;
  floatsAppended = 0;
  histogramsAppended = 0;
  sealedSegments = 0;
  /** Series that were left out when the others were renumbered. */
  seriesForgotten = 0;
  #index = new SeriesIndex();
  #log: ChangeLog | undefined;
  readonly #keys: (string | undefined)[] = []; // One a table; undefined: rows from loose samples.
  readonly #tableOfKey = new Map<string, TableId>();
  readonly #freeTables: TableId[] = [];
  #flags = new Uint8Array(64); // One a table.
  #row = new Float64Array(256);
  #rowBits: Uint32Array = bitsOf(this.#row);
  readonly #probe: FoundSample = createFoundSample();

  constructor(options: HeadOptions) {
    const { blockRangeMs, tuning } = options;
    this.blockRangeMs = blockRangeMs;
    this.outOfOrderWindowMs = tuning?.outOfOrderWindowMs ?? 0;
    this.exemplars = new ExemplarStore({ exemplarsMax: tuning?.exemplarsMax ?? 0, windowMs: blockRangeMs });
  }

  get index(): SeriesIndex {
    return this.#index;
  }

  /** Puts `index`, in which series `id` has number `newIds[id]` (-1: it is gone), in the place of the old one. */
  renumberSeries(index: SeriesIndex, newIds: Int32Array): void {
    this.seriesForgotten += this.#index.count - index.count;
    this.#index = index;
    this.columns.renumber(newIds);
    this.tables.renumberSeries(newIds);
  }

  /** Who reads what the head holds: what he may know of stays. Series keep their numbers while anybody reads. */
  get gate(): SelectionGate {
    return this.tables.gate;
  }

  /** Columns of the tables that have rows in their tile. */
  openColumns(): number {
    let columns = 0;
    for (let id = 0; id < this.tables.tableCount; id++) {
      if (this.tables.openRows[id]! > 0) columns += this.tables.columnCounts[id]!;
    }
    return columns;
  }

  /** Whom to tell of changes from now on. */
  set log(log: ChangeLog | undefined) {
    this.#log = log;
    this.late.log = log;
    this.exemplars.log = log;
  }

  /** The earliest time that is taken. */
  lowerBound(): number {
    return Math.max(this.floor, this.maxTime - this.blockRangeMs / 2);
  }

  /** The table with this key, made when there is none. */
  tableOfKey(key: string): TableId {
    return this.#tableOfKey.get(key) ?? this.createTable(key);
  }

  /** A new table; without a key it is for loose samples. */
  createTable(key: string | undefined): TableId {
    const table = this.#freeTables.pop() ?? this.tables.create();
    this.#name(table, key);
    this.#log?.table(table);
    return table;
  }

  /** A table that the log names, empty. Tables that it says nothing about come before it where some were lost. */
  restoreTable(table: TableId, key: string | undefined): void {
    while (this.tables.tableCount <= table) this.#name(this.tables.create(), undefined);
    this.#forget(table);
    this.#name(table, key);
  }

  #name(table: TableId, key: string | undefined): void {
    this.#keys[table] = key;
    if (key !== undefined) this.#tableOfKey.set(key, table);
    if (table >= this.#flags.length) {
      const flags = new Uint8Array(2 * this.#flags.length);
      flags.set(this.#flags);
      this.#flags = flags;
    }
    this.#flags[table] = 0;
  }

  /** Drops a table that holds no rows; its number may be given to another one. */
  removeTable(table: TableId): void {
    this.#forget(table);
    this.#freeTables.push(table);
  }

  #forget(table: TableId): void {
    for (let c = 0; c < this.tables.columnCounts[table]!; c++) {
      const series = this.tables.seriesOf(table, columnId(c));
      if (series !== NO_SERIES) this.columns.remove(series, table);
    }
    this.tables.dropColumns(table);
    const key = this.#keys[table];
    if (key !== undefined) this.#tableOfKey.delete(key);
    this.#keys[table] = undefined;
  }

  /** Takes a column that holds no sample away from its series. */
  removeColumn(table: TableId, column: ColumnId): void {
    this.columns.remove(this.tables.seriesOf(table, column), table);
    this.tables.freeColumn(table, column);
  }

  /** Key of a table, or undefined for one of loose samples. */
  keyOf(table: TableId): string | undefined {
    return this.#keys[table];
  }

  /** The series' column in a table, made when there is none. */
  columnOf(table: TableId, series: SeriesId): ColumnId {
    const piece = this.columns.find(series, table);
    return piece === 0 ? this.addColumn(table, series) : this.columns.columnOf(piece);
  }

  hasColumn(table: TableId, column: number): boolean {
    if (table >= this.tables.tableCount || column >= this.tables.columnCounts[table]!) return false;
    return this.tables.seriesOf(table, columnId(column)) !== NO_SERIES;
  }

  /** The series of each column of a table, NO_SERIES for those that nobody uses. */
  seriesOfColumns(table: TableId): Uint32Array {
    const count = this.tables.columnCounts[table]!;
    return Uint32Array.from({ length: count }, (_, c) => this.tables.seriesOf(table, columnId(c)));
  }

  /** A further column; the series must not have one in this table yet. */
  addColumn(table: TableId, series: SeriesId): ColumnId {
    const column = this.tables.addColumn(table, series);
    this.columns.add(series, table, column);
    this.#index.revive(series);
    this.#log?.column(table, column);
    this.#flagShared(series);
    return column;
  }

  #flagShared(series: SeriesId): void {
    let piece = this.columns.first(series);
    if (this.columns.next(piece) === 0) return;
    for (; piece !== 0; piece = this.columns.next(piece)) this.#flag(this.columns.tableOf(piece), SHARED);
  }

  #flag(table: TableId, flag: number): void {
    this.#flags[table] = this.#flags[table]! | flag;
  }

  /** Gives a column that the log names to a series; undefined: the series was lost. */
  restoreColumn(table: TableId, column: ColumnId, series: SeriesId | undefined): void {
    while (this.tables.columnCounts[table]! <= column) this.tables.addColumn(table, NO_SERIES);
    const before = this.tables.seriesOf(table, column);
    if (before !== NO_SERIES) this.columns.remove(before, table);
    this.tables.setSeries(table, column, NO_SERIES);
    if (series === undefined) return;
    // The series may have had another column, which was freed before it got this one.
    const piece = this.columns.find(series, table);
    if (piece !== 0) {
      this.tables.setSeries(table, this.columns.columnOf(piece), NO_SERIES);
      this.columns.remove(series, table);
    }
    this.tables.setSeries(table, column, series);
    this.columns.add(series, table, column);
    this.#flagShared(series);
  }

  /** Series with this label set, alive from now on. */
  series(labels: Labels): SeriesId {
    return this.#index.intern(labels);
  }

  /** Whether a series of the table may have newer samples elsewhere. */
  isShared(table: TableId): boolean {
    return (this.#flags[table]! & SHARED) !== 0;
  }

  /** Leaves a series without samples out of look-ups; a table that goes on with it makes it alive again. */
  retire(series: SeriesId): void {
    this.#index.remove(series);
    for (let piece = this.columns.first(series); piece !== 0; piece = this.columns.next(piece)) {
      this.#flag(this.columns.tableOf(piece), HAS_RETIRED);
    }
  }

  // Samples may come for columns whose series were retired.
  #revive(table: TableId, bits: Uint32Array, cells: ColumnRange): void {
    for (let c = cells.from; c < cells.to; c++) {
      if (!isAbsentAt(bits, c)) this.#index.revive(this.tables.seriesOf(table, columnId(c)));
    }
  }

  /** Finds the newest sample of a series; the table it is in, or undefined when there is none. */
  newestSample(series: SeriesId, found: FoundSample): { table: TableId; column: ColumnId } | undefined {
    found.time = -Infinity;
    let place: { table: TableId; column: ColumnId } | undefined;
    for (let piece = this.columns.first(series); piece !== 0; piece = this.columns.next(piece)) {
      const table = this.columns.tableOf(piece);
      if (this.tables.lastTimes[table]! <= found.time) continue;
      const column = this.columns.columnOf(piece);
      findNewest(this.tables, table, column, this.#probe);
      if (this.#probe.time <= found.time) continue;
      found.time = this.#probe.time;
      found.row = this.#probe.row;
      found.bits.set(this.#probe.bits);
      place = { table, column };
    }
    return place;
  }

  /** Words of a row with at least `count` cells, for whoever puts a row together; valid until the next call. */
  rowScratch(count: number): Uint32Array {
    if (count > this.#row.length) {
      this.#row = new Float64Array(Math.max(count, 2 * this.#row.length));
      this.#rowBits = bitsOf(this.#row);
    }
    return this.#rowBits;
  }

  /**
   * Appends a row above the table's newest. Cells outside the range are absent; a histogram's cell holds 0.
   * Adds columns of loose tables that hardly fill their rows to `sparse`.
   */
  appendRow(change: Omit<RowChange, "openRow" | "seals">, sparse?: ColumnId[]): void {
    const { table, time, bits, cells } = change;
    const seals = this.tables.isFull(table);
    if ((this.#flags[table]! & HAS_RETIRED) !== 0) this.#revive(table, bits, cells);
    if (seals) {
      this.#seal(table, sparse);
      this.#log?.seal(table);
    }
    this.#log?.row({ table, time, openRow: -1, seals, bits, cells });
    this.floatsAppended += this.tables.append(table, time, bits, cells);
    this.#stretch(time);
  }

  /** Seals what is in the tile, if anything is; the log is not told. */
  sealRest(table: TableId): void {
    if (this.tables.openRows[table]! > 0) this.#seal(table, undefined);
  }

  /** Counts a seal that the tables have got from the log, and adds the histograms of its rows. */
  noteSeal(
    table: TableId,
    span: { readonly first: number; readonly last: number },
    histograms: readonly {
      readonly time: number;
      readonly column: ColumnId;
      readonly histogram: Histogram;
    }[],
  ): void {
    this.sealedSegments += this.tables.columnCounts[table]!;
    this.#stretch(span.first);
    this.#stretch(span.last);
    if (histograms.length === 0) return;
    const times = newestSealTimes(this.tables, table);
    const sealed = histograms
      .map(({ time, column, histogram }) => ({ column, row: times.indexOf(time), histogram }))
      .filter(({ row }) => row >= 0);
    attachHistograms(
      this.tables,
      table,
      sealed.toSorted((a, b) => a.column - b.column || a.row - b.row),
    );
  }

  /** Appends a row that the log holds: the tile is sealed where it was sealed then. */
  restoreRow(change: Omit<RowChange, "openRow" | "seals">, seals: boolean): void {
    const { table, time, bits, cells } = change;
    if (seals) this.sealRest(table);
    this.floatsAppended += this.tables.append(table, time, bits, cells);
    this.#stretch(time);
  }

  #seal(table: TableId, sparse: ColumnId[] | undefined): void {
    const rows = this.tables.openRows[table]!;
    this.sealedSegments += this.tables.columnCounts[table]!;
    const wanted = sparse === undefined || rows < 8 ? undefined : { below: rows / 4, columns: sparse };
    sealTile(this.tables, table, wanted);
  }

  /** Adds samples to cells of a row of the tile that were absent. */
  fillRow(change: Omit<RowChange, "seals">): void {
    const { table, openRow, bits, cells } = change;
    if ((this.#flags[table]! & HAS_RETIRED) !== 0) this.#revive(table, bits, cells);
    this.#log?.row({ ...change, seals: false });
    this.floatsAppended += this.tables.fill(table, openRow, bits, cells);
    this.#stretch(change.time);
  }

  /**
   * Makes a cell that the last row change set to 0 a histogram; `openRow` is the row it changed. Its hint becomes what
   * the row before tells; of histograms apart nothing is told.
   */
  putHistogram(table: TableId, openRow: number, column: ColumnId, histogram: Histogram): void {
    const row = this.tables.sealedRows[table]! + openRow;
    const previous = histogramAt(this.tables, table, column, row - 1);
    const stored = { ...histogram, resetHint: storedHint(histogram, previous) };
    this.#log?.histogram(column, stored);
    this.restoreHistogram(table, openRow, column, stored);
  }

  /** Like `putHistogram` with one that the log holds, whose hint is made already. */
  restoreHistogram(table: TableId, openRow: number, column: ColumnId, histogram: Histogram): void {
    putHistogram(this.tables, table, column, this.tables.sealedRows[table]! + openRow, histogram);
    this.floatsAppended--;
    this.histogramsAppended++;
  }

  /** Takes samples that are not above what their series has. */
  addLate(batches: readonly LateBatch[]): void {
    let oldest = Infinity;
    for (const { times, histograms } of batches) {
      for (let i = 0; i < times.length; i++) oldest = Math.min(oldest, times[i]!);
      this.floatsAppended += times.length;
      if (histograms === undefined) continue;
      for (const histogram of histograms) {
        if (histogram === undefined) continue;
        this.floatsAppended--;
        this.histogramsAppended++;
      }
    }
    if (oldest < Infinity) this.changes.note(oldest);
    this.late.add(batches);
  }

  /** Takes exemplars of one series; undefined: none are kept. */
  addExemplars(labels: Labels, exemplars: readonly Exemplar[]): ExemplarOutcome | undefined {
    const context = { lateMs: this.outOfOrderWindowMs, headMs: this.maxTime };
    return this.exemplars.add(labels, exemplars, context);
  }

  /** Takes what may change while the store runs. */
  configure({ outOfOrderWindowMs, exemplarsMax }: StoreTuning): void {
    if (outOfOrderWindowMs !== undefined) this.outOfOrderWindowMs = outOfOrderWindowMs;
    if (exemplarsMax !== undefined) this.exemplars.resize(exemplarsMax);
  }

  #stretch(time: number): void {
    this.changes.note(time);
    if (time < this.minTime) this.minTime = time;
    if (time > this.maxTime) this.maxTime = time;
  }
}

/** First and last cell that hold a sample; `from === to` when none does. */
export function presentRange(bits: Uint32Array, count: number): ColumnRange {
  let from = 0;
  while (from < count && isAbsentAt(bits, from)) from++;
  let to = count;
  while (to > from && isAbsentAt(bits, to - 1)) to--;
  return { from, to };
}

/** Copies `count` cells and marks those from there to `room` absent. */
export function copyCells(from: Uint32Array, to: Uint32Array, count: number, room: number): void {
  to.set(from.subarray(0, 2 * count));
  fillAbsent(to, count, room);
}

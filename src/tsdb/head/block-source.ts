// A stretch of the head's time as a block takes it in.

import { millis, seriesId, type ColumnId, type SeriesId } from "../../model/index.ts";
import type { BlockColumn, BlockSource } from "../block/index.ts";
import { HeadRuns } from "../query/head-runs.ts";
import { createRun, dropRanges, mergeRuns, type Run, type TimeRange } from "../query/run.ts";
import { createCellBuffer, readColumn, readHistograms, rowsBetween, type RowStretch } from "../table/rows.ts";
import { tableId, type TableId } from "../table/table-id.ts";
import type { TableRows } from "../table/table-rows.ts";
import { labelSymbolsOf, type SeriesLabels } from "./series-labels.ts";
import type { SeriesPieces } from "./series-columns.ts";

// Times of this many tables are kept decoded, since series come ordered by name and not by table.
const STRETCHES_MAX = 4096;

/** Millis; `[from, to)`. */
export interface HeadStretch {
  readonly from: number;
  readonly to: number;
}

/** What a block is written of: a copy of a head (head/head-copy.ts), which does not change. */
export interface HeadReading {
  readonly index: SeriesLabels & { readonly count: number };
  readonly columns: SeriesPieces;
  readonly tables: TableRows;
}

/** All samples of the stretch that are not deleted. Arrays are valid until the next call. */
export function headBlockSource(
  head: HeadReading,
  range: HeadStretch,
  deleted: ReadonlyMap<number, readonly TimeRange[]>,
): BlockSource {
  const { index } = head;
  const stretches = new Stretches(head, range);
  const reader = new ColumnReader(head, range, stretches, deleted);
  return {
    from: millis(range.from),
    to: millis(range.to),
    seriesCount: index.count,
    symbolCount: index.symbols.count,
    symbol: (id) => index.symbols.text(id),
    labelsMax: index.labelsMax,
    labelSymbols: (series, into) => labelSymbolsOf(index, seriesId(series), into),
    timelineCount: head.tables.tableCount,
    timeline(table) {
      const { times, count } = stretches.of(tableId(table));
      return times.subarray(0, count);
    },
    read: (series, into) => reader.read(seriesId(series), into),
  };
}

class ColumnReader {
  readonly #head: HeadReading;
  readonly #stretches: Stretches;
  readonly #deleted: ReadonlyMap<number, readonly TimeRange[]>;
  readonly #runs: HeadRuns;
  readonly #merged = createRun();
  readonly #parts: Run[] = [];
  #cells = createCellBuffer(0);

  constructor(
    head: HeadReading,
    range: HeadStretch,
    stretches: Stretches,
    deleted: ReadonlyMap<number, readonly TimeRange[]>,
  ) {
    this.#head = head;
    this.#stretches = stretches;
    this.#deleted = deleted;
    this.#runs = new HeadRuns(head.tables, { from: range.from, to: range.to - 1 }, () => -1);
  }

  read(series: SeriesId, into: BlockColumn): void {
    const { columns } = this.#head;
    const piece = columns.first(series);
    into.count = 0;
    into.histograms = undefined;
    if (piece === 0) return;
    if (columns.next(piece) === 0 && !this.#deleted.has(series)) {
      this.#readShared(columns.tableOf(piece), columns.columnOf(piece), into);
    } else this.#readMerged(series, into);
  }

  // Most series: one column, nothing deleted. It shares the table's times, gaps and all.
  #readShared(table: TableId, column: ColumnId, into: BlockColumn): void {
    const { tables } = this.#head;
    const stretch = this.#stretches.of(table);
    into.count = stretch.count;
    if (stretch.count === 0) return;
    if (this.#cells.values.length < stretch.count) this.#cells = createCellBuffer(2 * stretch.count);
    readColumn(tables, stretch, column, this.#cells);
    into.timeline = table;
    into.values = this.#cells.values;
    into.histograms = readHistograms(tables, stretch, column);
  }

  #readMerged(series: SeriesId, into: BlockColumn): void {
    const { columns } = this.#head;
    let used = 0;
    for (let piece = columns.first(series); piece !== 0; piece = columns.next(piece)) {
      const run = (this.#parts[used] ??= createRun());
      const table = columns.tableOf(piece);
      this.#runs.read(table, columns.columnOf(piece), run);
      dropRanges(run, this.#deleted.get(series) ?? []);
      if (run.count > 0) used++;
    }
    const runs = this.#parts.slice(0, used);
    if (used > 1) mergeRuns(runs, this.#merged);
    const run = used === 1 ? runs[0]! : this.#merged;
    if (used === 0) return;
    into.timeline = -1;
    into.count = run.count;
    into.times = run.times;
    into.values = run.values;
    into.histograms = run.histograms;
  }
}

class Stretches {
  readonly #head: HeadReading;
  readonly #range: HeadStretch;
  readonly #kept = new Map<TableId, RowStretch>();

  constructor(head: HeadReading, range: HeadStretch) {
    this.#head = head;
    this.#range = range;
  }

  of(table: TableId): RowStretch {
    const known = this.#kept.get(table);
    if (known !== undefined) return known;
    const { from, to } = this.#range;
    const stretch = rowsBetween(this.#head.tables, table, { from, to: to - 1 });
    // The oldest entry goes; a map keeps the order of insertion.
    if (this.#kept.size === STRETCHES_MAX) {
      for (const oldest of this.#kept.keys()) {
        this.#kept.delete(oldest);
        break;
      }
    }
    this.#kept.set(table, stretch);
    return stretch;
  }
}

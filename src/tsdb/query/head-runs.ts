// Runs out of the head: columns of tables, clipped to a range and to the rows that were there when a selection began.

import { bitsOf, type ColumnId, type Histogram } from "../../model/index.ts";
import { readColumn, readHistograms, rowsBetween, type RowStretch } from "../table/rows.ts";
import type { TableId } from "../table/table-id.ts";
import type { TableRows } from "../table/table-rows.ts";
import { compactPresent, HAS_ABSENT, HAS_STALE, scanMarkers } from "./column-scan.kernel.ts";
import { reserveTimes, reserveValues, type Run } from "./run.ts";

interface TableView {
  readonly stretch: RowStretch;
  readonly timeline: number;
}

/** Reads columns of head tables for one selection. */
export class HeadRuns {
  readonly #tables: TableRows;
  readonly #range: { readonly from: number; readonly to: number };
  readonly #views = new Map<TableId, TableView>();
  readonly #nextTimeline: () => number;

  /** Sees samples in the closed range; `tables` must not change. `nextTimeline` gives a number that the selection has not used. */
  constructor(
    tables: TableRows,
    range: { readonly from: number; readonly to: number },
    nextTimeline: () => number,
  ) {
    this.#tables = tables;
    this.#range = range;
    this.#nextTimeline = nextTimeline;
  }

  /** Fills `run` with the samples of one column of a table; count 0 when there are none. */
  read(table: TableId, column: ColumnId, run: Run): void {
    const { stretch, timeline } = this.#viewOf(table);
    const { count } = stretch;
    run.count = count;
    run.histograms = undefined;
    run.hasStale = false;
    if (count === 0) return;
    const own = reserveValues(run, count);
    readColumn(this.#tables, stretch, column, own);
    const { values, bits } = own;
    const flags = scanMarkers(bits, 0, count);
    run.values = values;
    run.times = stretch.times;
    run.timeline = timeline;
    run.hasStale = (flags & HAS_STALE) !== 0;
    const histograms = readHistograms(this.#tables, stretch, column);
    if (histograms !== undefined) {
      run.histograms = histograms;
      run.hasStale ||= histograms.some((histogram) => histogram?.stale === true);
    }
    if ((flags & HAS_ABSENT) === 0) return;
    if (histograms !== undefined) run.histograms = keepPresent(histograms, values);
    const times = reserveTimes(run, count);
    run.count = compactPresent(bits, count, bitsOf(stretch.times), bitsOf(times));
    run.times = times;
    run.timeline = -1;
  }

  #viewOf(table: TableId): TableView {
    const known = this.#views.get(table);
    if (known !== undefined) return known;
    const { from, to } = this.#range;
    const stretch = rowsBetween(this.#tables, table, { from, to });
    const view = { stretch, timeline: this.#nextTimeline() };
    this.#views.set(table, view);
    return view;
  }
}

function keepPresent(
  histograms: readonly (Histogram | undefined)[],
  values: Float64Array,
): (Histogram | undefined)[] {
  const bits = bitsOf(values);
  return histograms.filter((_, i) => scanMarkers(bits, i, i + 1) !== HAS_ABSENT);
}

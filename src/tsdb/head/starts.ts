// Zeros at the start times of counters, histograms and summaries, so that what they counted before the first scrape
// shows in a rate. Senders repeat the start with every sample.

import { createHistogram, type ColumnId, type Histogram } from "../../model/index.ts";
import type { Row } from "../../storage/index.ts";

/** Zeros that share a time. */
export interface StartRow {
  readonly time: number; // Millis.
  readonly columns: readonly ColumnId[];
  /** Empty histograms of columns that are not floats. */
  readonly histograms: ReadonlyMap<ColumnId, Histogram>;
}

/** Remembers which starts of a table were dealt with. */
export class StartTimes {
  #times = new Float64Array(0); // Of each column, ms; NaN: none yet.

  /** A column may have been given to another series. */
  forget(column: ColumnId): void {
    if (column < this.#times.length) this.#times[column] = NaN;
  }

  /**
   * The starts of a row that are new, lie before it and not before `low` (ms), and above the newest sample of their
   * series as `newestTime` has it; by time, ascending.
   */
  newIn(row: Row, low: number, newestTime: (column: ColumnId) => number): StartRow[] {
    const rows = new Map<
      number,
      { readonly time: number; readonly columns: ColumnId[]; readonly histograms: Map<ColumnId, Histogram> }
    >();
    for (const { column, time } of row.starts ?? []) {
      if (this.#isKnown(column, time) || time >= row.time || time < low) continue;
      if (newestTime(column) >= time) continue;
      const there = rows.get(time) ?? { time, columns: [], histograms: new Map<ColumnId, Histogram>() };
      rows.set(time, there);
      there.columns.push(column);
      const histogram = row.histograms?.get(column);
      if (histogram !== undefined) there.histograms.set(column, emptyLike(histogram));
    }
    return [...rows.values()].toSorted((a, b) => a.time - b.time);
  }

  #isKnown(column: ColumnId, time: number): boolean {
    if (column >= this.#times.length) {
      const times = new Float64Array(2 * column + 16).fill(NaN);
      times.set(this.#times);
      this.#times = times;
    }
    if (this.#times[column] === time) return true;
    this.#times[column] = time;
    return false;
  }
}

// A start is a reset by definition; the layout is kept, since one that changes costs space.
function emptyLike({ schema, zeroThreshold, customBounds }: Histogram): Histogram {
  return createHistogram({ schema, zeroThreshold, customBounds, resetHint: "reset" });
}

import type { Histogram } from "../../model/index.ts";
import { fillRangeRows } from "./windows.kernel.ts";

/** Which windows are asked for: at each step `(ends[s] - rangeMs, ends[s]]`, widened by what SEM-19 adds. */
export interface WindowSpec {
  readonly ends: Float64Array; // Millis; the step's time with offset and @ applied. Ascending.
  readonly rangeMs: number;
  readonly reachLeftMs: number; // How much more is looked at before the window and after it.
  readonly reachRightMs: number;
}

/**
 * Which rows of one column of times each step sees: rows `[from[s], to[s])` lie in its window, reach included.
 * Immutable, and the same object for series with the same times, so that what was derived from it can be kept.
 */
export interface RangeWindows {
  readonly rangeMs: number;
  readonly ends: Float64Array; // As in the spec.
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly rowMax: number; // The longest window's length.
  readonly rowUnion: number; // Rows that lie in any window.
}

export function computeWindows(
  times: Float64Array,
  count: number,
  { ends, rangeMs, reachLeftMs, reachRightMs }: WindowSpec,
): RangeWindows {
  const from = new Int32Array(ends.length);
  const to = new Int32Array(ends.length);
  fillRangeRows(times, count, ends, rangeMs + reachLeftMs, reachRightMs, from, to);
  let rowMax = 0;
  let rowUnion = 0;
  let next = 0;
  for (let step = 0; step < ends.length; step++) {
    rowMax = Math.max(rowMax, to[step]! - from[step]!);
    rowUnion += Math.max(0, to[step]! - Math.max(from[step]!, next));
    next = to[step]!;
  }
  return { rangeMs, ends, from, to, rowMax, rowUnion };
}

/** The histograms of one series: row `i < count` of each column is one sample. */
export interface HistogramRange {
  count: number;
  times: Float64Array; // Millis.
  items: readonly Histogram[];
  windows: RangeWindows;
}

/**
 * What a range function sees of one series: its float samples without stale markers as columns of `count` rows,
 * and the rows that each step's window covers; histogram samples apart.
 */
export interface RangeInput {
  count: number;
  times: Float64Array; // Millis, ascending.
  values: Float64Array;
  windows: RangeWindows;
  histograms: HistogramRange | undefined;
}

const NO_WINDOWS: RangeWindows = {
  rangeMs: 0,
  ends: new Float64Array(0),
  from: new Int32Array(0),
  to: new Int32Array(0),
  rowMax: 0,
  rowUnion: 0,
};

export function createRangeInput(): RangeInput {
  return {
    count: 0,
    times: new Float64Array(0),
    values: new Float64Array(0),
    windows: NO_WINDOWS,
    histograms: undefined,
  };
}

import type { Histogram, Millis } from "../model/index.ts";

/** One series' rows on their way into a block. Arrays are owned by who fills it. */
export interface InputColumn {
  /** 0 or more: row `r` has that timeline's time `r`. -1: the times are in `times`. */
  timeline: number;
  /** Rows in use; equals the timeline's length when there is one. 0: the series has no samples. */
  count: number;
  times: Float64Array; // Millis, strictly ascending; only read with timeline -1.
  values: Float64Array; // May hold stale and absent markers; not read where a histogram is.
  histograms: readonly (Histogram | undefined)[] | undefined; // One a row; undefined: all rows are floats.
}

/**
 * What becomes one block: samples of a range of time in any order of series. The store that writes blocks pulls it,
 * series by series. Must answer the same until it is closed; arrays are valid until the next call of the same method.
 */
export interface BlockInput {
  readonly from: Millis; // First time that may occur.
  readonly to: Millis; // First time that may not.
  readonly seriesCount: number; // Unique by label set.
  readonly symbolCount: number;
  symbol(id: number): string;
  readonly labelsMax: number; // Most labels that one series has.
  /** Writes symbol ids name, value, name, value … in the order of `Labels`; returns how many ids (twice the labels). */
  labelSymbols(series: number, into: Uint32Array): number;
  readonly timelineCount: number; // Every timeline's number is below this.
  /** Times of a timeline, strictly ascending, all within the range. */
  timeline(index: number): Float64Array;
  /** Called once a series. @throws ImportError when the source is damaged */
  read(series: number, into: InputColumn): void;
}

import { bitsOf, millis, type Histogram } from "../model/index.ts";
import type { BlockInput, InputColumn } from "./block-input.ts";
import type { LabelSets } from "./label-sets.ts";
import { SampleBuffer, type TimeRange } from "./sample-buffer.ts";
import { Timelines } from "./timelines.ts";

/** A range of time, `[from, to)` in ms, that becomes one block. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

// Labels that name a source of samples; series that share them mostly share their times.
const SOURCE_LABELS = new Set(["instance", "job"]);
// Rows of one window are sorted by series × this + row.
const ROWS_MAX = 2 ** 27;

/** Takes samples as they come and gives them back series by series, window by window. 24 bytes a sample. */
export class Collector {
  readonly #range: Window;
  #count = 0;
  #series: Uint32Array;
  #times: Float64Array;
  #values: Float64Array;
  #bits: Uint32Array;
  readonly #histograms = new Map<number, Histogram>(); // By row.

  /** @param range What lies outside is passed over. @param samples As many as are expected */
  constructor(range: Window, samples: number) {
    this.#range = range;
    const capacity = Math.max(16, samples);
    this.#series = new Uint32Array(capacity);
    this.#times = new Float64Array(capacity);
    this.#values = new Float64Array(capacity);
    this.#bits = bitsOf(this.#values);
  }

  get count(): number {
    return this.#count;
  }

  /** The value's bits as words, since a number may lose a NaN's. */
  addFloat(series: number, time: number, high: number, low: number): void {
    if (time < this.#range.from || time >= this.#range.to) return;
    const row = this.#row(series, time);
    this.#bits[2 * row] = low;
    this.#bits[2 * row + 1] = high;
  }

  addHistogram(series: number, time: number, histogram: Histogram): void {
    if (time < this.#range.from || time >= this.#range.to) return;
    this.#histograms.set(this.#row(series, time), histogram);
  }

  #row(series: number, time: number): number {
    if (this.#count === this.#series.length) this.#grow();
    const row = this.#count++;
    this.#series[row] = series;
    this.#times[row] = time;
    return row;
  }

  #grow(): void {
    const capacity = 2 * this.#series.length;
    const series = new Uint32Array(capacity);
    series.set(this.#series);
    const times = new Float64Array(capacity);
    times.set(this.#times);
    const bits = new Uint32Array(2 * capacity);
    bits.set(this.#bits);
    this.#series = series;
    this.#times = times;
    this.#bits = bits;
    this.#values = new Float64Array(bits.buffer);
  }

  /**
   * One input for each window that has samples. Of several samples for one series and time the first stays.
   * @param windows Ascending, without overlap.
   * @param deleted Ranges of series whose samples are left out.
   */
  *inputs(
    windows: readonly Window[],
    labels: LabelSets,
    deleted: ReadonlyMap<number, readonly TimeRange[]>,
  ): Generator<BlockInput> {
    const rows = this.#rowsByWindow(windows);
    for (let i = 0; i < windows.length; i++) {
      const own = rows.order.subarray(rows.starts[i], rows.starts[i + 1]);
      if (own.length > 0) yield this.#input(own, labels, deleted);
    }
  }

  // Rows of each window, in the order they came.
  #rowsByWindow(windows: readonly Window[]): { readonly order: Uint32Array; readonly starts: Uint32Array } {
    const starts = new Uint32Array(windows.length + 2);
    const windowOf = new Int32Array(this.#count);
    for (let row = 0; row < this.#count; row++) {
      const window = windowAt(windows, this.#times[row]!);
      windowOf[row] = window;
      // Shifted by two: the second loop moves each start on to its end.
      if (window >= 0) starts[window + 2]!++;
    }
    for (let i = 2; i < starts.length; i++) starts[i]! += starts[i - 1]!;
    const order = new Uint32Array(starts.at(-1)!);
    for (let row = 0; row < this.#count; row++) {
      const window = windowOf[row]!;
      if (window >= 0) order[starts[window + 1]!++] = row;
    }
    return { order, starts };
  }

  #input(
    rows: Uint32Array,
    labels: LabelSets,
    deleted: ReadonlyMap<number, readonly TimeRange[]>,
  ): BlockInput {
    const { sorted, series, starts } = sortBySeries(rows, this.#series);
    const samples = new SampleBuffer();
    const timelines = new Timelines();
    const symbols = new Uint32Array(2 * labels.labelsMax);
    return {
      ...this.#span(rows),
      seriesCount: series.length,
      symbolCount: labels.symbolCount,
      symbol: (id) => labels.symbol(id),
      labelsMax: labels.labelsMax,
      labelSymbols: (number, into) => labels.symbolsOf(series[number]!, into),
      timelineCount: series.length,
      timeline: () => timelines.times(),
      read: (number: number, into: InputColumn) => {
        this.#gather(sorted.subarray(starts[number], starts[number + 1]), samples);
        samples.sort();
        const ranges = deleted.get(series[number]!);
        if (ranges !== undefined) samples.drop(ranges);
        into.count = 0;
        if (samples.count === 0) return;
        const count = labels.symbolsOf(series[number]!, symbols);
        let source = "";
        for (let i = 0; i < count; i += 2) {
          if (SOURCE_LABELS.has(labels.symbol(symbols[i]!))) source += `${symbols[i + 1]!} `;
        }
        timelines.place(samples, source, into);
      },
    };
  }

  // No more than the samples: where a block ends, its store may refuse what is older.
  #span(rows: Uint32Array): Pick<BlockInput, "from" | "to"> {
    let from = Infinity;
    let to = -Infinity;
    for (const row of rows) {
      from = Math.min(from, this.#times[row]!);
      to = Math.max(to, this.#times[row]!);
    }
    return { from: millis(from), to: millis(to + 1) };
  }

  #gather(rows: Uint32Array, into: SampleBuffer): void {
    into.clear();
    into.reserve(rows.length);
    for (const row of rows) {
      const histogram = this.#histograms.get(row);
      if (histogram !== undefined) {
        into.addHistogram(this.#times[row]!, histogram);
        continue;
      }
      into.reserve(1);
      into.times[into.count] = this.#times[row]!;
      into.bits[2 * into.count] = this.#bits[2 * row]!;
      into.bits[2 * into.count + 1] = this.#bits[2 * row + 1]!;
      into.addedFloats(1);
    }
  }
}

// Index of the window that holds a time, or -1.
function windowAt(windows: readonly Window[], time: number): number {
  let low = 0;
  let high = windows.length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (windows[middle]!.from <= time) low = middle;
    else high = middle;
  }
  const { from, to } = windows[low]!;
  return time >= from && time < to ? low : -1;
}

// Rows by series, those of one series in the order they came.
function sortBySeries(
  rows: Uint32Array,
  seriesOf: Uint32Array,
): { readonly sorted: Uint32Array; readonly series: Uint32Array; readonly starts: Uint32Array } {
  const keys = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) keys[i] = seriesOf[rows[i]!]! * ROWS_MAX + i;
  keys.sort();
  const sorted = new Uint32Array(rows.length);
  const series: number[] = [];
  const starts: number[] = [];
  for (let i = 0; i < keys.length; i++) {
    const own = Math.floor(keys[i]! / ROWS_MAX);
    if (own !== series.at(-1)) {
      series.push(own);
      starts.push(i);
    }
    sorted[i] = rows[keys[i]! - own * ROWS_MAX]!;
  }
  starts.push(keys.length);
  return { sorted, series: Uint32Array.from(series), starts: Uint32Array.from(starts) };
}

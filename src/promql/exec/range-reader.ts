import { bitsOf, histogramSampleCount, isStaleAt, type Histogram } from "../../model/index.ts";
import type { SeriesSamples } from "../../storage/index.ts";
import type { EvalContext } from "./context.ts";
import {
  computeWindows,
  type HistogramRange,
  type RangeInput,
  type RangeWindows,
  type WindowSpec,
} from "./windows.ts";

/** Windows as they are written. */
export const NO_REACH: Pick<WindowSpec, "reachLeftMs" | "reachRightMs"> = { reachLeftMs: 0, reachRightMs: 0 };

/**
 * Turns the samples of one series after the other into what range functions see: windows per step, stale markers
 * gone, histograms apart. Windows are computed once for all series of a timeline.
 */
export class RangeReader {
  readonly #spec: WindowSpec;
  readonly #context: EvalContext;
  readonly #byTimeline = new Map<number, RangeWindows>();
  #counted: RangeWindows | undefined; // Whose samples are still to be counted, `#uses` times.
  #uses = 0;

  constructor(spec: WindowSpec, context: EvalContext) {
    this.#spec = spec;
    this.#context = context;
  }

  /** `into` refers to the arrays of `samples` where it can. */
  read(samples: SeriesSamples, into: RangeInput): void {
    if (samples.hasStale || samples.histograms !== undefined) {
      this.#split(samples, into);
    } else {
      into.count = samples.count;
      into.times = samples.times;
      into.values = samples.values;
      into.windows = this.#windowsOf(samples);
      into.histograms = undefined;
    }
    this.#count(into);
  }

  /** To be called after the last series. */
  flushCounts(): void {
    if (this.#counted === undefined || this.#uses === 0) return;
    this.#context.counts.addWindows(this.#counted.from, this.#counted.to, this.#uses);
    this.#uses = 0;
  }

  #windowsOf(samples: SeriesSamples): RangeWindows {
    if (samples.timeline < 0) return this.#compute(samples.times, samples.count);
    let windows = this.#byTimeline.get(samples.timeline);
    if (windows === undefined) {
      windows = this.#compute(samples.times, samples.count);
      this.#byTimeline.set(samples.timeline, windows);
    }
    return windows;
  }

  #compute(times: Float64Array, count: number): RangeWindows {
    return computeWindows(times, count, this.#spec);
  }

  #split(samples: SeriesSamples, into: RangeInput): void {
    const { count, times, values } = samples;
    const floatTimes = new Float64Array(count);
    const floatValues = new Float64Array(count);
    const histogramTimes: number[] = [];
    const items: Histogram[] = [];
    const bits = bitsOf(values);
    let kept = 0;
    for (let row = 0; row < count; row++) {
      const histogram = samples.histograms?.[row];
      if (histogram !== undefined) {
        if (histogram.stale) continue;
        histogramTimes.push(times[row]!);
        items.push(histogram);
      } else if (!isStaleAt(bits, row)) {
        floatTimes[kept] = times[row]!;
        floatValues[kept] = values[row]!;
        kept++;
      }
    }
    into.count = kept;
    into.times = floatTimes;
    into.values = floatValues;
    into.windows = this.#compute(floatTimes, kept);
    into.histograms = items.length === 0 ? undefined : this.#histograms(histogramTimes, items);
  }

  #histograms(timeList: readonly number[], items: readonly Histogram[]): HistogramRange {
    const times = Float64Array.from(timeList);
    return { count: items.length, times, items, windows: this.#compute(times, items.length) };
  }

  #count(input: RangeInput): void {
    const { budget } = this.#context;
    budget.pass(input.windows.rowMax);
    if (input.windows !== this.#counted) {
      this.flushCounts();
      this.#counted = input.windows;
    }
    this.#uses++;
    if (input.histograms !== undefined) this.#countHistograms(input.histograms);
  }

  #countHistograms({ items, windows }: HistogramRange): void {
    const { counts, budget } = this.#context;
    const sums = [0];
    for (const item of items) sums.push(sums.at(-1)! + histogramSampleCount(item));
    for (let step = 0; step < windows.from.length; step++) {
      const samples = sums[windows.to[step]!]! - sums[windows.from[step]!]!;
      budget.pass(samples);
      counts.total += samples;
      if (counts.perStep !== undefined) counts.perStep[step]! += samples;
    }
  }
}

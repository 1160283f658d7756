// A run: samples of one series from one place (a column of a head table, a block), ascending in time. Reading a
// series puts its runs together.

import { afterOther, bitsOf, type Histogram } from "../../model/index.ts";
import { createCellBuffer, type CellBuffer } from "../table/rows.ts";

/** Samples of one series from one place; reused from read to read. */
export interface Run {
  count: number;
  times: Float64Array; // Millis, strictly ascending; may belong to others, never written to.
  values: Float64Array; // No absent markers; 0 where a histogram is.
  /** Number of the timeline within the selection, or -1. Runs with equal numbers have the same times. */
  timeline: number;
  hasStale: boolean;
  histograms: (Histogram | undefined)[] | undefined;
  // The run's own memory, behind `times` and `values` unless those belong to others.
  ownTimes: Float64Array;
  own: CellBuffer;
}

const NO_CELLS = createCellBuffer(0);

export function createRun(): Run {
  const none = new Float64Array(0);
  return {
    count: 0,
    times: none,
    values: none,
    timeline: -1,
    hasStale: false,
    histograms: undefined,
    ownTimes: none,
    own: NO_CELLS,
  };
}

/** Room for `count` values in the run's own memory; what was there is lost when it has to grow. */
export function reserveValues(run: Run, count: number): CellBuffer {
  if (run.own.values.length < count) run.own = createCellBuffer(Math.max(count, 2 * run.own.values.length));
  return run.own;
}

/** Room for `count` times in the run's own memory. */
export function reserveTimes(run: Run, count: number): Float64Array {
  if (run.ownTimes.length < count) run.ownTimes = new Float64Array(Math.max(count, 2 * run.ownTimes.length));
  return run.ownTimes;
}

/** Whether each run ends before the next begins, in the order given. */
export function areDisjoint(runs: readonly Run[]): boolean {
  for (let i = 1; i < runs.length; i++) {
    const before = runs[i - 1]!;
    if (before.times[before.count - 1]! >= runs[i]!.times[0]!) return false;
  }
  return true;
}

/** Puts runs together by time into `into`; at equal times the run that comes first in `runs` counts. */
export function mergeRuns(runs: readonly Run[], into: Run): void {
  let total = 0;
  for (const run of runs) total += run.count;
  const times = reserveTimes(into, total);
  const { values, bits } = reserveValues(into, total);
  const hasHistograms = runs.some((run) => run.histograms !== undefined);
  const histograms: (Histogram | undefined)[] = [];
  const sources = runs.map((run) => ({ run, bits: bitsOf(run.values), at: 0 }));
  let count = 0;
  let last: (typeof sources)[number] | undefined;
  for (;;) {
    let best: (typeof sources)[number] | undefined;
    for (const source of sources) {
      if (source.at === source.run.count) continue;
      if (best === undefined || source.run.times[source.at]! < best.run.times[best.at]!) best = source;
    }
    if (best === undefined) break;
    const time = best.run.times[best.at]!;
    times[count] = time;
    bits[2 * count] = best.bits[2 * best.at]!;
    bits[2 * count + 1] = best.bits[2 * best.at + 1]!;
    if (hasHistograms) {
      const histogram = best.run.histograms?.[best.at];
      histograms.push(best === last ? histogram : afterOther(histogram));
    }
    last = best;
    count++;
    for (const source of sources)
      if (source.run.times[source.at] === time && source.at < source.run.count) source.at++;
  }
  into.count = count;
  into.times = times;
  into.values = values;
  into.timeline = -1;
  into.hasStale = runs.some((run) => run.hasStale);
  into.histograms = hasHistograms ? histograms : undefined;
}

/** Closed ranges of time, ascending by `from`. */
export interface TimeRange {
  readonly from: number; // Millis.
  readonly to: number;
}

/** Leaves out the samples in the ranges; the run then has times of its own, if any had to go. */
export function dropRanges(run: Run, ranges: readonly TimeRange[]): void {
  const { count, times } = run;
  const isKept = (time: number): boolean => !ranges.some((range) => time >= range.from && time <= range.to);
  let first = 0;
  while (first < count && isKept(times[first]!)) first++;
  if (first === count) return;
  const ownTimes = reserveTimes(run, count);
  if (ownTimes !== times) ownTimes.set(times.subarray(0, count));
  // The values may belong to a block.
  const source = bitsOf(run.values);
  const target = reserveValues(run, count).bits;
  if (run.values !== run.own.values) target.set(source.subarray(0, 2 * count));
  const histograms = run.histograms === undefined ? undefined : run.histograms.slice(0, first);
  let kept = first;
  let isAfterGap = false;
  for (let i = first; i < count; i++) {
    if (!isKept(ownTimes[i]!)) {
      isAfterGap = true;
      continue;
    }
    ownTimes[kept] = ownTimes[i]!;
    target[2 * kept] = target[2 * i]!;
    target[2 * kept + 1] = target[2 * i + 1]!;
    const histogram = run.histograms?.[i];
    histograms?.push(isAfterGap ? afterOther(histogram) : histogram);
    isAfterGap = false;
    kept++;
  }
  run.count = kept;
  run.times = ownTimes;
  run.values = run.own.values;
  run.timeline = -1;
  run.histograms = histograms;
}

// A run of late samples: sorted by column, then time, each time of a column once. It never changes, so that readers in
// other threads need no lock; runs of neighbouring age are merged into longer ones.
//
// | column  | unit, order                                                                                         |
// | ------- | --------------------------------------------------------------------------------------------------- |
// | columns | columns of the generation's table, ascending                                                        |
// | times   | ms, ascending within a column                                                                       |
// | values  | bits of the value; 0 where a histogram is                                                           |
// | places  | 0 for a float, else 1 + where in `histograms` its bytes begin (codec/histogram.ts); undefined: none |

import { bitsOf } from "../../model/index.ts";
import { findSample, sortSamples } from "./sort.kernel.ts";

/** Samples as parallel columns over memory that threads share. Postable. */
export interface LateRun {
  readonly count: number;
  readonly columns: Uint32Array<SharedArrayBuffer>;
  readonly times: Float64Array<SharedArrayBuffer>;
  readonly values: Float64Array<SharedArrayBuffer>;
  readonly places: Uint32Array<SharedArrayBuffer> | undefined;
  readonly histograms: Uint8Array<SharedArrayBuffer> | undefined;
}

/** Samples in the order in which they came. */
export interface UnsortedSamples {
  readonly count: number;
  readonly columns: Uint32Array;
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly places: Uint32Array | undefined;
  readonly histograms: Uint8Array | undefined;
}

/** Sorts samples into a run; of several with the same column and time the first counts. */
export function createRunOf(samples: UnsortedSamples): LateRun {
  const { count } = samples;
  const order = new Uint32Array(count);
  const spare = new Uint32Array(count);
  const isInSpare = sortSamples(
    samples.columns,
    samples.times,
    count,
    order,
    spare,
    new Uint32Array(Math.max(1, count)),
  );
  return gather(samples, isInSpare ? spare : order);
}

/** Puts two runs into one; where both have a sample, that of `older` counts. */
export function mergeLateRuns(older: LateRun, newer: LateRun): LateRun {
  const count = older.count + newer.count;
  const columns = new Uint32Array(count);
  const times = new Float64Array(count);
  const values = new Float64Array(count);
  for (const [run, at] of [
    [older, 0],
    [newer, older.count],
  ] as const) {
    columns.set(run.columns.subarray(0, run.count), at);
    times.set(run.times.subarray(0, run.count), at);
    values.set(run.values.subarray(0, run.count), at);
  }
  return createRunOf({ count, columns, times, values, ...joinHistograms(older, newer) });
}

function joinHistograms(older: LateRun, newer: LateRun): Pick<UnsortedSamples, "places" | "histograms"> {
  const none = new Uint8Array(0);
  if (older.places === undefined && newer.places === undefined) {
    return { places: undefined, histograms: undefined };
  }
  const { histograms: first = none } = older;
  const { histograms: second = none } = newer;
  const histograms = new Uint8Array(first.length + second.length);
  histograms.set(first);
  histograms.set(second, first.length);
  const places = new Uint32Array(older.count + newer.count);
  if (older.places !== undefined) places.set(older.places.subarray(0, older.count));
  for (let i = 0; newer.places !== undefined && i < newer.count; i++) {
    if (newer.places[i] !== 0) places[older.count + i] = newer.places[i]! + first.length;
  }
  return { places, histograms };
}

function gather(samples: UnsortedSamples, order: Uint32Array): LateRun {
  const { columns, times } = samples;
  let kept = 0;
  for (const i of order) {
    const before = order[kept - 1];
    if (before !== undefined && columns[before] === columns[i] && times[before] === times[i]) continue;
    order[kept++] = i;
  }
  const run = allocate(kept, samples);
  const source = bitsOf(samples.values);
  const target = new Uint32Array(run.values.buffer);
  for (let k = 0; k < kept; k++) {
    const i = order[k]!;
    run.columns[k] = columns[i]!;
    run.times[k] = times[i]!;
    target[2 * k] = source[2 * i]!;
    target[2 * k + 1] = source[2 * i + 1]!;
  }
  if (run.places !== undefined) {
    for (let k = 0; k < kept; k++) run.places[k] = samples.places![order[k]!]!;
    run.histograms!.set(samples.histograms!);
  }
  return run;
}

function allocate(count: number, { places, histograms }: UnsortedSamples): LateRun {
  return {
    count,
    columns: new Uint32Array(new SharedArrayBuffer(4 * count)),
    times: new Float64Array(new SharedArrayBuffer(8 * count)),
    values: new Float64Array(new SharedArrayBuffer(8 * count)),
    places: places === undefined ? undefined : new Uint32Array(new SharedArrayBuffer(4 * count)),
    histograms:
      histograms === undefined ? undefined : new Uint8Array(new SharedArrayBuffer(histograms.length)),
  };
}

/** The samples of one column in the closed range: indexes `[first, end)` of the run. */
export function samplesBetween(
  run: LateRun,
  column: number,
  range: { readonly from: number; readonly to: number },
): { readonly first: number; readonly end: number } {
  const { columns, times, count } = run;
  const first = findSample(columns, times, count, column, range.from);
  let end = findSample(columns, times, count, column, range.to);
  if (columns[end] === column && times[end] === range.to && end < count) end++;
  return { first, end };
}

/** Bytes of memory that a run takes. */
export function runBytes({ count, places, histograms }: LateRun): number {
  return 20 * count + (places === undefined ? 0 : 4 * count) + (histograms?.length ?? 0);
}

import { compareLabels, millis, type Histogram, type Labels } from "../../model/index.ts";
import type { MatrixResult, MatrixSeries, VectorResult } from "../result.ts";
import { materialize } from "./batch.ts";
import {
  ABSENT,
  createStepColumn,
  HISTOGRAM,
  pointCount,
  type RangeStream,
  type StepColumn,
  type VectorStream,
} from "./columns.ts";
import { withoutReserved, type EvalContext } from "./context.ts";
import { stepTimes, type StepGrid } from "./grid.ts";
import { extendedSeries } from "./extended-window.ts";
import type { MemoryBudget } from "./memory.ts";
import { mergeEqualSeries } from "./merge.ts";
import { createVectorStream, keepsEveryName } from "./stream.ts";
import { createRangeInput, type RangeInput } from "./windows.ts";

/** A vector of one step, in the order in which it was computed. */
export function collectVector(stream: VectorStream, timeMs: number, memory: MemoryBudget): VectorResult {
  const batch = materialize(stream, 1, memory);
  const present: number[] = [];
  for (let index = 0; index < batch.seriesCount; index++)
    if (batch.kinds[index] !== ABSENT) present.push(index);
  const values = new Float64Array(present.length);
  const hasHistograms = present.some((index) => batch.kinds[index] === HISTOGRAM);
  const histograms: (Histogram | undefined)[] = [];
  const labels: Labels[] = [];
  for (const [at, index] of present.entries()) {
    labels.push(batch.labels(index));
    memory.takeSeries(labels.at(-1)!, 1);
    if (batch.kinds[index] === HISTOGRAM) histograms[at] = batch.histograms[index]![0];
    else values[at] = batch.values[index]!;
  }
  histograms.length = hasHistograms ? present.length : 0;
  return {
    kind: "vector",
    time: millis(timeMs),
    labels,
    values,
    histograms: hasHistograms ? histograms : undefined,
  };
}

/** All points of all series that have any; not sorted yet. */
export function collectMatrix(stream: VectorStream, grid: StepGrid, memory: MemoryBudget): MatrixSeries[] {
  const times = stepTimes(grid);
  const series: MatrixSeries[] = [];
  const column = createStepColumn(grid.count);
  for (let index = 0; index < stream.seriesCount; index++) {
    stream.read(index, column);
    const count = pointCount(column);
    if (count === 0) continue;
    const labels = stream.labels(index);
    memory.takeSeries(labels, count);
    series.push(columnSeries(labels, column, { times, count }));
  }
  return series;
}

function columnSeries(
  labels: Labels,
  column: StepColumn,
  { times, count }: { readonly times: Float64Array; readonly count: number },
): MatrixSeries {
  if (!column.hasHistograms && count === times.length) {
    return { labels, count, times, values: column.values.slice(), histograms: undefined };
  }
  const pointTimes = new Float64Array(count);
  const values = new Float64Array(count);
  const histograms: (Histogram | undefined)[] = [];
  let at = 0;
  for (let step = 0; step < times.length; step++) {
    const kind = column.kinds[step]!;
    if (kind === ABSENT) continue;
    pointTimes[at] = times[step]!;
    if (kind === HISTOGRAM) histograms[at] = column.histograms[step];
    else values[at] = column.values[step]!;
    at++;
  }
  histograms.length = count;
  return {
    labels,
    count,
    times: pointTimes,
    values,
    histograms: column.hasHistograms ? histograms : undefined,
  };
}

/** The windows of a range vector at its only step: the samples themselves. */
export function collectWindows(stream: RangeStream, memory: MemoryBudget): MatrixSeries[] {
  const series: MatrixSeries[] = [];
  const input = createRangeInput();
  for (let index = 0; index < stream.seriesCount; index++) {
    stream.read(index, input);
    const labels = stream.labels(index);
    const { extension } = stream;
    const collected =
      extension === undefined ? windowSeries(labels, input) : extendedSeries(labels, input, extension);
    if (collected.count === 0) continue;
    memory.takeSeries(labels, collected.count);
    series.push(collected);
  }
  stream.release();
  return series;
}

function windowSeries(labels: Labels, input: RangeInput): MatrixSeries {
  const from = input.windows.from[0]!;
  const to = input.windows.to[0]!;
  const floatTimes = input.times.subarray(from, to);
  if (input.histograms === undefined) {
    const values = input.values.slice(from, to);
    return { labels, count: to - from, times: floatTimes.slice(), values, histograms: undefined };
  }
  const { windows, times, items } = input.histograms;
  const points: { time: number; value: number; histogram: Histogram | undefined }[] = [];
  for (let row = from; row < to; row++) {
    points.push({ time: input.times[row]!, value: input.values[row]!, histogram: undefined });
  }
  for (let row = windows.from[0]!; row < windows.to[0]!; row++) {
    points.push({ time: times[row]!, value: 0, histogram: items[row]! });
  }
  points.sort((a, b) => a.time - b.time);
  return {
    labels,
    count: points.length,
    times: Float64Array.from(points, (point) => point.time),
    values: Float64Array.from(points, (point) => point.value),
    histograms: points.map((point) => point.histogram),
  };
}

/** By label set (SEM-16). */
export function sortMatrix(series: readonly MatrixSeries[]): MatrixResult {
  return { kind: "matrix", series: series.toSorted((a, b) => compareLabels(a.labels, b.labels)) };
}

/** Removes the names that were noted for removal and merges what becomes equal (SEM-15). */
export function removeDroppedNames(stream: VectorStream, grid: StepGrid, context: EvalContext): VectorStream {
  if (!context.features.delayedNameRemoval) return stream;
  const named = createVectorStream(context, {
    seriesCount: stream.seriesCount,
    uniqueWithoutName: false,
    labels: (index) =>
      stream.dropsName(index) ? withoutReserved(stream.labels(index)) : stream.labels(index),
    dropsName: keepsEveryName,
    read: (index, into) => stream.read(index, into),
    inputs: [stream],
  });
  return mergeEqualSeries(named, grid, context);
}

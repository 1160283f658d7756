import { usesCustomBuckets, withResetHint, type Histogram } from "../../model/index.ts";
import { createSeriesSamples } from "../../storage/index.ts";
import { interpolate, interpolateHistograms } from "../functions/extended-rate.ts";
import { HistogramNotes, type Named } from "../functions/histogram-notes.ts";
import type { SelectNode } from "../plan/plan.ts";
import { clearColumn, setFloat, setPoint, type StepColumn, type VectorStream } from "./columns.ts";
import type { EvalContext } from "./context.ts";
import type { StepGrid } from "./grid.ts";
import { RangeReader } from "./range-reader.ts";
import { hasOneName, metricNameOf, referenceTimes, selectForSteps } from "./select.ts";
import { createVectorStream, keepsEveryName } from "./stream.ts";
import { createRangeInput, type HistogramRange, type RangeInput } from "./windows.ts";

/**
 * An instant selector with `smoothed`: the value between the samples around the reference time, or the newest one
 * where none follows within the lookback. Source: Prometheus promql/engine.go, smoothSeries; spec SEM-19.
 */
export function evaluateSmoothed(node: SelectNode, grid: StepGrid, context: EvalContext): VectorStream {
  const { lookbackMs } = context;
  const ends = referenceTimes(node, grid);
  const spec = { ends, rangeMs: lookbackMs, reachLeftMs: 0, reachRightMs: lookbackMs };
  const selection = selectForSteps(node, grid, context);
  const samples = createSeriesSamples();
  const input = createRangeInput();
  const reader = new RangeReader(spec, context);
  const notes = new HistogramNotes(context.annotations, node.pos);
  return createVectorStream(context, {
    seriesCount: selection.seriesCount,
    uniqueWithoutName: hasOneName(node, { grid, reachMs: lookbackMs }, context),
    labels: (index) => selection.labels(index),
    dropsName: keepsEveryName,
    read(index, into) {
      selection.read(index, samples);
      reader.read(samples, input);
      clearColumn(into);
      smoothFloats(input, into);
      const named = { metricName: () => metricNameOf(selection.labels(index)) };
      if (input.histograms !== undefined) smoothHistograms(input, into, notes, named);
    },
    inputs: [{ release: () => reader.flushCounts() }],
  });
}

function smoothFloats({ times, values, windows }: RangeInput, into: StepColumn): void {
  const { from, to, ends } = windows;
  for (let step = 0; step < ends.length; step++) {
    const end = to[step]!;
    const row = firstNotBefore(times, from[step]!, end, ends[step]!);
    if (row < end && times[row] === ends[step]) setFloat(into, step, values[row]!);
    else if (row === from[step]) continue;
    else if (row === end) setFloat(into, step, values[row - 1]!);
    else setFloat(into, step, interpolate(times, values, row - 1, { ms: ends[step]!, isCounter: false }));
  }
}

function firstNotBefore(times: Float64Array, from: number, to: number, time: number): number {
  let row = from;
  while (row < to && times[row]! < time) row++;
  return row;
}

function smoothHistograms(input: RangeInput, into: StepColumn, notes: HistogramNotes, series: Named): void {
  const range = input.histograms!;
  const { from, to } = range.windows;
  for (let step = 0; step < from.length; step++) {
    if (from[step] === to[step]) continue;
    if (input.windows.to[step]! > input.windows.from[step]!) {
      notes.mixedSamples(series);
      setPoint(into, step, undefined);
    } else {
      setPoint(into, step, smoothHistogram(range, step, notes, series));
    }
  }
}

function smoothHistogram(
  { times, items, windows }: HistogramRange,
  step: number,
  notes: HistogramNotes,
  series: Named,
): Histogram | undefined {
  const ms = windows.ends[step]!;
  const from = windows.from[step]!;
  const to = windows.to[step]!;
  const row = firstNotBefore(times, from, to, ms);
  if (row < to && times[row] === ms) return items[row]!;
  if (row === from) return undefined;
  const before = items[row - 1]!;
  // A hint is about two samples that follow each other, which this value is none of.
  if (row === to) return withResetHint(before, "unknown");
  const after = items[row]!;
  if (usesCustomBuckets(before) !== usesCustomBuckets(after)) return notes.mixedSchemas(series);
  const isCounter = before.resetHint !== "gauge" || after.resetHint !== "gauge";
  const between = { fromMs: times[row - 1]!, toMs: times[row]!, ms, isCounter };
  return interpolateHistograms({ before, after }, between, notes) ?? notes.mixedSchemas(series);
}

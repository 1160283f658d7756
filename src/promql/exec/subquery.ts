import { assert } from "../../base/index.ts";
import type { SeriesSamples } from "../../storage/index.ts";
import { createSeriesSamples } from "../../storage/index.ts";
import { withResetHint, type Histogram } from "../../model/index.ts";
import type { SubqueryNode } from "../plan/plan.ts";
import {
  ABSENT,
  createStepColumn,
  HISTOGRAM,
  type RangeStream,
  type StepColumn,
  type VectorStream,
} from "./columns.ts";
import type { EvalContext } from "./context.ts";
import type { Evaluate } from "./evaluation.ts";
import { stepGrid, stepTimes, type StepGrid } from "./grid.ts";
import { NO_REACH, RangeReader } from "./range-reader.ts";
import { vectorOfScalar } from "./scalar-vector.ts";
import { referenceTimes } from "./select.ts";
import { SampleCounts } from "./statistics.ts";

/**
 * A subquery: its expression at all multiples of its step that any window covers, read back as samples.
 * Source: spec SEM-7 to SEM-10.
 */
export function evaluateSubquery(
  node: SubqueryNode,
  grid: StepGrid,
  context: EvalContext,
  evaluate: Evaluate,
): RangeStream {
  const ends = referenceTimes(node, grid);
  const inner = innerGrid(node, ends);
  const counts = new SampleCounts(undefined);
  const value = evaluate(node.inner, inner, { ...context, counts });
  const input = value.kind === "scalar" ? vectorOfScalar(value.values, context) : value;
  assert(input.kind === "vector", "an instant vector");
  return readSubquery({ node, input, inner, ends, counts, context });
}

interface SubqueryParts {
  readonly node: SubqueryNode;
  readonly input: VectorStream;
  readonly inner: StepGrid;
  readonly ends: Float64Array;
  readonly counts: SampleCounts;
  readonly context: EvalContext;
}

function readSubquery({ node, input, inner, ends, counts, context }: SubqueryParts): RangeStream {
  const times = stepTimes(inner);
  const column = createStepColumn(inner.count);
  const samples = createSeriesSamples();
  const reader = new RangeReader({ ends, rangeMs: node.rangeMs, ...NO_REACH }, context);
  return {
    kind: "matrix",
    extension: undefined,
    metricName: undefined,
    seriesCount: input.seriesCount,
    uniqueWithoutName: input.uniqueWithoutName,
    rangeMs: node.rangeMs,
    labels: (index) => input.labels(index),
    labelValue: (index, name) => input.labelValue(index, name),
    dropsName: (index) => input.dropsName(index),
    read(index, into) {
      input.read(index, column);
      toSamples(column, times, samples);
      reader.read(samples, into);
    },
    release() {
      reader.flushCounts();
      context.counts.samplesRead += counts.samplesRead;
      input.release();
    },
  };
}

/** Multiples of the step in the union of the windows, left-open; none may be left. */
function innerGrid({ rangeMs, stepMs }: SubqueryNode, ends: Float64Array): StepGrid {
  const left = ends[0]! - rangeMs;
  const first = Math.floor(left / stepMs) * stepMs + stepMs;
  return stepGrid(first, ends[ends.length - 1]!, stepMs);
}

function toSamples(column: StepColumn, times: Float64Array, into: SeriesSamples): void {
  const { kinds, values } = column;
  into.hasStale = false;
  into.histograms = undefined;
  if (!column.hasHistograms && kinds.indexOf(ABSENT) < 0) {
    into.count = times.length;
    into.times = times;
    into.values = values;
    into.timeline = 0;
    return;
  }
  const keptTimes = new Float64Array(times.length);
  const keptValues = new Float64Array(times.length);
  const histograms: (Histogram | undefined)[] = [];
  let count = 0;
  for (let step = 0; step < times.length; step++) {
    if (kinds[step] === ABSENT) continue;
    keptTimes[count] = times[step]!;
    if (kinds[step] === HISTOGRAM) histograms[count] = withoutResetHint(column.histograms[step]!);
    else keptValues[count] = values[step]!;
    count++;
  }
  into.count = count;
  into.times = keptTimes;
  into.values = keptValues;
  into.timeline = -1;
  if (column.hasHistograms) into.histograms = histograms;
}

// A window may skip or repeat the sample that a hint is about (SEM-10).
function withoutResetHint(histogram: Histogram): Histogram {
  return histogram.resetHint === "gauge" ? histogram : withResetHint(histogram, "unknown");
}

import {
  classicFraction,
  classicQuantile,
  formatOpenMetricsFloat,
  goQuote,
  histogramFraction,
  histogramQuantile,
  isValidLabelName,
  mergeClassicBuckets,
  withLabel,
  type Histogram,
  type Labels,
} from "../../model/index.ts";
import { PromqlExecutionError } from "../errors.ts";
import { warnOfQuantile } from "../exec/aggregate/quantile.ts";
import { clearColumn, setFloat, type VectorStream } from "../exec/columns.ts";
import { withoutReserved } from "../exec/context.ts";
import { stepTime } from "../exec/grid.ts";
import { mergeEqualSeries } from "../exec/merge.ts";
import { createVectorStream } from "../exec/stream.ts";
import type { Position } from "../parse/ast.ts";
import { scalarArgument, stringArgument, vectorArgument } from "./arguments.ts";
import { groupHistograms, type HistogramGroup } from "./bucket-groups.ts";
import type { FunctionTable, SpecialCall } from "./registry.ts";

/** Quantiles and fractions of classic and native histograms (FN-37 to FN-39, FN-51, FN-52). */
export const histogramQuantileFunctions: FunctionTable = {
  histogram_quantile: { kind: "special", evaluate: quantile },
  histogram_quantiles: { kind: "special", evaluate: quantiles },
  histogram_fraction: { kind: "special", evaluate: fraction },
};

const QUANTILES_MAX = 10; // LIM-5.

function quantile(call: SpecialCall): VectorStream {
  const wanted = scalarArgument(call, 0);
  for (const value of wanted) warnOfQuantile(value, call.node.args[0]!.pos, call.context);
  const groups = groupsOf(call, 1);
  const pos = call.node.args[1]!.pos;
  return perGroup(call, groups, {
    copies: 1,
    valueAt: (group, _copy, step) => quantileAt(call, group, { quantile: wanted[step]!, step, pos }),
  });
}

function quantiles(call: SpecialCall): VectorStream {
  const { args } = call.node;
  const label = stringArgument(call, 1);
  if (!isValidLabelName(label)) throw new PromqlExecutionError(`invalid label name ${goQuote(label)}`);
  const wanted = args.slice(2).map((_, index) => scalarArgument(call, index + 2));
  if (wanted.length > QUANTILES_MAX) {
    throw new PromqlExecutionError(
      `at most ${QUANTILES_MAX} quantiles may be asked for, got ${wanted.length}`,
    );
  }
  for (const [index, values] of wanted.entries()) {
    for (const value of values) warnOfQuantile(value, args[index + 2]!.pos, call.context);
  }
  const groups = groupsOf(call, 0);
  const pos = args[0]!.pos;
  return perGroup(call, groups, {
    copies: wanted.length,
    labels: (labels, copy) => withLabel(labels, label, formatOpenMetricsFloat(wanted[copy]![0]!)),
    valueAt: (group, copy, step) => quantileAt(call, group, { quantile: wanted[copy]![step]!, step, pos }),
  });
}

function fraction(call: SpecialCall): VectorStream {
  const lower = scalarArgument(call, 0);
  const upper = scalarArgument(call, 1);
  const groups = groupsOf(call, 2);
  const pos = call.node.args[2]!.pos;
  return perGroup(call, groups, {
    copies: 1,
    valueAt(group, _copy, step) {
      const native = group.nativeAt(step);
      if (native !== undefined)
        return nativeFraction(call, group, { lower: lower[step]!, upper: upper[step]!, native, pos });
      const { bounds, counts } = group.classicAt(step);
      if (bounds.length === 0) return undefined;
      return classicFraction(lower[step]!, upper[step]!, mergeClassicBuckets(bounds, counts));
    },
  });
}

function groupsOf(call: SpecialCall, index: number): readonly HistogramGroup[] {
  const input = vectorArgument(call, index);
  const pos = call.node.args[index]!.pos;
  const groups = groupHistograms(input, call.grid, { context: call.context, pos });
  input.release();
  return groups;
}

interface GroupResult {
  /** Series that each group gives. */
  readonly copies: number;
  readonly labels?: (labels: Labels, copy: number) => Labels;
  readonly valueAt: (group: HistogramGroup, copy: number, step: number) => number | undefined;
}

function perGroup(call: SpecialCall, groups: readonly HistogramGroup[], result: GroupResult): VectorStream {
  const { grid, context } = call;
  const { copies, valueAt } = result;
  const delayed = context.features.delayedNameRemoval;
  const stream = createVectorStream(context, {
    seriesCount: groups.length * copies,
    uniqueWithoutName: false,
    labels(index) {
      const { labels } = groups[Math.floor(index / copies)]!;
      const named = delayed ? labels : withoutReserved(labels);
      return result.labels === undefined ? named : result.labels(named, index % copies);
    },
    dropsName: () => delayed,
    read(index, into) {
      clearColumn(into);
      const group = groups[Math.floor(index / copies)]!;
      for (let step = 0; step < grid.count; step++) {
        const value = valueAt(group, index % copies, step);
        if (value !== undefined) setFloat(into, step, value);
      }
    },
    inputs: [],
  });
  return delayed ? stream : mergeEqualSeries(stream, grid, context);
}

function quantileAt(
  call: SpecialCall,
  group: HistogramGroup,
  {
    quantile: wanted,
    step,
    pos,
  }: { readonly quantile: number; readonly step: number; readonly pos: Position },
): number | undefined {
  const { annotations, features } = call.context;
  const native = group.nativeAt(step);
  if (native !== undefined) {
    const { value, nanObservations } = histogramQuantile(wanted, native);
    const text = "input to histogram_quantile has NaN observations, result is";
    if (nanObservations === "result") noteNaN(call, group, `${text} NaN`, pos);
    if (nanObservations === "skewed") noteNaN(call, group, `${text} skewed higher`, pos);
    return value;
  }
  const { bounds, counts } = group.classicAt(step);
  if (bounds.length === 0) return undefined;
  const found = classicQuantile(wanted, mergeClassicBuckets(bounds, counts));
  if (found.forcedMonotonic) {
    annotations.monotonicityFix(
      features.delayedNameRemoval ? group.metricName : "",
      {
        fromBucket: found.boundMin,
        toBucket: found.boundMax,
        maxDifference: found.differenceMax,
        timeMs: stepTime(call.grid, step),
      },
      pos,
    );
  }
  return found.value;
}

function nativeFraction(
  call: SpecialCall,
  group: HistogramGroup,
  of: { readonly lower: number; readonly upper: number; readonly native: Histogram; readonly pos: Position },
): number {
  const { value, nanObservations } = histogramFraction(of.lower, of.upper, of.native);
  if (nanObservations === "excluded") {
    const text = "input to histogram_fraction has NaN observations, which are excluded from all fractions";
    noteNaN(call, group, text, of.pos);
  }
  return value;
}

function noteNaN(
  { context }: SpecialCall,
  { metricName }: HistogramGroup,
  text: string,
  pos: Position,
): void {
  context.annotations.info(metricName === "" ? text : `${text} for metric name ${goQuote(metricName)}`, pos);
}

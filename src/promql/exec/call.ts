import { assert } from "../../base/index.ts";
import { labelValue, METRIC_NAME, type Histogram, type Labels } from "../../model/index.ts";
import { PromqlExecutionError } from "../errors.ts";
import { findFunction } from "../functions/index.ts";
import type {
  ElementwiseFunction,
  MixedWindow,
  RangeEvaluator,
  RangeFunction,
  RangeSeries,
  ScalarArgs,
} from "../functions/registry.ts";
import type { Position } from "../parse/ast.ts";
import type { CallNode, PlanNode } from "../plan/plan.ts";
import {
  ABSENT,
  clearColumn,
  dropHistograms,
  FLOAT,
  HISTOGRAM,
  setPoint,
  type EvaluatedValue,
  type RangeExtension,
  type RangeStream,
  type StepColumn,
  type VectorStream,
} from "./columns.ts";
import type { EvalContext } from "./context.ts";
import type { Evaluate } from "./evaluation.ts";
import { stepSeconds, type StepGrid } from "./grid.ts";
import { mergeEqualSeries, rejectEqualSeries } from "./merge.ts";
import { vectorOfScalar } from "./scalar-vector.ts";
import { createVectorStream, resultNaming } from "./stream.ts";
import { createRangeInput, type RangeInput } from "./windows.ts";

/** Evaluates a function call over all steps. */
export function evaluateCall(
  node: CallNode,
  grid: StepGrid,
  context: EvalContext,
  evaluate: Evaluate,
): EvaluatedValue {
  const implementation = findFunction(node.func);
  assert(implementation !== undefined, `an implementation of ${node.func}()`);
  const argument = (index: number): EvaluatedValue => evaluate(node.args[index]!, grid, context);
  switch (implementation.kind) {
    case "special":
      return implementation.evaluate({ node, grid, context, evaluate: argument });
    case "elementwise":
      return evaluateElementwise(implementation, node, { grid, context, evaluate });
    case "range":
      return evaluateRange(implementation, node, { grid, context, evaluate });
  }
}

interface Evaluation {
  readonly grid: StepGrid;
  readonly context: EvalContext;
  readonly evaluate: Evaluate;
}

function evaluateElementwise(
  implementation: ElementwiseFunction,
  node: CallNode,
  { grid, context, evaluate }: Evaluation,
): VectorStream {
  const values = node.args.map((arg) => evaluate(arg, grid, context));
  const given = values.find((value) => value.kind === "vector");
  assert(given !== undefined || implementation.defaultsToTime === true, `a vector for ${node.func}()`);
  const input = given ?? vectorOfScalar(stepSeconds(grid), context);
  const args = scalars(values);
  const stream = createVectorStream(context, {
    seriesCount: input.seriesCount,
    uniqueWithoutName: input.uniqueWithoutName,
    ...resultNaming(input, context, false),
    read(index, into) {
      input.read(index, into);
      applyElementwise(implementation, into, args);
    },
    inputs: [input],
  });
  return context.features.delayedNameRemoval ? stream : mergeEqualSeries(stream, grid, context);
}

function applyElementwise(
  { floats, histogram }: ElementwiseFunction,
  column: StepColumn,
  args: ScalarArgs,
): void {
  if (histogram === undefined) dropHistograms(column);
  if (floats !== undefined) floats(column, args);
  else dropFloats(column);
  if (!column.hasHistograms || histogram === undefined) return;
  const { kinds } = column;
  column.hasHistograms = false;
  for (let step = 0; step < kinds.length; step++) {
    if (kinds[step] === HISTOGRAM) setPoint(column, step, histogram(column.histograms[step]!, step, args));
  }
}

function dropFloats({ kinds }: StepColumn): void {
  for (let step = 0; step < kinds.length; step++) if (kinds[step] === FLOAT) kinds[step] = ABSENT;
}

function scalars(values: readonly EvaluatedValue[]): Float64Array[] {
  return values.filter((value) => value.kind === "scalar").map((value) => value.values);
}

function evaluateRange(
  implementation: RangeFunction,
  node: CallNode,
  { grid, context, evaluate }: Evaluation,
): VectorStream {
  const values = node.args.map((arg) => evaluate(arg, grid, context));
  const position = values.findIndex((value) => value.kind === "matrix");
  const range = values[position];
  assert(range?.kind === "matrix", `a range vector among the arguments of ${node.func}()`);
  const argPos = annotatedPosition(node.args[position]!);
  const firstArgPos = annotatedPosition(node.args[0]!);
  const { rangeMs, extension } = range;
  checkExtension(node.func, implementation, extension);
  const evaluator = implementation.open({
    node,
    grid,
    context,
    args: scalars(values),
    argPos,
    pos: node.pos,
    rangeMs,
    extension,
  });
  const input = createRangeInput();
  const series = new CurrentSeries(range);
  const mixed = new MixedSteps(evaluator, (name) =>
    context.annotations.info(
      `ignored histograms in a range containing both floats and histograms for metric name "${name}"`,
      firstArgPos,
    ),
  );
  const stream = createVectorStream(context, {
    seriesCount: range.seriesCount,
    uniqueWithoutName: range.uniqueWithoutName,
    ...resultNaming(range, context, implementation.keepsName),
    read(index, into) {
      clearColumn(into);
      range.read(index, input);
      series.index = index;
      if (input.histograms === undefined) evaluator.floats(input, into, series);
      else mixed.evaluate(input, into, series);
    },
    inputs: [range],
  });
  return context.features.delayedNameRemoval ? stream : rejectEqualSeries(stream, grid, context);
}

// Prometheus evaluates a subquery first and has lost where it stood when it annotates the function.
function annotatedPosition({ kind, pos }: PlanNode): Position {
  return kind === "subquery" ? { start: 0, end: 0 } : pos;
}

const EXTENDED_FUNCTIONS: Readonly<Record<RangeExtension, string>> = {
  anchored: "changes, delta, increase, rate, resets",
  smoothed: "delta, increase, rate",
};

function checkExtension(
  func: string,
  { extensions = [] }: RangeFunction,
  extension: RangeExtension | undefined,
): void {
  if (extension === undefined || extensions.includes(extension)) return;
  throw new PromqlExecutionError(
    `${extension} modifier can only be used with: ${EXTENDED_FUNCTIONS[extension]} - not with ${func}`,
  );
}

class CurrentSeries implements RangeSeries {
  readonly #range: RangeStream;
  index = 0;

  constructor(range: RangeStream) {
    this.#range = range;
  }

  labels(): Labels {
    return this.#range.labels(this.index);
  }

  metricName(): string {
    return this.#range.metricName ?? this.label(METRIC_NAME);
  }

  label(name: string): string {
    return labelValue(this.labels(), name);
  }
}

/** Evaluates series that have histograms: steps with a histogram one by one, the others together. */
class MixedSteps {
  readonly #evaluator: RangeEvaluator;
  readonly #noteIgnored: (metricName: string) => void;

  constructor(evaluator: RangeEvaluator, noteIgnored: (metricName: string) => void) {
    this.#evaluator = evaluator;
    this.#noteIgnored = noteIgnored;
  }

  evaluate(input: RangeInput, out: StepColumn, series: RangeSeries): void {
    const { from, to } = input.histograms!.windows;
    if (this.#evaluator.mixed === undefined) {
      this.#evaluator.floats(input, out, series);
      if (hasMixedWindow(input)) this.#noteIgnored(series.metricName());
      return;
    }
    const floatTo = input.windows.to.slice();
    for (let step = 0; step < to.length; step++) {
      if (to[step]! > from[step]!) floatTo[step] = input.windows.from[step]!;
    }
    const onlyFloats = { ...input, windows: { ...input.windows, to: floatTo } };
    this.#evaluator.floats(onlyFloats, out, series);
    for (let step = 0; step < to.length; step++) {
      if (to[step]! > from[step]!) setPoint(out, step, this.#mixedStep(input, step, series));
    }
  }

  #mixedStep(input: RangeInput, step: number, series: RangeSeries): number | Histogram | undefined {
    const { windows } = input;
    const histograms = input.histograms!;
    const endMs = windows.ends[step]!;
    const window: MixedWindow = {
      step,
      startMs: endMs - windows.rangeMs,
      endMs,
      floatTimes: input.times,
      floats: input.values,
      floatFrom: windows.from[step]!,
      floatTo: windows.to[step]!,
      histogramTimes: histograms.times,
      histograms: histograms.items,
      histogramFrom: histograms.windows.from[step]!,
      histogramTo: histograms.windows.to[step]!,
    };
    return this.#evaluator.mixed?.(window, series);
  }
}

function hasMixedWindow({ windows, histograms }: RangeInput): boolean {
  const other = histograms!.windows;
  for (let step = 0; step < windows.to.length; step++) {
    if (windows.to[step]! > windows.from[step]! && other.to[step]! > other.from[step]!) return true;
  }
  return false;
}

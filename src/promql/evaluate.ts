import { assert } from "../base/index.ts";
import { millis } from "../model/index.ts";
import type { Queryable } from "../storage/index.ts";
import type { StopReason } from "./errors.ts";
import { Annotations } from "./exec/annotations.ts";
import { SampleBudget } from "./exec/budget.ts";
import { SelectionCache, type EngineFeatures, type EvalContext } from "./exec/context.ts";
import { evaluateNode } from "./exec/evaluate-node.ts";
import { singleStep, stepGrid, stepTime, type StepGrid } from "./exec/grid.ts";
import { Guard } from "./exec/guard.ts";
import {
  collectMatrix,
  collectVector,
  collectWindows,
  removeDroppedNames,
  sortMatrix,
} from "./exec/output.ts";
import { MemoryBudget } from "./exec/memory.ts";
import { joinPieces, splitGrid } from "./exec/pieces.ts";
import { Profile } from "./exec/profile.ts";
import { vectorOfScalar } from "./exec/scalar-vector.ts";
import { SampleCounts } from "./exec/statistics.ts";
import type { Expr } from "./parse/ast.ts";
import { buildPlan } from "./plan/build.ts";
import type { PlanNode } from "./plan/plan.ts";
import type { MatrixSeries, QueryResult, QueryStats, QueryValue } from "./result.ts";

const MEMORY_BYTES_MAX = 2 ** 30;

/** One query over one store. */
export interface EvaluateRequest {
  readonly queryable: Queryable;
  /** Type-checked; a range query's is a scalar or an instant vector (PTY-2). */
  readonly expr: Expr;
  /** The text that `expr` was parsed from, for positions in annotations. */
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
  /** Undefined: an instant query at `startMs`, which then equals `endMs`. */
  readonly stepMs: number | undefined;
}

export interface EvaluateOptions {
  readonly lookbackMs: number;
  readonly defaultSubqueryStepMs: number; // SEM-8
  readonly samplesMax: number; // LIM-1
  readonly memoryBytesMax?: number; // For what is held all at once (REL-19); default 1 GiB.
  readonly features: EngineFeatures;
  readonly perStepStats: boolean;
  /** Whether to measure each part of the query. */
  readonly profiles?: boolean;
  /** Polled about every 0.1 ms of work; a reason ends the evaluation. */
  readonly shouldStop: () => StopReason | undefined;
  /** Milliseconds on a clock that never jumps, for the timings. */
  readonly monotonic: () => number;
}

/**
 * Evaluates a query.
 * @throws PromqlExecutionError, PromqlTimeoutError, PromqlCanceledError, DurationValueError
 */
export function evaluate(request: EvaluateRequest, options: EvaluateOptions): QueryResult {
  const { startMs, endMs, stepMs } = request;
  const { monotonic } = options;
  const began = monotonic();
  const query = { startMs, endMs, stepMs: stepMs ?? 0 };
  const plan = buildPlan(request.expr, { ...query, defaultSubqueryStepMs: options.defaultSubqueryStepMs });
  const grid = stepMs === undefined ? singleStep(startMs) : stepGrid(startMs, endMs, stepMs);
  const context = createContext(request, options, grid.count);
  const prepared = monotonic();
  try {
    const computed =
      stepMs === undefined ? instantValue(plan, grid, context) : rangeSeries(plan, grid, context);
    const evaluated = monotonic();
    const value = Array.isArray(computed) ? sortMatrix(computed) : computed;
    const timingsMs = {
      preparation: prepared - began,
      evaluation: evaluated - prepared,
      sort: monotonic() - evaluated,
    };
    return {
      value,
      warnings: [...context.annotations.warnings(), ...context.selections.warnings()],
      infos: context.annotations.infos(),
      stats: { ...sampleStats(context, grid), timingsMs },
      profile: context.profile?.result(request.text),
    };
  } finally {
    context.selections.close();
  }
}

function createContext(request: EvaluateRequest, options: EvaluateOptions, stepCount: number): EvalContext {
  const { startMs, endMs, stepMs = 0 } = request;
  const profile = options.profiles === true ? new Profile(options.monotonic) : undefined;
  return {
    queryable: request.queryable,
    query: { startMs, endMs, stepMs },
    lookbackMs: options.lookbackMs,
    features: options.features,
    annotations: new Annotations(request.text),
    budget: new SampleBudget(options.samplesMax),
    memory: new MemoryBudget(options.memoryBytesMax ?? MEMORY_BYTES_MAX),
    guard: new Guard(options.shouldStop),
    selections: new SelectionCache(request.queryable, profile),
    counts: new SampleCounts(options.perStepStats ? new Float64Array(stepCount) : undefined),
    profile,
  };
}

/** The value at one time; the series of a range vector are still to be sorted. */
function instantValue(plan: PlanNode, grid: StepGrid, context: EvalContext): QueryValue | MatrixSeries[] {
  const value = evaluateNode(plan, grid, context);
  const time = millis(grid.startMs);
  switch (value.kind) {
    case "string":
      return { kind: "string", time, value: value.value };
    case "scalar":
      return { kind: "scalar", time, value: value.values[0]! };
    case "matrix":
      return collectWindows(value, context.memory);
    case "vector":
      return collectVector(removeDroppedNames(value, grid, context), grid.startMs, context.memory);
  }
}

/** The series of a range query, still to be sorted. */
function rangeSeries(plan: PlanNode, grid: StepGrid, context: EvalContext): MatrixSeries[] {
  const pieces = splitGrid(plan, grid, context);
  if (pieces.length === 1) return pieceSeries(plan, grid, context);
  context.selections.close();
  const { perStep } = context.counts;
  let first = 0;
  const collected = pieces.map((piece) => {
    const counts = new SampleCounts(perStep?.subarray(first, first + piece.count));
    first += piece.count;
    const { held } = context.memory;
    const series = pieceSeries(plan, piece, { ...context, counts });
    context.selections.close();
    context.memory.releaseTo(held);
    for (const { labels, count } of series) context.memory.takeSeries(labels, count);
    context.counts.total += counts.total;
    context.counts.samplesRead += counts.samplesRead;
    return series;
  });
  return joinPieces(collected);
}

function pieceSeries(plan: PlanNode, grid: StepGrid, context: EvalContext): MatrixSeries[] {
  const value = evaluateNode(plan, grid, context);
  assert(
    value.kind === "scalar" || value.kind === "vector",
    "a scalar or an instant vector in a range query",
  );
  const vector = value.kind === "scalar" ? vectorOfScalar(value.values, context) : value;
  return collectMatrix(removeDroppedNames(vector, grid, context), grid, context.memory);
}

function sampleStats({ counts, budget }: EvalContext, grid: StepGrid): Omit<QueryStats, "timingsMs"> {
  const perStep = counts.perStep;
  return {
    totalQueryableSamples: counts.total,
    totalQueryableSamplesPerStep:
      perStep === undefined
        ? undefined
        : Array.from(perStep, (samples, step) => [millis(stepTime(grid, step)), samples] as const),
    samplesRead: counts.samplesRead,
    peakSamples: budget.peak,
  };
}

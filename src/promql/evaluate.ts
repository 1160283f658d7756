import { assert } from "../base/index.ts";
import { millis } from "../model/index.ts";
import type { Queryable } from "../storage/index.ts";
import type { StopReason } from "./errors.ts";
import { Annotations } from "./exec/annotations.ts";
import { SampleBudget } from "./exec/budget.ts";
import type { EvaluatedValue } from "./exec/columns.ts";
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
import { vectorOfScalar } from "./exec/scalar-vector.ts";
import { SampleCounts } from "./exec/statistics.ts";
import type { Expr } from "./parse/ast.ts";
import { buildPlan } from "./plan/build.ts";
import type { MatrixSeries, QueryResult, QueryStats, QueryValue } from "./result.ts";

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
  readonly features: EngineFeatures;
  readonly perStepStats: boolean;
  /** Polled about every 0.1 ms of work; a reason ends the evaluation. */
  readonly shouldStop: () => StopReason | undefined;
  /** Milliseconds on a clock that never jumps, for the timings. */
  readonly monotonic: () => number;
}

/**
 * Evaluates a query.
 * @throws PromqlExecutionError, PromqlTimeoutError, PromqlCanceledError
 */
export function evaluate(request: EvaluateRequest, options: EvaluateOptions): QueryResult {
  const { startMs, endMs, stepMs } = request;
  const isInstant = stepMs === undefined;
  const began = options.monotonic();
  const query = { startMs, endMs, stepMs: stepMs ?? 0 };
  const plan = buildPlan(request.expr, { ...query, defaultSubqueryStepMs: options.defaultSubqueryStepMs });
  const grid = isInstant ? singleStep(startMs) : stepGrid(startMs, endMs, stepMs);
  const context = createContext(request, options, grid.count);
  const prepared = options.monotonic();
  try {
    const value = evaluateNode(plan, grid, context);
    const { result, sortMs } = collect(value, { grid, context, isInstant, monotonic: options.monotonic });
    const timingsMs = {
      preparation: prepared - began,
      evaluation: options.monotonic() - prepared - sortMs,
      sort: sortMs,
    };
    return {
      value: result,
      warnings: context.annotations.warnings(),
      infos: context.annotations.infos(),
      stats: { ...sampleStats(context, grid), timingsMs },
    };
  } finally {
    context.selections.close();
  }
}

function createContext(request: EvaluateRequest, options: EvaluateOptions, stepCount: number): EvalContext {
  const { startMs, endMs, stepMs = 0 } = request;
  return {
    queryable: request.queryable,
    query: { startMs, endMs, stepMs },
    lookbackMs: options.lookbackMs,
    features: options.features,
    annotations: new Annotations(request.text),
    budget: new SampleBudget(options.samplesMax),
    guard: new Guard(options.shouldStop),
    selections: new SelectionCache(request.queryable),
    counts: new SampleCounts(options.perStepStats ? new Float64Array(stepCount) : undefined),
  };
}

interface Collecting {
  readonly grid: StepGrid;
  readonly context: EvalContext;
  readonly isInstant: boolean;
  readonly monotonic: () => number;
}

interface Collected {
  readonly result: QueryValue;
  readonly sortMs: number;
}

function collect(value: EvaluatedValue, collecting: Collecting): Collected {
  const { grid, context, isInstant } = collecting;
  const time = millis(grid.startMs);
  switch (value.kind) {
    case "string":
      return { result: { kind: "string", time, value: value.value }, sortMs: 0 };
    case "scalar":
      if (isInstant) return { result: { kind: "scalar", time, value: value.values[0]! }, sortMs: 0 };
      return sorted(collectMatrix(vectorOfScalar(value.values, context), grid), collecting);
    case "matrix":
      assert(isInstant, "a scalar or an instant vector in a range query");
      return sorted(collectWindows(value), collecting);
    case "vector": {
      const stream = removeDroppedNames(value, grid, context);
      if (isInstant) return { result: collectVector(stream, grid.startMs), sortMs: 0 };
      return sorted(collectMatrix(stream, grid), collecting);
    }
  }
}

function sorted(series: readonly MatrixSeries[], { monotonic }: Collecting): Collected {
  const began = monotonic();
  const result = sortMatrix(series);
  return { result, sortMs: monotonic() - began };
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

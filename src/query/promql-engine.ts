import { NarthexError, type Clock } from "../base/index.ts";
import { millis } from "../model/index.ts";
import { evaluate, type EngineFeatures, type QueryResult } from "../promql/index.ts";
import {
  documentedType,
  rangeMs,
  subqueryStepMs,
  valueTypeOf,
  walkExpr,
  type Expr,
  type ParseOptions,
} from "../promql/parse/index.ts";
import type { Queryable } from "../storage/index.ts";
import { reachAfterStep } from "./cache/reach.ts";
import type { EngineRequest, KeepableQuery, QueryEngine } from "./evaluate.ts";
import { hintsFor } from "./hints/hints.ts";
import { ParsedQueries } from "./parsed-queries.ts";

export interface PromqlEngineOptions {
  readonly queryable: Queryable;
  readonly parse: ParseOptions;
  readonly features: EngineFeatures;
  /** Step of subqueries that name none: the configured evaluation interval, asked for at each query (SEM-8). */
  readonly defaultSubqueryStepMs: () => number;
  readonly clock: Clock;
  /** For what one query holds all at once; undefined: the query language's own limit. */
  readonly memoryBytesMax?: number;
}

/** An expression whose type has no place in the kind of query that it came in. */
class ExpressionTypeError extends NarthexError {
  override readonly name = "ExpressionTypeError";
  readonly errorType = "bad_data";
  constructor(type: string) {
    super(`invalid expression type "${type}" for range query, must be Scalar or instant Vector`);
  }
}

/** PromQL over a store, as the executor wants it. Parsing counts as preparation in the timings. */
export function createPromqlEngine(options: PromqlEngineOptions): QueryEngine {
  const monotonic = (): number => options.clock.monotonic();
  const parsed = new ParsedQueries(options.parse);
  return {
    hints({ query, startMs, endMs, lookbackMs }, isEmpty): readonly string[] {
      const { queryable } = options;
      return hintsFor({ expr: parsed.get(query), queryable, startMs, endMs, lookbackMs, isEmpty });
    },
    keepable(request): KeepableQuery | undefined {
      const { lookbackMs } = request;
      const reachMs = reachAfterStep(parsed.get(request.query), request);
      if (reachMs === undefined || hasTypedSeries(options)) return undefined;
      return { reachMs, key: `${lookbackMs} ${options.defaultSubqueryStepMs()}` };
    },
    subquerySteps(request): number {
      const expr = parsed.get(request.query);
      // What is no range query fails soon enough.
      if (request.kind === "range" && !hasRangeType(expr)) return 0;
      return subquerySteps(expr, request, options.defaultSubqueryStepMs());
    },
    evaluate(request: EngineRequest): QueryResult {
      const began = monotonic();
      const expr = parsed.get(request.query);
      if (request.kind === "range" && !hasRangeType(expr)) {
        throw new ExpressionTypeError(documentedType(valueTypeOf(expr)));
      }
      const parsedMs = monotonic() - began;
      const { startMs, endMs, stepMs, lookbackMs, samplesMax, perStepStats, explains, shouldStop } = request;
      const result = evaluate(
        {
          queryable: options.queryable,
          expr,
          text: request.query,
          startMs,
          endMs,
          stepMs: request.kind === "instant" ? undefined : stepMs,
        },
        {
          lookbackMs,
          samplesMax,
          perStepStats,
          profiles: explains,
          ...(options.memoryBytesMax === undefined ? {} : { memoryBytesMax: options.memoryBytesMax }),
          shouldStop,
          monotonic,
          features: options.features,
          defaultSubqueryStepMs: options.defaultSubqueryStepMs(),
        },
      );
      const { timingsMs } = result.stats;
      const preparation = timingsMs.preparation + parsedMs;
      return { ...result, stats: { ...result.stats, timingsMs: { ...timingsMs, preparation } } };
    },
  };
}

type QueryTimes = Pick<EngineRequest, "startMs" | "endMs" | "stepMs">;

function hasRangeType(expr: Expr): boolean {
  const type = valueTypeOf(expr);
  return type === "scalar" || type === "vector";
}

// Of nested ones at most that many.
function subquerySteps(expr: Expr, query: QueryTimes, defaultStepMs: number): number {
  let spanMs = query.endMs - query.startMs;
  let shortestMs = Infinity;
  walkExpr(expr, (node) => {
    if (node.kind !== "subquery") return;
    spanMs += rangeMs(node, query);
    shortestMs = Math.min(shortestMs, subqueryStepMs(node, query) || defaultStepMs);
  });
  return spanMs / shortestMs;
}

// Series that differ by type or unit alone become equal when names are dropped, as those of several names do.
function hasTypedSeries({ features, queryable }: PromqlEngineOptions): boolean {
  if (features.typeAndUnitLabels || features.delayedNameRemoval) return true;
  const from = millis(Number.MIN_SAFE_INTEGER);
  const everything = { matchers: [], from, to: millis(Number.MAX_SAFE_INTEGER), limit: 1 };
  return ["__type__", "__unit__"].some((name) => queryable.labelValues(name, everything).length > 0);
}

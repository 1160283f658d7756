import { NarthexError, type Clock } from "../base/index.ts";
import { evaluate, type EngineFeatures, type QueryResult } from "../promql/index.ts";
import { documentedType, parseExpr, valueTypeOf, type ParseOptions } from "../promql/parse/index.ts";
import type { Queryable } from "../storage/index.ts";
import type { EngineRequest, QueryEngine } from "./evaluate.ts";

export interface PromqlEngineOptions {
  readonly queryable: Queryable;
  readonly parse: ParseOptions;
  readonly features: EngineFeatures;
  /** Step of subqueries that name none: the configured evaluation interval, asked for at each query (SEM-8). */
  readonly defaultSubqueryStepMs: () => number;
  readonly clock: Clock;
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
  return {
    evaluate(request: EngineRequest): QueryResult {
      const began = monotonic();
      const expr = parseExpr(request.query, options.parse);
      if (request.kind === "range") {
        const type = valueTypeOf(expr);
        if (type !== "scalar" && type !== "vector") throw new ExpressionTypeError(documentedType(type));
      }
      const parsedMs = monotonic() - began;
      const { startMs, endMs, stepMs, lookbackMs, samplesMax, perStepStats, shouldStop } = request;
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

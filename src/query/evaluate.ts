import type { QueryResult, StopReason } from "../promql/index.ts";
import { capAnnotations } from "./annotations.ts";
import { encodeAnswer, seriesCount } from "./encode/answer.ts";
import { encodedData, type EncodedData } from "./encode/encoded-data.ts";
import { statsJson, timingsOf, type QueryTimings } from "./stats.ts";

/** What the query language is asked to do. */
export interface EngineRequest {
  readonly query: string;
  readonly kind: "instant" | "range";
  readonly startMs: number;
  readonly endMs: number; // An instant query has its time in both.
  readonly stepMs: number; // 0 in an instant query.
  readonly lookbackMs: number;
  readonly samplesMax: number;
  readonly perStepStats: boolean;
  /** Asked now and then; a reason ends the evaluation. */
  readonly shouldStop: () => StopReason | undefined;
}

/** The query language as the executor sees it. */
export interface QueryEngine {
  /** @throws NarthexError: bad_data for a query that cannot be, execution, timeout or canceled while it runs. */
  evaluate(request: EngineRequest): QueryResult;
}

/** How much is told about the evaluation. Source: spec API-35. */
export type StatsWanted = "none" | "totals" | "per-step";

/** One query that has its slot, as plain data. */
export interface QueryJob {
  readonly query: string;
  readonly kind: "instant" | "range";
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
  readonly lookbackMs: number;
  readonly samplesMax: number;
  readonly seriesMax: number; // 0: all.
  readonly stats: StatsWanted;
  readonly queueMs: number; // How long it waited for its slot.
}

export interface EvaluatedQuery {
  readonly data: EncodedData;
  readonly warnings: readonly string[];
  readonly infos: readonly string[];
  readonly timings: QueryTimings;
  readonly samplesRead: number;
}

const TRUNCATED = "results truncated due to limit";

/**
 * Evaluates and encodes one query. Synchronous, so that it runs the same on the main thread and on a worker.
 * @throws NarthexError as `QueryEngine.evaluate`.
 */
export function evaluateJob(
  engine: QueryEngine,
  job: QueryJob,
  shouldStop: () => StopReason | undefined,
): EvaluatedQuery {
  const { query, kind, startMs, endMs, stepMs, lookbackMs, samplesMax } = job;
  const result = engine.evaluate({
    query,
    kind,
    startMs,
    endMs,
    stepMs,
    lookbackMs,
    samplesMax,
    perStepStats: job.stats === "per-step",
    shouldStop,
  });
  const timings = timingsOf(result.stats, job.queueMs);
  const stats = job.stats === "none" ? undefined : statsJson(result.stats, timings);
  const isCut = job.seriesMax > 0 && seriesCount(result.value) > job.seriesMax;
  const chunks = encodeAnswer(result.value, { seriesMax: job.seriesMax, stats });
  return {
    data: encodedData(chunks),
    warnings: capAnnotations(isCut ? [TRUNCATED, ...result.warnings] : result.warnings, "warning"),
    infos: capAnnotations(result.infos, "info"),
    timings,
    samplesRead: result.stats.samplesRead,
  };
}

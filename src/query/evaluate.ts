import type { QueryResult, QueryValue, StopReason } from "../promql/index.ts";
import { capAnnotations } from "./annotations.ts";
import { encodeAnswer, seriesCount } from "./encode/answer.ts";
import { encodedData, type EncodedData } from "./encode/encoded-data.ts";
import type { MatrixBytes } from "./encode/matrix-bytes.ts";
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
  readonly explains: boolean; // Whether to measure each part of the query.
  /** Asked now and then; a reason ends the evaluation. */
  readonly shouldStop: () => StopReason | undefined;
}

/** The query language as the executor sees it. */
export interface QueryEngine {
  /** @throws NarthexError: bad_data for a query that cannot be, execution, timeout or canceled while it runs. */
  evaluate(request: EngineRequest): QueryResult;
  /** Why an answer is empty or not what was meant, in a few texts. */
  hints?(request: Omit<EngineRequest, "shouldStop">, isEmpty: boolean): readonly string[];
  /** About how many steps the longest subquery has; 0: there is none. */
  subquerySteps?(request: Omit<EngineRequest, "shouldStop">): number;
  /** Whether the steps of a range query come out the same in other ranges; undefined: not for certain. */
  keepable?(request: Omit<EngineRequest, "shouldStop">): KeepableQuery | undefined;
}

/** A query whose steps come out the same whatever range they are asked in. */
export interface KeepableQuery {
  /** How far after its own time a step looks at samples, in ms; see `reachAfterStep`. */
  readonly reachMs: number;
  /** Differs where answers to the same text and times may. */
  readonly key: string;
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
  readonly explains?: boolean;
  /** An answer of at most this many points, all floats, is wanted as `matrix` too; undefined: none is. */
  readonly keptPointsMax?: number;
}

export interface EvaluatedQuery {
  readonly data: EncodedData;
  /** The bytes of `data`, where they were asked for. */
  readonly matrix?: MatrixBytes | undefined;
  readonly warnings: readonly string[];
  readonly infos: readonly string[];
  readonly isEmpty: boolean; // No series, no element.
  readonly timings: QueryTimings;
  readonly samplesRead: number;
}

/** What may end a job before it is done. */
export interface JobControl {
  /** Tells all of it to whoever can ask. */
  readonly shouldStop: () => StopReason | undefined;
  readonly timeoutMs: number; // From now on.
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal | undefined;
}

/** Evaluates jobs, here or elsewhere. */
export interface JobRunner {
  /** How many threads ended in the midst of their work and were replaced. */
  readonly restarts: number;
  /** @throws NarthexError as `evaluateJob`, or rejects with it. */
  run(job: QueryJob, control: JobControl): EvaluatedQuery | Promise<EvaluatedQuery>;
}

/** What the query language is asked for by a job. */
export function requestOf(job: QueryJob): Omit<EngineRequest, "shouldStop"> {
  const { query, kind, startMs, endMs, stepMs, lookbackMs, samplesMax } = job;
  const perStepStats = job.stats === "per-step";
  const explains = job.explains === true;
  return { query, kind, startMs, endMs, stepMs, lookbackMs, samplesMax, perStepStats, explains };
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
  const result = engine.evaluate({ ...requestOf(job), shouldStop });
  const timings = timingsOf(result.stats, job.queueMs);
  const stats = job.stats === "none" ? undefined : statsJson(result.stats, timings);
  const explain = result.profile === undefined ? undefined : JSON.stringify(result.profile);
  const isCut = job.seriesMax > 0 && seriesCount(result.value) > job.seriesMax;
  const { value } = result;
  const matrix = isKeepable(value, job) ? matrixBytes(value) : undefined;
  return {
    data:
      matrix === undefined
        ? encodedData(encodeAnswer(value, { seriesMax: job.seriesMax, stats, explain }))
        : { first: matrix.bytes, rest: undefined },
    matrix,
    warnings: capAnnotations(isCut ? [TRUNCATED, ...result.warnings] : result.warnings, "warning"),
    infos: capAnnotations(result.infos, "info"),
    isEmpty: seriesCount(value) === 0,
    timings,
    samplesRead: result.stats.samplesRead,
  };
}

function isKeepable(value: QueryValue, { keptPointsMax = 0 }: QueryJob): boolean {
  if (value.kind !== "matrix") return false;
  let points = 0;
  for (const { count, histograms } of value.series) {
    points += count;
    if (histograms !== undefined || points > keptPointsMax) return false;
  }
  return keptPointsMax > 0;
}

function matrixBytes(value: QueryValue): MatrixBytes {
  const places: number[] = [];
  const chunks = [...encodeAnswer(value, { seriesMax: 0, stats: undefined, places })];
  const bytes = Buffer.allocUnsafeSlow(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return { bytes, places: Uint32Array.from(places) };
}

import type { Clock } from "../base/index.ts";
import type { StopReason } from "../promql/index.ts";
import type { StoreChanges } from "../storage/index.ts";
import { ResultCache, type CacheCounts } from "./cache/result-cache.ts";
import { evaluateJob, requestOf } from "./evaluate.ts";
import type { EvaluatedQuery, JobRunner, QueryEngine, QueryJob, StatsWanted } from "./evaluate.ts";
import type { QueryJournal } from "./journal.ts";
import { QuerySlots } from "./slots.ts";
import type { QueryTimings } from "./stats.ts";

/** Limits from the `--query.*` flags. */
interface QueryLimits {
  readonly samplesMax: number; // LIM-1
  readonly timeoutMs: number; // LIM-2
  readonly concurrencyMax: number; // LIM-3
  readonly waitingMax: number; // Queries that may wait; more are refused.
  readonly lookbackMs: number;
}

export interface InstantRequest {
  readonly query: string;
  readonly timeMs: number;
  readonly options: RequestOptions;
}

export interface RangeRequest {
  readonly query: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
  readonly options: RequestOptions;
}

export interface RequestOptions {
  /** Lowers the time limit of the server, never raises it. */
  readonly timeoutMs?: number | undefined;
  /** Undefined or 0: the server's. */
  readonly lookbackMs?: number | undefined;
  /** At most this many series in the answer; 0 or undefined: all. */
  readonly seriesMax?: number | undefined;
  readonly stats?: StatsWanted | undefined;
  /** Every step is evaluated, also where the answer is kept. */
  readonly fresh?: boolean | undefined;
  /** Whether to measure each part of the query and tell in the answer. */
  readonly explains?: boolean | undefined;
  /** Whether to tell, among the infos, why the answer is empty or not what was meant. */
  readonly hints?: boolean | undefined;
  /** Aborted when the client goes away. */
  readonly signal?: AbortSignal | undefined;
}

/** Told about each query that was answered. */
export interface QueryObserver {
  queryDone(timings: QueryTimings, samplesRead: number): void;
}

export interface ExecutorOptions {
  readonly engine: QueryEngine;
  readonly limits: QueryLimits;
  readonly clock: Clock;
  /** Whether requests may ask for counts of each step (feature `promql-per-step-stats`, API-35); else they get totals. */
  readonly perStepStats?: boolean;
  readonly observer?: QueryObserver | undefined;
  /** Where the queries that run are noted. */
  readonly journal?: Pick<QueryJournal, "begin" | "end"> | undefined;
  /** Evaluates; undefined: the engine does, on the calling thread, one query after the other. */
  readonly runner?: JobRunner | undefined;
  /** Keeps the answers of range queries; undefined: does not. */
  readonly cache?: { readonly changes: StoreChanges; readonly bytesMax: number } | undefined;
}

/** How busy an executor is. */
export interface ExecutorLoad {
  readonly running: number;
  readonly waiting: number;
  readonly concurrencyMax: number;
  /** How often kept answers helped; undefined: none are kept. */
  readonly cache?: CacheCounts | undefined;
  readonly workerRestarts: number; // Query workers that ended in the midst of their work.
}

/** Runs queries under the server's limits and gives their answers as encoded bytes. */
export interface QueryExecutor {
  /** @throws NarthexError: bad_data for a bad query (API-33), execution, timeout, canceled. */
  instant(request: InstantRequest): Promise<EvaluatedQuery>;
  /** @throws NarthexError as `instant`. */
  range(request: RangeRequest): Promise<EvaluatedQuery>;
  load(): ExecutorLoad;
}

export function createQueryExecutor(options: ExecutorOptions): QueryExecutor {
  const { engine, limits, clock, observer, journal, runner = inlineRunner(engine) } = options;
  const cache = createCache(options);
  const slots = new QuerySlots({ running: limits.concurrencyMax, waiting: limits.waitingMax, clock });

  function statsGiven(wanted: StatsWanted): StatsWanted {
    return wanted === "per-step" && options.perStepStats !== true ? "totals" : wanted;
  }

  async function run(job: Omit<QueryJob, "queueMs">, request: RequestOptions): Promise<EvaluatedQuery> {
    const timeoutMs = Math.min(limits.timeoutMs, request.timeoutMs ?? Infinity);
    const started = clock.monotonic();
    await slots.acquire(timeoutMs, request.signal);
    const queueMs = clock.monotonic() - started;
    const noted = journal?.begin(job.query);
    try {
      const shouldStop = (): StopReason | undefined => {
        if (request.signal?.aborted === true) return "canceled";
        return clock.monotonic() - started > timeoutMs ? "timeout" : undefined;
      };
      const evaluate: Evaluate = (part) => {
        const leftMs = timeoutMs - (clock.monotonic() - started);
        return runner.run(part, { shouldStop, timeoutMs: leftMs, signal: request.signal });
      };
      const usedCache = request.fresh === true || request.explains === true ? undefined : cache;
      const evaluated = await evaluateThrough(usedCache, { ...job, queueMs }, evaluate);
      observer?.queryDone(evaluated.timings, evaluated.samplesRead);
      if (request.hints !== true) return evaluated;
      const hints = engine.hints?.(requestOf({ ...job, queueMs }), evaluated.isEmpty) ?? [];
      return { ...evaluated, infos: [...evaluated.infos, ...hints] };
    } finally {
      if (noted !== undefined) journal?.end(noted);
      slots.release();
    }
  }

  function jobOf(
    kind: QueryJob["kind"],
    query: string,
    request: RequestOptions,
  ): Omit<QueryJob, "queueMs" | "startMs" | "endMs" | "stepMs"> {
    return {
      kind,
      query,
      lookbackMs:
        request.lookbackMs === undefined || request.lookbackMs <= 0 ? limits.lookbackMs : request.lookbackMs,
      samplesMax: limits.samplesMax,
      seriesMax: request.seriesMax ?? 0,
      stats: statsGiven(request.stats ?? "none"),
      explains: request.explains === true,
    };
  }

  return {
    instant: ({ query, timeMs, options: request }) =>
      run({ ...jobOf("instant", query, request), startMs: timeMs, endMs: timeMs, stepMs: 0 }, request),
    range: ({ query, startMs, endMs, stepMs, options: request }) =>
      run({ ...jobOf("range", query, request), startMs, endMs, stepMs }, request),
    load: () => ({
      running: slots.running,
      waiting: slots.waiting,
      concurrencyMax: limits.concurrencyMax,
      cache: cache?.counts(),
      workerRestarts: runner.restarts,
    }),
  };
}

type Evaluate = (job: QueryJob) => EvaluatedQuery | Promise<EvaluatedQuery>;

function inlineRunner(engine: QueryEngine): JobRunner {
  return { restarts: 0, run: (job, { shouldStop }) => evaluateJob(engine, job, shouldStop) };
}

function createCache({ engine, cache }: ExecutorOptions): ResultCache | undefined {
  if (cache === undefined || cache.bytesMax === 0 || engine.keepable === undefined) return undefined;
  return new ResultCache({ ...cache, keepable: (job) => engine.keepable?.(requestOf(job)) });
}

async function evaluateThrough(
  cache: ResultCache | undefined,
  job: QueryJob,
  evaluate: Evaluate,
): Promise<EvaluatedQuery> {
  const plan = cache?.plan(job);
  if (plan === undefined) return evaluate(job);
  const { rest } = plan;
  const known = rest?.finish(rest.job === undefined ? undefined : await evaluate(rest.job));
  if (known !== undefined) return known;
  const evaluated = await evaluate(plan.whole);
  plan.keep(evaluated);
  return evaluated;
}

import type { Clock } from "../../base/index.ts";
import { evaluateJob, requestOf } from "../evaluate.ts";
import type { EvaluatedQuery, JobControl, JobRunner, QueryEngine, QueryJob } from "../evaluate.ts";
import { TooLong } from "./short-selections.ts";

export interface GradedRunnerOptions {
  /** Evaluates on the calling thread, over `shortSelections`. */
  readonly engine: QueryEngine;
  /** Runs what takes longer than `inlineMs` there. */
  readonly pool: JobRunner;
  readonly inlineMs: number; // 0: all goes to the pool.
  readonly clock: Clock;
}

/** Queries that are known to take long. */
const LONG_MAX = 1000;
/** How long that is believed. */
const LONG_MS = 60_000;

/** Subqueries of more steps do not begin on the calling thread. */
const STEPS_MAX = 20_000;

/**
 * A runner that gives every query a short time on the calling thread, since most queries end before another thread
 * would have begun, and starts those that do not once more in the pool.
 */
export function createGradedRunner({ engine, pool, inlineMs, clock }: GradedRunnerOptions): JobRunner {
  const longSince = new Map<string, number>(); // By query, in order of time (ms, monotonic).

  function isLong(key: string): boolean {
    const since = longSince.get(key);
    return since !== undefined && clock.monotonic() - since < LONG_MS;
  }

  function noteLong(key: string): void {
    longSince.delete(key);
    longSince.set(key, clock.monotonic());
    if (longSince.size <= LONG_MAX) return;
    for (const oldest of longSince.keys()) {
      longSince.delete(oldest);
      break;
    }
  }

  // One that was slow only because the machine was busy is not long for a minute.
  async function runThere(key: string, job: QueryJob, control: JobControl): Promise<EvaluatedQuery> {
    const evaluated = await pool.run(job, control);
    const { preparationMs, evaluationMs, sortMs } = evaluated.timings;
    if (preparationMs + evaluationMs + sortMs < inlineMs) longSince.delete(key);
    return evaluated;
  }

  return {
    get restarts() {
      return pool.restarts;
    },
    run(job, control): EvaluatedQuery | Promise<EvaluatedQuery> {
      const key = keyOf(job);
      const steps = engine.subquerySteps?.(requestOf(job)) ?? 0;
      if (inlineMs === 0 || isLong(key) || steps > STEPS_MAX) return runThere(key, job, control);
      const began = clock.monotonic();
      try {
        return evaluateJob(engine, job, () => {
          if (clock.monotonic() - began > inlineMs) throw new TooLong();
          return control.shouldStop();
        });
      } catch (error) {
        if (!(error instanceof TooLong)) throw error;
        noteLong(key);
        const timeoutMs = control.timeoutMs - (clock.monotonic() - began);
        return runThere(key, job, { ...control, timeoutMs });
      }
    },
  };
}

// Of a dashboard's refreshed range the end moves and the length stays about the same.
function keyOf({ query, kind, startMs, endMs, stepMs }: QueryJob): string {
  const steps = kind === "range" ? Math.ceil(Math.log2((endMs - startMs) / stepMs + 1)) : -1;
  return `${steps} ${query}`;
}

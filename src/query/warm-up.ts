import type { Clock } from "../base/index.ts";
import { labelsFromRecord, METRIC_NAME } from "../model/index.ts";
import type { Appendable, SeriesBatch } from "../storage/index.ts";
import { evaluateJob, type QueryEngine, type QueryJob } from "./evaluate.ts";

// The first queries after a start would run in V8's interpreter, which takes five times as long as what it compiles
// once it knows what is called often. So the ways that most queries take are walked before anybody waits for them.

const STEP_MS = 15_000;
const ROWS = 120; // Half an hour: some sealed and some open rows.
const TARGETS = 6;
const ROUNDS = 40;
const BUCKETS = ["0.1", "1", "10", "+Inf"];

const QUERIES = [
  "warm_gauge",
  'warm_gauge{instance="target-1"}',
  "sum by (job) (rate(warm_total[5m]))",
  "topk(3, rate(warm_total[5m]))",
  "rate(warm_total[5m]) > 0.1",
  "histogram_quantile(0.9, sum by (le, job) (rate(warm_bucket[5m])))",
  "sum(rate(warm_total[5m])) by (job) / count(warm_gauge) by (job)",
  "warm_gauge * on (instance) group_left () warm_limit",
  "max by (job) (max_over_time(warm_gauge[10m]))",
  "avg_over_time(warm_gauge[10m])",
  "quantile_over_time(0.9, warm_gauge[10m])",
  "max_over_time(sum(rate(warm_total[5m]))[10m:1m])",
  'count({__name__=~"warm_.*"})',
  'sum without (instance) (warm_gauge{instance=~"target-[13].*"})',
  "increase(warm_total[10m]) > 0 and on (instance) warm_limit",
] as const;

export interface WarmUp {
  /** A store of its own, empty; the same kind as the server's, whose code is to be walked. */
  readonly store: Appendable;
  /** Asks that store. */
  readonly engine: QueryEngine;
  readonly clock: Clock;
  /** Asked between two queries; true: no more. */
  readonly isStopped: () => boolean;
}

/** Runs small queries, one at a time, with room for other work in between. Takes some tenths of a second in all. */
export async function warmUp({ store, engine, clock, isStopped }: WarmUp): Promise<void> {
  const endMs = Math.floor(clock.now() / STEP_MS) * STEP_MS;
  await store.appendBatch(warmSeries(endMs), "partial");
  for (let round = 0; round < ROUNDS; round++) {
    for (const query of QUERIES) {
      if (isStopped()) return;
      runWarm(engine, { ...JOB, query, kind: "instant", startMs: endMs, endMs, stepMs: 0 });
      runWarm(engine, { ...JOB, query, kind: "range", startMs: endMs - 900_000, endMs, stepMs: STEP_MS });
      await new Promise<void>((resolve) => void clock.after(0, resolve));
    }
  }
}

const JOB = { lookbackMs: 300_000, samplesMax: 1e6, seriesMax: 0, stats: "none", queueMs: 0 } as const;

function runWarm(engine: QueryEngine, job: QueryJob): void {
  const { data } = evaluateJob(engine, { ...job, keptPointsMax: 1e6 }, () => undefined);
  if (data.rest !== undefined) throw new Error("assertion failed: expected a small answer");
}

function warmSeries(endMs: number): SeriesBatch[] {
  const batch: SeriesBatch[] = [];
  for (let target = 0; target < TARGETS; target++) {
    const labels = { job: `job-${target % 2}`, instance: `target-${target}` };
    const add = (name: string, more: Record<string, string>, value: (row: number) => number): void => {
      const times = Float64Array.from({ length: ROWS }, (_, row) => endMs - (ROWS - 1 - row) * STEP_MS);
      batch.push({
        labels: labelsFromRecord({ [METRIC_NAME]: name, ...labels, ...more }),
        times,
        values: times.map((_, row) => value(row)),
        histograms: [],
      });
    };
    add("warm_limit", {}, () => 1 + target);
    for (const zone of ["a", "b", "c"]) {
      add("warm_gauge", { zone }, (row) => Math.sin(row * (target + 1)) * 100);
      add("warm_total", { zone }, (row) => (row % 50) * (target + 1));
    }
    BUCKETS.forEach((le, at) => add("warm_bucket", { le }, (row) => row * (at + 1) + target / 10));
  }
  return batch;
}

import type { QueryStats } from "../promql/index.ts";

/** Where the time of one query went, in ms. */
export interface QueryTimings {
  readonly queueMs: number;
  readonly preparationMs: number;
  readonly evaluationMs: number;
  readonly sortMs: number;
}

export function timingsOf(stats: QueryStats, queueMs: number): QueryTimings {
  const { preparation, evaluation, sort } = stats.timingsMs;
  return { queueMs, preparationMs: preparation, evaluationMs: evaluation, sortMs: sort };
}

/** JSON text of the `stats` object; times in seconds. Source: spec API-35. */
export function statsJson(stats: QueryStats, timings: QueryTimings): string {
  const { queueMs, preparationMs, evaluationMs, sortMs } = timings;
  const evalTotalMs = preparationMs + evaluationMs + sortMs;
  const perStep = stats.totalQueryableSamplesPerStep?.map(([time, samples]) => [time / 1000, samples]);
  return JSON.stringify({
    timings: {
      evalTotalTime: evalTotalMs / 1000,
      resultSortTime: sortMs / 1000,
      queryPreparationTime: preparationMs / 1000,
      innerEvalTime: evaluationMs / 1000,
      execQueueTime: queueMs / 1000,
      execTotalTime: (evalTotalMs + queueMs) / 1000,
    },
    samples: {
      totalQueryableSamplesPerStep: perStep,
      totalQueryableSamples: stats.totalQueryableSamples,
      samplesRead: stats.samplesRead,
      peakSamples: stats.peakSamples,
    },
  });
}

import { expect, test } from "vitest";
import { labelsFromRecord } from "../../../../src/model/index.ts";
import type { Queryable, Selection } from "../../../../src/storage/index.ts";
import { evaluate, parseExpr, type QueryResult } from "../../../../src/promql/index.ts";
import { DEFAULT_OPTIONS } from "../ask.ts";

const STEP_MS = 60_000;

interface Churn {
  readonly seriesCount: number;
  /** Series `i` has one sample, at step `i % stepCount`. */
  readonly stepCount: number;
}

/** Series that live for one step each; selects by time, as a store's index does. */
function churning({ seriesCount, stepCount }: Churn, selected: number[]): Queryable {
  return {
    select({ from, to }): Selection {
      const first = Math.max(0, Math.ceil(from / STEP_MS));
      const last = Math.min(stepCount - 1, Math.floor(to / STEP_MS));
      const perStep = seriesCount / stepCount;
      const count = Math.max(0, last - first + 1) * perStep;
      selected.push(count);
      const stepOf = (index: number): number => first + Math.floor(index / perStep);
      return {
        seriesCount: count,
        labels: (index) =>
          labelsFromRecord({ __name__: "m", step: `${stepOf(index)}`, n: `${index % perStep}` }),
        read(index, into) {
          into.count = 1;
          into.times = Float64Array.of(stepOf(index) * STEP_MS);
          into.values = Float64Array.of(stepOf(index));
          into.timeline = stepOf(index);
          into.hasStale = false;
          into.histograms = undefined;
        },
        close: () => {},
      };
    },
    series: () => [],
    labelNames: () => [],
    labelValues: () => [],
  };
}

function run(churn: Churn, text: string, selected: number[]): QueryResult {
  const request = {
    queryable: churning(churn, selected),
    expr: parseExpr(text),
    text,
    startMs: 0,
    endMs: (churn.stepCount - 1) * STEP_MS,
    stepMs: STEP_MS,
  };
  return evaluate(request, { ...DEFAULT_OPTIONS, lookbackMs: 5 * STEP_MS, perStepStats: true });
}

test("many series that come and go are evaluated piece by piece, and nothing of it shows", () => {
  const selected: number[] = [];
  const { value, stats } = run({ seriesCount: 40_000, stepCount: 1000 }, "sum by (step) (m)", selected);
  if (value.kind !== "matrix") throw new Error(value.kind);
  expect(value.series).toHaveLength(1000);
  for (const { labels, count, times, values } of value.series) {
    const step = Number(labels[1]);
    const seen = Math.min(5, 1000 - step);
    expect([...times.subarray(0, count)]).toEqual(
      Array.from({ length: seen }, (_, i) => (step + i) * STEP_MS),
    );
    expect(new Set(values)).toEqual(new Set([step * 40]));
  }
  // 40,000 series at 419 steps are a piece; at first all are asked for to learn how many there are.
  expect(selected).toEqual([40_000, 16_760, 16_920, 6_640]);
  const perStep = stats.totalQueryableSamplesPerStep!.map(([, samples]) => samples);
  expect(perStep.slice(0, 6)).toEqual([40, 80, 120, 160, 200, 200]);
  expect(stats.totalQueryableSamples).toBe(perStep.reduce((a, b) => a + b, 0));
});

test("few series are evaluated at once", () => {
  const selected: number[] = [];
  run({ seriesCount: 1000, stepCount: 1000 }, "m + m", selected);
  expect(selected).toEqual([1000]);
});

test("what cannot be held is refused", () => {
  const selected: number[] = [];
  const text = "max_over_time(sum by (step, n) (m)[4d:1m])";
  expect(() => run({ seriesCount: 60_000, stepCount: 5000 }, text, selected)).toThrow(
    "query would take more than 1GiB of memory in query execution",
  );
});

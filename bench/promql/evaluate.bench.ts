import { test } from "vitest";
import { evaluate, parseExpr, type EvaluateOptions } from "../../src/promql/index.ts";
import { ColumnQueryable } from "./column-queryable.ts";

// 2,000 series of 6 h at 15 s, asked at 60 s: 361 steps, 722,000 points of output. And 50,000 series of 10 min.
const STEP_MS = 15_000;
const START_MS = 1_700_000_000_000 - (1_700_000_000_000 % 60_000);

const options: EvaluateOptions = {
  lookbackMs: 300_000,
  defaultSubqueryStepMs: 60_000,
  samplesMax: 1e9,
  features: { delayedNameRemoval: false, typeAndUnitLabels: false },
  perStepStats: false,
  shouldStop: () => undefined,
  monotonic: () => 0,
};

function fill(
  seriesCount: number,
  sampleCount: number,
  label: (series: number) => Record<string, string>,
): ColumnQueryable {
  const times = Float64Array.from({ length: sampleCount }, (_, row) => START_MS + row * STEP_MS);
  const queryable = new ColumnQueryable(times);
  let state = 1;
  for (let series = 0; series < seriesCount; series++) {
    const values = new Float64Array(sampleCount);
    let value = 0;
    for (let row = 0; row < sampleCount; row++) {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      value = state % 2000 === 0 ? 0 : value + (state % 50);
      values[row] = value;
    }
    queryable.add(label(series), values);
  }
  return queryable;
}

const deep = fill(2000, 1441, (series) => ({
  __name__: "requests_total",
  job: `job-${series % 10}`,
  instance: `host-${series % 200}:9100`,
  le: `${series % 12}`,
  path: `/api/${series}`,
}));
const wide = fill(50_000, 40, (series) => ({
  __name__: "wide_total",
  namespace: `ns-${series % 20}`,
  pod: `app-${series % 500}-${series}`,
  container: "main",
  node: `node-${series % 100}`,
  cluster: "prod-a",
}));

const END_DEEP_MS = START_MS + 1440 * STEP_MS;
const END_WIDE_MS = START_MS + 39 * STEP_MS;

function run(queryable: ColumnQueryable, text: string, stepMs: number | undefined): void {
  const endMs = queryable === deep ? END_DEEP_MS : END_WIDE_MS;
  const startMs = stepMs === undefined ? endMs : START_MS;
  evaluate({ queryable, expr: parseExpr(text), text, startMs, endMs, stepMs }, options);
}

const RANGE_QUERIES = [
  "requests_total",
  "rate(requests_total[5m])",
  "sum by (job) (rate(requests_total[5m]))",
  "avg_over_time(requests_total[10m])",
  "max_over_time(requests_total[1h])",
  "increase(requests_total[1h]) > 0",
  "topk(5, sum by (instance) (rate(requests_total[5m])))",
  "requests_total * on (path) requests_total",
  "max_over_time(sum(rate(requests_total[5m]))[30m:1m])",
];
for (const text of RANGE_QUERIES) {
  test(`2,000 series, 361 steps: ${text}`, async ({ bench }) => {
    await bench("range", () => run(deep, text, 60_000)).run({ time: 500 });
  });
}

const INSTANT_QUERIES = [
  "wide_total",
  "count by (namespace) (wide_total)",
  "sum by (namespace) (rate(wide_total[5m]))",
  "topk(5, wide_total)",
  "sum without (pod) (wide_total)",
  "wide_total / wide_total",
];
for (const text of INSTANT_QUERIES) {
  test(`50,000 series: ${text}`, async ({ bench }) => {
    await bench("instant", () => run(wide, text, undefined)).run({ time: 500 });
  });
}

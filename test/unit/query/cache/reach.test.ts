import { expect, test } from "vitest";
import { ALL_FEATURES, parseExpr } from "../../../../src/promql/index.ts";
import { reachAfterStep } from "../../../../src/query/cache/reach.ts";

function reach(query: string): number | undefined {
  const expr = parseExpr(query, { features: ALL_FEATURES });
  return reachAfterStep(expr, { stepMs: 60_000, lookbackMs: 300_000 });
}

test.each([
  "1 + time()",
  "up",
  "sum by (job) (rate(up[5m])) / 2",
  "up offset 1h",
  "rate(up[step()])",
  "topk(3, up) * on (job) group_left () up",
  "max_over_time(sum(rate(up[5m]))[1h:1m])",
  'count({job="a"})',
  'abs(sum without (x) ({job="a"}))',
  'quantile by (__name__) (0.5, {job="a"})',
])("the steps of %s hang on what was there by then", (query) => {
  expect(reach(query)).toBe(0);
});

test.each([
  ["up offset -1m", 60_000],
  ["rate(up[5m] smoothed)", 300_000],
  ["max_over_time(rate(up[5m] offset -1m)[1h:1m] offset -2m)", 180_000],
  ["up offset -1m + up offset -5m", 300_000],
])("%s looks %d ms ahead", (query, expected) => {
  expect(reach(query)).toBe(expected);
});

test.each([
  "up @ 100",
  "rate(up[5m] @ end())",
  "sum_over_time(up[1h:1m] @ start())",
  "start() + up",
  "rate(up[range()])",
  "up offset (-range())",
  'label_replace(up, "a", "b", "c", "d")',
  "info(up)",
  'rate({job="a"}[5m])',
  '-{job="a"}',
  '{job="a"} + 1',
  'abs(sum by (__name__) ({job="a"}))',
])("the steps of %s are not the same in every query", (query) => {
  expect(reach(query)).toBeUndefined();
});

import { describe, expect, test } from "vitest";
import { PromqlExecutionError } from "../../../../../src/promql/index.ts";
import { ask, linesOf, storeOf } from "../../ask.ts";

const STORE = storeOf(60_000, [
  'v{g="a",i="1"} 1 5',
  'v{g="a",i="2"} 2 _',
  'v{g="b",i="1"} 3 3',
  'v{g="b",i="2"} NaN NaN',
  'same{i="1"} 7',
  'same{i="2"} 7',
  'same{i="3"} 7',
  'mixed{i="1"} 1',
  'mixed{i="2"} {{schema:0 sum:1 count:2 buckets:[2]}}',
]);
const OPTIONS = { lookbackMs: 60_000 };

function lines(text: string, at: number | readonly [number, number, number] = 0): string[] {
  return linesOf(ask(STORE, { text, at, options: OPTIONS }).value);
}

test.each([
  ["sum by", 'sum by (g) (v{i="1"})', ['{g="a"} 1', '{g="b"} 3']],
  ["sum without", 'sum without (i) (v{i="1"})', ['{g="a"} 1', '{g="b"} 3']],
  ["sum of all", "sum(v)", ["{} NaN"]],
  ["by a label that none has", "count by (none) (v)", ["{} 4"]],
  ["by the name", "count by (__name__) (v)", ["v{} 4"]],
  ["min and max prefer numbers", "max(v) - min(v)", ["{} 2"]],
  [
    "topk: the best first, NaN last, names kept",
    "topk(4, v)",
    ['v{g="b",i="1"} 3', 'v{g="a",i="2"} 2', 'v{g="a",i="1"} 1', 'v{g="b",i="2"} NaN'],
  ],
  ["bottomk per group", "bottomk by (g) (1, v)", ['v{g="a",i="1"} 1', 'v{g="b",i="1"} 3']],
  ["ties keep the earlier series", "topk(1, same)", ['same{i="1"} 7']],
  ["k below one keeps nothing", "topk(0.9, v)", []],
  ["limitk keeps the first", "limitk by (g) (1, v)", ['v{g="a",i="1"} 1', 'v{g="b",i="1"} 3']],
  ["quantile", 'quantile(0.5, v{g="a"})', ["{} 1.5"]],
  ["count_values", 'count_values("value", same)', ['{value="7"} 3']],
  [
    "count_values of histograms",
    'count_values by (i) ("value", mixed)',
    ['{i="1",value="1"} 1', '{i="2",value="{count:2, sum:1, (0.5,1]:2}"} 1'],
  ],
  ["histograms alone can be averaged", 'avg(mixed{i="2"})', ["{} {count:2, sum:1, (0.5,1]:2}"]],
  ["group", "group by (g) (v)", ['{g="a"} 1', '{g="b"} 1']],
])("%s", (_name, text, expected) => {
  expect(lines(text)).toEqual(expected);
});

test("topk in a range query chooses at each step and sorts by labels", () => {
  expect(lines('topk(1, v{g="a"})', [0, 60, 60])).toEqual(['v{g="a",i="1"} 5@60', 'v{g="a",i="2"} 2@0']);
});

test("the parts that limit_ratio keeps for r and r - 1 make up the whole", () => {
  const kept = [...lines("limit_ratio(0.4, v)"), ...lines("limit_ratio(-0.6, v)")];
  expect(kept.toSorted()).toEqual(lines("v").toSorted());
});

describe("parameters", () => {
  test.each([
    ["topk(NaN, v)", "Parameter value is NaN"],
    ["topk(1e19, v)", "Scalar value 1e+19 overflows int64"],
    ["topk(scalar(v{g='a',i='1'}) * 4e19 - 2e19 , v)", "Scalar value 2e+19 overflows int64"],
    ["limit_ratio(NaN, v)", "Ratio value is NaN"],
    ['count_values("", v)', 'invalid label name ""'],
  ])("%s is refused", (text, message) => {
    expect(() => lines(text)).toThrow(new PromqlExecutionError(message));
  });

  test.each([
    ["quantile(2, v)", "quantile value should be between 0 and 1, got 2 (1:10)"],
    ["quantile(NaN, v)", "quantile value should be between 0 and 1, got NaN (1:10)"],
    ["limit_ratio(1.5, v)", "ratio value should be between -1 and 1, got 1.5, capping to 1 (1:13)"],
  ])("%s is warned of", (text, warning) => {
    expect(ask(STORE, { text, at: 0 }).warnings).toEqual([`PromQL warning: ${warning}`]);
  });

  test("too small a k over the int64 range is refused only where some other k keeps something", () => {
    const text = "topk(time() * 1e18 - 2e19, v)";
    expect(() => lines(text, [0, 60, 60])).toThrow("Scalar value -2e+19 underflows int64");
    expect(lines("topk(-1e19, v)")).toEqual([]);
  });
});

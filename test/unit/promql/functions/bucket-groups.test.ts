import { expect, test } from "vitest";
import { ask, linesOf, storeOf } from "../ask.ts";

const STORE = storeOf(15_000, [
  'a_bucket{le="1"} 1',
  'a_bucket{le="+Inf"} 2',
  'b_bucket{le="1"} 2',
  'b_bucket{le="+Inf"} 2',
  "n {{schema:0 sum:3 count:4 buckets:[4]}}",
  'c{le="4"} {{schema:0 sum:3 count:4 buckets:[4]}}',
]);
const EQUAL = "vector cannot contain metrics with the same labelset";
const MIX = "PromQL warning: vector contains a mix of classic and native histograms (1:25)";

/** The answer as lines, warnings included, or the error. */
function answer(text: string): string[] {
  try {
    const { value, warnings } = ask(STORE, { text, at: 0 });
    return [...linesOf(value), ...warnings];
  } catch (thrown) {
    return [(thrown as Error).message];
  }
}

test.each([
  ["buckets of one name form a histogram", "histogram_quantile(1, a_bucket)", ["{} 1"]],
  ["equal buckets of two names are two histograms", 'histogram_quantile(1, {le=~".+"})', [EQUAL]],
  ["native histograms are answered one by one", 'histogram_quantile(1, {__name__=~"n|a_bucket"})', [EQUAL]],
  ["a native histogram keeps a label that happens to be le", "histogram_quantile(1, c)", ['{le="4"} 1']],
  [
    "buckets and a native histogram of the same labels hide each other",
    'histogram_quantile(1, n * 1 or label_replace(vector(1), "le", "1", "", ""))',
    [MIX.replace("1:25", "1:23")],
  ],
  ["fractions are grouped alike", 'histogram_fraction(0, 1, {__name__=~"a_bucket|b_bucket"})', [EQUAL]],
])("%s", (_name, text, expected) => {
  expect(answer(text)).toEqual(expected);
});

test("each quantile that is no probability is warned of by itself", () => {
  const { warnings } = ask(STORE, { text: "histogram_quantile(time(), a_bucket)", at: [0, 45, 15] });
  const text = "PromQL warning: quantile value should be between 0 and 1, got";
  expect(warnings).toEqual([15, 30, 45].map((value) => `${text} ${value} (1:20)`));
});

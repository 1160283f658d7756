import { expect, test } from "vitest";
import { PromqlExecutionError } from "../../../../src/promql/index.ts";
import { ask, linesOf, storeOf } from "../ask.ts";

const STORE = storeOf(15_000, ["a 1 2 4", "h {{schema:0 sum:3 count:4 buckets:[4]}}x2"]);
const ask30 = (text: string): string[] => linesOf(ask(STORE, { text, at: 30 }).value);

test.each([
  ["half and half", "double_exponential_smoothing(a[1m], 0.5, 0.5)", ["{} 3.5"]],
  [
    "a factor that is not a number makes the answer none",
    "double_exponential_smoothing(a[1m], NaN, 0.5)",
    ["{} NaN"],
  ],
  ["factors are not looked at without samples", "double_exponential_smoothing(nosuch[1m], 0, 0)", []],
])("%s", (_name, text, expected) => {
  expect(ask30(text)).toEqual(expected);
});

test.each([
  [
    "double_exponential_smoothing(a[1m], 1, 0.5)",
    "invalid smoothing factor. Expected: 0 < sf < 1, got: 1.000000",
  ],
  [
    "double_exponential_smoothing(a[1m], 0.5, 0)",
    "invalid trend factor. Expected: 0 < tf < 1, got: 0.000000",
  ],
  [
    "double_exponential_smoothing(h[1m], 2, 0.5)",
    "invalid smoothing factor. Expected: 0 < sf < 1, got: 2.000000",
  ],
  [
    "double_exponential_smoothing(a[1m], -Inf, 0.5)",
    "invalid smoothing factor. Expected: 0 < sf < 1, got: -Inf",
  ],
  [
    "double_exponential_smoothing(a[1m], 0.5, 1e22)",
    "invalid trend factor. Expected: 0 < tf < 1, got: 10000000000000000000000.000000",
  ],
])("%s is refused", (text, reason) => {
  expect(() => ask30(text)).toThrow(new PromqlExecutionError(reason));
});

import { expect, test } from "vitest";
import { ask, linesOf, storeOf } from "../../ask.ts";

const SERIES: Readonly<Record<string, string>> = {
  float: "1",
  exponential: "{{schema:0 sum:3 count:4 buckets:[4]}}",
  custom: "{{schema:-53 sum:3 count:4 custom_values:[1] buckets:[4]}}",
};
const MIX = "PromQL warning: encountered a mix of histograms and floats for aggregation (1:6)";
const SCHEMAS =
  'PromQL warning: vector contains a mix of histograms with exponential and custom buckets schemas for metric name "a" (1:6)';

// What Prometheus warns of when the elements come in this order (AGG-1, ANN-4, ANN-8).
test.each<[string, string, string[]]>([
  ["one kind", "exponential exponential", []],
  ["a float and a histogram", "float exponential", [MIX]],
  ["a histogram and a float", "exponential float", [MIX]],
  ["two schemas", "exponential custom", [SCHEMAS]],
  ["two schemas behind a float", "float exponential custom", [MIX]],
  ["a float between two schemas", "exponential float custom", [SCHEMAS, MIX]],
  ["a float behind two schemas", "exponential custom float", [SCHEMAS]],
])("%s", (_name, order, expected) => {
  const kinds = order.split(" ");
  const store = storeOf(
    15_000,
    kinds.map((kind, index) => `a{i="${index}"} ${SERIES[kind]}`),
  );
  for (const op of ["sum", "avg"]) {
    const { value, warnings } = ask(store, { text: `${op} (a)`, at: 0 });
    expect(warnings).toEqual(expected);
    expect(linesOf(value).length).toBe(expected.length === 0 ? 1 : 0);
  }
});

import { expect, test } from "vitest";
import { ask, linesOf, storeOf } from "../ask.ts";

const PARTS = [
  "year",
  "month",
  "day_of_month",
  "day_of_year",
  "day_of_week",
  "hour",
  "minute",
  "days_in_month",
];
const STORE = storeOf(15_000, []);

test.each([
  ["0", "1970 1 1 1 4 0 0 31"],
  ["-0", "1970 1 1 1 4 0 0 31"],
  ["-0.5", "1970 1 1 1 4 0 0 31"],
  ["-86401", "1969 12 30 364 2 23 59 31"],
  ["951782400", "2000 2 29 60 2 0 0 29"],
  ["4107542399", "2100 2 28 59 0 23 59 28"],
  ["1e15", "31690708 7 5 187 0 1 46 31"],
  // What a Prometheus for amd64 answers where there is no time.
  ...["NaN", "Inf", "-Inf", "1e300", "-1e300"].map((no) => [no, "292277026596 12 4 339 0 15 30 31"]),
])("the date at %s", (seconds, expected) => {
  const parts = PARTS.map(
    (part) => linesOf(ask(STORE, { text: `${part}(vector(${seconds}))`, at: 0 }).value)[0],
  );
  expect(parts.map((line) => line?.replace("{} ", "")).join(" ")).toBe(expected);
});

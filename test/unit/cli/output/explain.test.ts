import { expect, test } from "vitest";
import { explainOutput } from "../../../../src/cli/output/explain.ts";

test("parts are indented under what they belong to, long ones cut", () => {
  const part = { series: 2, points: 12, samplesDecoded: 0, totalMs: 1.5, ownMs: 0.25 };
  const inner = { ...part, expr: `m{a="${"x".repeat(80)}"}\n  [5m]`, depth: 1, samplesDecoded: 4321 };
  expect(explainOutput([{ ...part, expr: "rate(m[5m])", depth: 0 }, inner]).split("\n")).toEqual([
    "part                                                            series  points  samples decoded  total ms  own ms",
    "--------------------------------------------------------------  ------  ------  ---------------  --------  ------",
    "rate(m[5m])                                                          2      12                0     1.500   0.250",
    `  m{a="${"x".repeat(54)}…       2      12             4321     1.500   0.250`,
    "",
  ]);
});

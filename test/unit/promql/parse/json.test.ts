import { expect, it } from "vitest";

import { ALL_FEATURES, exprToJson, parseExpr } from "../../../../src/promql/parse/index.ts";

function json(query: string): unknown {
  return exprToJson(parseExpr(query, { features: ALL_FEATURES }));
}

const STEP = { lhs: null, op: "step", rhs: null, type: "durationExpr", wrapped: false };

it("shows computed durations as trees beside a 0", () => {
  expect(json("foo[(step() * 2m)] smoothed offset -5m")).toEqual({
    anchored: false,
    matchers: [{ name: "__name__", type: "=", value: "foo" }],
    name: "foo",
    offset: -300_000,
    offsetExpr: null,
    range: 0,
    rangeExpr: {
      lhs: STEP,
      op: "*",
      rhs: { duration: true, type: "numberLiteral", val: "120" },
      type: "durationExpr",
      wrapped: true,
    },
    smoothed: true,
    startOrEnd: null,
    timestamp: null,
    type: "matrixSelector",
  });
});

it("shows a subquery's three durations", () => {
  expect(json("foo[5m:-step() + 1h] offset (5) @ end()")).toMatchObject({
    type: "subquery",
    range: 300_000,
    rangeExpr: null,
    step: 0,
    stepExpr: { op: "+", lhs: { op: "-", lhs: null, rhs: STEP }, rhs: { val: "3600" } },
    offsetExpr: { op: "+", lhs: null, rhs: { duration: false, val: "5" }, wrapped: true },
    startOrEnd: "end",
  });
});

it("shows fill values, null for a side that is not filled", () => {
  expect(json("foo + fill_left(1.5) bar")).toMatchObject({
    matching: { card: "one-to-one", fillValues: { lhs: 1.5, rhs: null } },
  });
  expect(json("foo + bar")).toMatchObject({ matching: { fillValues: { lhs: null, rhs: null } } });
});

it("has its keys in alphabetical order, for clients that show it as it comes", () => {
  const keys: string[][] = [];
  JSON.stringify(json('sum by (a) (foo{b="c"} * on (d) rate(bar[5m])) > 1'), (_, value: unknown) => {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) keys.push(Object.keys(value));
    return value;
  });
  expect(keys.map((names) => names.toSorted())).toEqual(keys);
  expect(keys.length).toBeGreaterThan(8);
});

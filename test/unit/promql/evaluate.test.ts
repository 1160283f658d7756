import { describe, expect, it } from "vitest";
import { labelsToRecord } from "../../../src/model/index.ts";
import { evaluate, type EvaluateOptions, type Expr } from "../../../src/promql/index.ts";
import { MemoryQueryable } from "./memory-queryable.ts";

const pos = { start: 0, end: 1 };
const options: EvaluateOptions = {
  lookbackMs: 300_000,
  defaultSubqueryStepMs: 60_000,
  samplesMax: 1000,
  features: { delayedNameRemoval: false, typeAndUnitLabels: false },
  perStepStats: true,
  shouldStop: () => undefined,
  monotonic: () => 0,
};

function selector(name: string): Extract<Expr, { kind: "vectorSelector" }> {
  const matchers = [{ kind: "=", name: "__name__", value: name } as const];
  return {
    kind: "vectorSelector",
    name,
    matchers,
    offset: undefined,
    at: undefined,
    extension: undefined,
    pos,
  };
}

function call(func: string, ...args: Expr[]): Expr {
  return { kind: "call", func, args, pos };
}

function seconds(value: number): {
  kind: "durationNumber";
  seconds: number;
  isDuration: true;
  pos: typeof pos;
} {
  return { kind: "durationNumber", seconds: value, isDuration: true, pos };
}

function store(): MemoryQueryable {
  const queryable = new MemoryQueryable();
  queryable.add({ __name__: "a", i: "1" }, [0, 15_000, 30_000, 45_000], [1, -2, "stale", 4]);
  queryable.add({ __name__: "a", i: "2" }, [0, 15_000, 30_000, 45_000], [10, 20, 30, 40]);
  return queryable;
}

function run(expr: Expr): { metric: Record<string, string>; points: [number, number][] }[] {
  const queryable = store();
  const request = { queryable, expr, text: "x", startMs: 0, endMs: 60_000, stepMs: 15_000 };
  const { value } = evaluate(request, options);
  expect(queryable.openSelections).toBe(0);
  if (value.kind !== "matrix") throw new Error(value.kind);
  return value.series.map(({ labels, count, times, values }) => ({
    metric: labelsToRecord(labels),
    points: Array.from({ length: count }, (_, at) => [times[at]! / 1000, values[at]!]),
  }));
}

describe("evaluate", () => {
  it("takes the newest sample and lets a stale marker hide the older ones", () => {
    expect(run(selector("a"))).toEqual([
      {
        metric: { __name__: "a", i: "1" },
        points: [
          [0, 1],
          [15, -2],
          [45, 4],
          [60, 4],
        ],
      },
      {
        metric: { __name__: "a", i: "2" },
        points: [
          [0, 10],
          [15, 20],
          [30, 30],
          [45, 40],
          [60, 40],
        ],
      },
    ]);
  });

  it("applies an elementwise function and drops the name", () => {
    expect(run(call("abs", selector("a")))[0]).toEqual({
      metric: { i: "1" },
      points: [
        [0, 1],
        [15, 2],
        [45, 4],
        [60, 4],
      ],
    });
  });

  it("gives range functions left-open windows without stale markers", () => {
    const window: Expr = { kind: "matrixSelector", vector: selector("a"), range: seconds(15), pos };
    expect(run(call("last_over_time", window))[0]).toEqual({
      metric: { __name__: "a", i: "1" },
      points: [
        [0, 1],
        [15, -2],
        [45, 4],
      ],
    });
  });

  it("evaluates a subquery at multiples of its step", () => {
    const subquery: Expr = {
      kind: "subquery",
      expr: call("abs", selector("a")),
      range: seconds(20),
      step: seconds(10),
      offset: undefined,
      at: undefined,
      pos,
    };
    expect(run(call("last_over_time", subquery))[0]).toEqual({
      metric: { i: "1" },
      points: [
        [0, 1],
        [15, 1],
        [30, 2],
        [60, 4],
      ],
    });
  });
});

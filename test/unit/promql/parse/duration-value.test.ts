import { describe, expect, it } from "vitest";

import {
  DurationValueError,
  offsetMs,
  parseExpr,
  rangeMs,
  subqueryStepMs,
  type Expr,
} from "../../../../src/promql/parse/index.ts";

const CONTEXT = { startMs: 50_000, endMs: 60_000, stepMs: 5_000 };

function range(text: string): number {
  return rangeMs(parseExpr(`foo[${text}]`) as Expr & { kind: "matrixSelector" }, CONTEXT);
}

function offset(text: string): number {
  return offsetMs(parseExpr(`foo offset ${text}`) as Expr & { kind: "vectorSelector" }, CONTEXT);
}

describe("windows in milliseconds", () => {
  it.each([
    ["5m", 300_000],
    ["0.5", 500],
    ["0.0015", 1],
    ["1.0005", 1000],
    ["1y", 31_536_000_000],
    ["200y", 6_307_200_000_000],
    ["5m + 1m", 360_000],
    ["2 ^ 3 ^ 2", 512_000],
    ["-(-5m)", 300_000],
    ["step()", 5_000],
    ["range()", 10_000],
    ["max_of(step(), range()) / 3", 3_333],
    ["min_of(step(), 1)", 1_000],
    ["7m % 2m", 60_000],
    ["1 ^ (0 / 1)", 1_000],
  ])("%s", (text, ms) => expect(range(text)).toBe(ms));
});

describe("offsets may be negative", () => {
  it.each([
    ["-5m", -300_000],
    ["0", 0],
    ["-0", 0],
    ["(step() - range())", -5_000],
    ["(0 * -step())", 0],
  ])("%s", (text, ms) => expect(offset(text)).toBe(ms));

  it("is 0 when there is none", () => {
    expect(offsetMs(parseExpr("foo") as Expr & { kind: "vectorSelector" }, CONTEXT)).toBe(0);
  });
});

describe("what has no usable value is an error with its position", () => {
  it.each([
    ["step() - range()", "4:20: duration must be greater than 0"],
    ["1 / (step() - 5)", "4:19: division by zero"],
    ["1 % (step() - 5)", "4:19: modulo by zero"],
    ["1e10 * 1e10", undefined],
    ["step() * 9223372036", "4:23: duration is out of range"],
    ["step() ^ 9e9", "4:16: duration is NaN or infinite"],
    ["(0 - step()) ^ 0.5", "5:22: duration is NaN or infinite"],
  ])("%s", (text, message) => {
    const parsed = message === undefined ? () => parseExpr(`foo[${text}]`) : () => range(text);
    expect(parsed).toThrow(message ?? /duration out of range/);
  });

  it("and of its own class", () => {
    expect(() => range("1 - step()")).toThrow(DurationValueError);
  });
});

function step(text: string): number {
  return subqueryStepMs(parseExpr(text) as Expr & { kind: "subquery" }, CONTEXT);
}

it("a subquery without step leaves it to the server", () => {
  expect(step("foo[5m:]")).toBe(0);
  expect(step("foo[5m:30s]")).toBe(30_000);
  expect(step("foo[5m:step() * 2]")).toBe(10_000);
});

import { describe, expect, it } from "vitest";

import { Grammar } from "../../../../src/promql/parse/grammar.ts";
import {
  ALL_FEATURES,
  DEPTH_MAX,
  parseExpr,
  printExpr,
  prettyExpr,
  exprToJson,
  PromqlParseError,
  type ParseFeatures,
} from "../../../../src/promql/parse/index.ts";

function answer(query: string, features: ParseFeatures = ALL_FEATURES): string {
  try {
    return printExpr(parseExpr(query, { features }));
  } catch (thrown) {
    if (thrown instanceof PromqlParseError) return thrown.message;
    throw thrown;
  }
}

it("has no fault that Chevrotain can find", () => {
  expect(() => new Grammar({ validate: true })).not.toThrow();
});

describe("what 3.14 added is parsed", () => {
  const rows: [query: string, answer: string][] = [
    ["foo </ 5", "foo </ 5"],
    ["foo >/ bar", "foo >/ bar"],
    ["foo </b", "foo </ b"],
    ["a + b </ c * d", "a + b </ c * d"],
    ["1 >/ bool foo", "1:3: parse error: bool modifier can only be used on comparison operators"],
    ["foo anchored", "foo anchored"],
    ["foo smoothed", "foo smoothed"],
    ["foo[5m] anchored", "foo[5m] anchored"],
    ["foo[5m] anchored @ 5 offset 1m", "foo[5m] anchored @ 5.000 offset 1m"],
    ["foo[5m] offset 1m smoothed", "foo[5m] smoothed offset 1m"],
    ["foo anchored offset 1m @ 5", "foo @ 5.000 anchored offset 1m"],
    ["foo ANCHORED", "foo anchored"],
    ["anchored anchored", "anchored anchored"],
    ["foo + fill(0) bar", "foo + fill (0) bar"],
    ["foo + fill_left(-1) bar", "foo + fill_left (-1) bar"],
    ["foo + fill_right(5m) bar", "foo + fill_right (300) bar"],
    ["foo + fill_left(1) fill_right(2) bar", "foo + fill_left (1) fill_right (2) bar"],
    ["foo + fill_right(2) fill_left(1) bar", "foo + fill_left (1) fill_right (2) bar"],
    ["foo + fill_left(1) fill_right(1) bar", "foo + fill (1) bar"],
    ["foo == bool on(a) group_left(b) FILL (1e-7) bar", "foo == bool on (a) group_left (b) fill (1e-07) bar"],
    ["foo + fill bar", '1:12: parse error: unexpected identifier "bar"'],
    ["fill(1)", '1:5: parse error: unexpected "("'],
    ["foo + fill_left(1) fill_left(2) bar", '1:29: parse error: unexpected "("'],
    ["foo[step()]", "foo[step()]"],
    ["foo[STEP() * 2]", "foo[step() * 2]"],
    ["foo[5m:range()]", "foo[5m:range()]"],
    ["foo[max_of(step(), 5m)]", "foo[max_of(step(), 5m)]"],
    ["foo[-min_of(1, 2) ^ 2]", "foo[-min_of(1, 2) ^ 2]"],
    ["foo[step() + 1:1m]", "foo[step() + 1:1m]"],
    ["foo[((5m))]", "foo[(5m)]"],
    ["foo[(1+2)*3]", "foo[(1 + 2) * 3]"],
    ["foo offset step()", "foo offset step()"],
    ["foo offset -step()", "foo offset -step()"],
    ["foo offset step() * 2", "foo offset step() * 2"],
    ["foo offset -(5m) * 2", "foo offset -(5m) * 2"],
    ["foo offset max_of(step(), 5s)", "foo offset max_of(step(), 5s)"],
    ["foo offset -min_of(5s, step() + 8s)", "foo offset -min_of(5s, step() + 8s)"],
    ["start()", "start()"],
    ["end() - start()", "end() - start()"],
    ["step()", "step()"],
    ["range() + 1", "range() + 1"],
    ["max_of(1, 2)", "max_of(1, 2)"],
    [
      "min_of(foo, 2)",
      '1:8: parse error: expected type scalar in call to function "min_of", got instant vector',
    ],
    ["START()", '1:1: parse error: unknown function with name "START"'],
    ['histogram_quantiles(foo, "q", 0.1, 0.9)', 'histogram_quantiles(foo, "q", 0.1, 0.9)'],
    ['{step="a"}', '{step="a"}'],
    ["sum by (step, anchored, fill) (foo)", "sum by (step, anchored, fill) (foo)"],
  ];
  it.each(rows)("%s", (query, expected) => expect(answer(query)).toBe(expected));
});

describe("arithmetic behind offset ends where Prometheus ends it", () => {
  const rows: [query: string, op: string | undefined][] = [
    ["foo offset 5m + 1", "+"],
    ["foo offset -5m ^ 2", "^"],
    ["foo offset step() * 2", "*"],
    ["foo offset -step() * 2", "*"],
    ["foo offset min_of(1, 2) ^ 2", "^"],
    ["foo offset -(5m) * 2", "*"],
    ["foo offset (5m) * 2", undefined],
    ["foo offset --5m * 2", undefined],
  ];
  it.each(rows)("%s", (query, op) => {
    const expr = parseExpr(query);
    expect(expr.kind === "binary" ? expr.op : undefined).toBe(op);
  });
});

describe("parts behind feature flags are refused without them", () => {
  const rows: [query: string, message: string][] = [
    ["mad_over_time(foo[5m])", '1:1: parse error: function "mad_over_time" is not enabled'],
    ["1 + start()", '1:5: parse error: function "start" is not enabled'],
    [
      "limitk(1, foo)",
      "1:1: parse error: limitk() is experimental and must be enabled with --enable-feature=promql-experimental-functions",
    ],
    ["foo anchored", "1:1: parse error: anchored modifier is experimental and not enabled"],
    ["1 + foo[5m] smoothed", "1:5: parse error: smoothed modifier is experimental and not enabled"],
    ["foo + fill(1) bar", "1:1: parse error: binop fill modifiers are experimental and not enabled"],
  ];
  it.each(rows)("%s", (query, message) => expect(answer(query, {})).toBe(message));
});

describe("errors of what 3.14 added", () => {
  const rows: [query: string, message: string][] = [
    ["foo anchored smoothed", "1:1: parse error: anchored and smoothed modifiers cannot be used together"],
    [
      "foo[5m] smoothed anchored",
      "1:1: parse error: anchored and smoothed modifiers cannot be used together",
    ],
    ["foo[5m:] anchored", "1:1: parse error: anchored modifier is not supported for subqueries"],
    ["sum(foo) smoothed", "1:1: parse error: smoothed modifier not implemented"],
    ["foo + fill(1) 1", "1:1: parse error: filling in missing series only allowed between instant vectors"],
    ["foo and fill(1) bar", "1:1: parse error: filling in missing series not allowed for set operators"],
    [
      "foo[step]",
      '1:9: parse error: unexpected "]" in subquery or range selector, expected number, duration, step(), or range()',
    ],
    ["foo[steps()]", "1:5: parse error: unexpected character in duration expression: 's'"],
    ["foo[5m + steps()]", "1:10: parse error: unexpected character: 's', expected ':'"],
    ["foo[step():1m]", "1:12: parse error: unexpected colon before duration in duration expression"],
    [
      "foo offset step",
      "1:16: parse error: unexpected end of input in offset, expected number, duration, step(), or range()",
    ],
    ["info(foo, 1)", '1:1: parse error: expected type instant vector in call to function "info", got scalar'],
    ['sum by ("\\xff") (foo)', '1:9: parse error: invalid label name for grouping: "\\xff"'],
  ];
  it.each(rows)("%s", (query, message) => expect(answer(query)).toBe(message));
});

describe("size and depth are limited", () => {
  const nests: [name: string, nest: (levels: number) => string][] = [
    ["parens", (n) => `${"(".repeat(n)}1${")".repeat(n)}`],
    ["calls", (n) => `${"abs(".repeat(n)}x${")".repeat(n)}`],
    ["aggregations", (n) => `${"sum(".repeat(n)}x${")".repeat(n)}`],
    ["signs", (n) => `${"-".repeat(n)}x`],
    ["operators", (n) => `1${" + 1".repeat(n)}`],
    ["powers", (n) => `1${"^1".repeat(n)}`],
    ["durations", (n) => `x[1${"+1".repeat(n)}]`],
  ];
  it.each(nests)("%s: almost as many levels as the limit pass all walks over the tree", (_, nest) => {
    const expr = parseExpr(nest(DEPTH_MAX - 2));
    const text = printExpr(expr);
    expect(parseExpr(text)).toMatchObject({ kind: expr.kind });
    expect(prettyExpr(expr).length).toBeGreaterThanOrEqual(text.length);
    expect(exprToJson(expr)).toMatchObject({ type: expect.any(String) });
  });

  it.each(nests)("%s: more levels are refused with a message", (_, nest) => {
    expect(answer(nest(DEPTH_MAX + 1))).toMatch(
      /^1:\d+: parse error: nested too deeply: at most 500 levels are accepted$/,
    );
    expect(answer(nest(10_000))).toMatch(/nested too deeply/);
  });

  it("refuses a text that is too long", () => {
    expect(answer("x".repeat(65_536))).toHaveLength(65_536);
    expect(answer("x".repeat(65_537))).toBe(
      "1:1: parse error: the query is 65537 bytes long, only 65536 are accepted",
    );
    expect(() => parseExpr("foo", { lengthMaxBytes: 2 })).toThrow(/3 bytes long, only 2 are accepted/);
  });
});

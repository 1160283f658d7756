import fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  ALL_FEATURES,
  childrenOf,
  lineAndColumn,
  parseExpr,
  parseSelector,
  printExpr,
  PromqlParseError,
  selectorsOf,
  selectsSomething,
  valueTypeOf,
  walkExpr,
  type Expr,
} from "../../../../src/promql/parse/index.ts";

const BYTES = new TextEncoder();

// The text that a node's position covers.
function covered(query: string, { pos }: Expr): string {
  return new TextDecoder().decode(BYTES.encode(query).slice(pos.start, pos.end));
}

function pieces(query: string): string[] {
  const found: string[] = [];
  walkExpr(parseExpr(query, { features: ALL_FEATURES }), (node) => found.push(covered(query, node)));
  return found;
}

describe("positions are byte offsets of what a node was written as", () => {
  const rows: [query: string, pieces: string[]][] = [
    [" foo ", ["foo"]],
    ['foo{a="é"} + bar', ['foo{a="é"} + bar', 'foo{a="é"}', "bar"]],
    ["-1", ["-1"]],
    ["- foo", ["- foo", "foo"]],
    ["sum(foo) ", ["sum(foo)", "foo"]],
    ["(sum(foo) )", ["(sum(foo) )", "sum(foo)", "foo"]],
    ["sum by (a) (foo)", ["sum by (a) (foo)", "foo"]],
    ["sum(foo) by (a)", ["sum(foo) by (a)", "foo"]],
    ["topk(5, foo) + 1", ["topk(5, foo) + 1", "topk(5, foo)", "5", "foo", "1"]],
    ["rate(foo[5m] offset 1m)", ["rate(foo[5m] offset 1m)", "foo[5m] offset 1m"]],
    ["foo[5m:1m] @ start() ", ["foo[5m:1m] @ start()", "foo"]],
    ["foo offset (5m) - 1", ["foo offset (5m) - 1"]],
    ["a ^ b * c", ["a ^ b * c", "a ^ b", "a", "b", "c"]],
    ["a * b ^ c", ["a * b ^ c", "a", "b ^ c", "b", "c"]],
  ];
  it.each(rows)("%s", (query, wanted) => expect(pieces(query)).toEqual(wanted));

  it("of an operator is the operator's own", () => {
    const expr = parseExpr('foo{a="é"} ==bool bar');
    expect(expr).toMatchObject({ kind: "binary", opPos: { start: 12, end: 14 } });
  });

  it("of an error is told by line and by column in bytes", () => {
    expect(() => parseExpr('foo +\n"é" 1')).toThrow('2:6: parse error: unexpected number "1"');
    expect(lineAndColumn("a\nbé\nc", 5)).toBe("2:4");
    expect(lineAndColumn("", 0)).toBe("unknown position");
  });
});

describe("trees", () => {
  it("a selector has the matcher that its name stands for last", () => {
    expect(parseExpr('foo{a="b"}')).toMatchObject({
      kind: "vectorSelector",
      name: "foo",
      matchers: [
        { kind: "=", name: "a", value: "b" },
        { kind: "=", name: "__name__", value: "foo" },
      ],
    });
    expect(parseExpr('{"foo", a="b"}')).toMatchObject({
      name: "",
      matchers: [{ name: "__name__", value: "foo" }, { name: "a" }],
    });
  });

  it("matching is set exactly between vectors", () => {
    expect(parseExpr("foo + 1")).toMatchObject({ matching: undefined });
    expect(parseExpr("foo + bar")).toMatchObject({
      matching: { cardinality: "one-to-one", on: false, labels: [] },
    });
    expect(parseExpr("foo and bar")).toMatchObject({ matching: { cardinality: "many-to-many" } });
    expect(parseExpr("foo * on(a) group_right(b) bar")).toMatchObject({
      matching: { cardinality: "one-to-many", on: true, labels: ["a"], include: ["b"] },
    });
    expect(parseExpr("foo + fill_left(3) bar", { features: ALL_FEATURES })).toMatchObject({
      matching: { fillLeft: 3, fillRight: undefined },
    });
  });

  it("two operators without modifiers do not share a mutable tree", () => {
    parseExpr("foo and bar");
    expect(parseExpr("foo + bar")).toMatchObject({ matching: { cardinality: "one-to-one" } });
  });

  it("@ is in milliseconds and within the safe integers", () => {
    expect(parseExpr("foo @ 1.0005")).toMatchObject({ at: { kind: "time", timeMs: 1001 } });
    expect(parseExpr("foo @ -1.0005")).toMatchObject({ at: { kind: "time", timeMs: -1001 } });
    expect(parseExpr("foo @ end()")).toMatchObject({ at: { kind: "end" } });
    const far = parseExpr("foo @ 1e18");
    expect(
      far.kind === "vectorSelector" && far.at?.kind === "time" && Number.isSafeInteger(far.at.timeMs),
    ).toBe(true);
  });

  it("-0 is negative zero", () => {
    const expr = parseExpr("-0");
    expect(expr.kind === "number" && Object.is(expr.value, -0)).toBe(true);
  });
});

it("children and selectors come in the order written", () => {
  const expr = parseExpr("topk(5, rate(b[5m])) + c");
  expect(childrenOf(expr).map((node) => printExpr(node))).toEqual(["topk(5, rate(b[5m]))", "c"]);
});

it("finds every selector", () => {
  const expr = parseExpr("max_over_time(rate(a[5m])[1h:]) + sum(b) * -c");
  expect(selectorsOf(expr).map(({ name }) => name)).toEqual(["a", "b", "c"]);
});

describe("value types", () => {
  it.each([
    ["1 + 1", "scalar"],
    ["1 + foo", "vector"],
    ["-(1)", "scalar"],
    ["(foo[5m])", "matrix"],
    ["foo[5m:]", "matrix"],
    ['"a"', "string"],
    ["time()", "scalar"],
    ["sum(foo)", "vector"],
  ])("%s is a %s", (query, type) => expect(valueTypeOf(parseExpr(query))).toBe(type));
});

describe("selectors of the API", () => {
  it("are a name, matchers or both", () => {
    expect(parseSelector('foo{a=~"b"}')).toEqual([
      { kind: "=~", name: "a", value: "b" },
      { kind: "=", name: "__name__", value: "foo" },
    ]);
    expect(parseSelector("sum")).toEqual([{ kind: "=", name: "__name__", value: "sum" }]);
    expect(parseSelector("{}")).toEqual([]);
  });

  it.each([
    ["", "unknown position: parse error: unexpected end of input"],
    ["foo[5m]", '1:4: parse error: unexpected "["'],
    ["foo bar", '1:5: parse error: unexpected identifier "bar"'],
    ["sum(foo)", '1:4: parse error: unexpected "("'],
    ["1", '1:1: parse error: unexpected number "1"'],
    ["foo{", "1:5: parse error: unexpected end of input inside braces"],
    ["foo offset 5m", "1:5: parse error: unexpected <offset>"],
  ])("%j is refused", (text, message) => {
    expect(() => parseSelector(text)).toThrow(PromqlParseError);
    expect(() => parseSelector(text)).toThrow(message);
  });

  it("select something when one matcher refuses the empty string", () => {
    expect(selectsSomething(parseSelector("{}"))).toBe(false);
    expect(selectsSomething(parseSelector('{a="",b=~".*",c!="x"}'))).toBe(false);
    expect(selectsSomething(parseSelector('{a="",b=~".+"}'))).toBe(true);
  });
});

// The printed form, or the message of the error.
function outcome(query: string): { readonly printed: string } | { readonly message: string } {
  try {
    return { printed: printExpr(parseExpr(query, { features: ALL_FEATURES })) };
  } catch (thrown) {
    if (thrown instanceof PromqlParseError) return { message: thrown.message };
    throw thrown;
  }
}

describe("whatever is typed", () => {
  const words = fc.constantFrom(
    ...'foo sum by ( ) [ ] { } , : = == =~ != + - * / ^ % @ offset 5m 1 0x 1e "a" \'b start end step on and'.split(
      " ",
    ),
    ...' ignoring group_left bool rate abs </ >/ fill # ` " \\ é 😀 \ud800 \n'.split(" "),
  );
  const queries = fc.array(words, { maxLength: 30 }).map((parts) => parts.join(" "));

  it("gives a tree or a PromqlParseError, and a tree prints to what reads back the same", () => {
    const readsBack = fc.property(queries, (query) => {
      const first = outcome(query);
      if ("message" in first) return /^(\d+:\d+|unknown position): parse error: ./.test(first.message);
      const second = outcome(first.printed);
      return "printed" in second && second.printed === first.printed;
    });
    expect(() => fc.assert(readsBack, { numRuns: 3000 })).not.toThrow();
  });
});

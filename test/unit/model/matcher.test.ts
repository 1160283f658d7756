import { describe, expect, test } from "vitest";
import { compileMatcher, RegexError, type MatcherKind } from "../../../src/model/index.ts";

describe("a matcher decides by its kind", () => {
  const rows: [MatcherKind, string, matching: string[], other: string[]][] = [
    ["=", "a", ["a"], ["", "A", "aa"]],
    ["!=", "a", ["", "A", "aa"], ["a"]],
    ["=~", "a|b", ["a", "b"], ["", "ab"]],
    ["!~", "a|b", ["", "ab"], ["a", "b"]],
    ["=~", "", [""], ["a"]],
    ["=~", ".*", ["", "a"], []],
    ["!~", ".+", [""], ["a"]],
    ["=", "", [""], ["a"]],
  ];
  test.each(rows)("%s %j", (kind, value, matching, other) => {
    const matcher = compileMatcher({ kind, name: "x", value });
    expect(matching.filter((text) => !matcher.matches(text))).toEqual([]);
    expect(other.filter((text) => matcher.matches(text))).toEqual([]);
    expect(matcher.matchesEmpty).toBe(matching.includes(""));
    expect(matcher.regex === undefined).toBe(kind === "=" || kind === "!=");
  });
});

test("a bad pattern is refused", () => {
  expect(() => compileMatcher({ kind: "!~", name: "x", value: "[" })).toThrow(RegexError);
});

import { expect, test } from "vitest";
import { parseExpr, printExpr } from "../../../../src/promql/parse/index.ts";

test.each([
  ["sum by (by, on, offset, group_left) (a)", "sum by (by, on, offset, group_left) (a)"],
  ["sum by (a) (without)", "sum by (a) (without)"],
  ["a + on () group_left b", "a + on () group_left () b"],
  ["a + on () group_right -b", "a + on () group_right () -b"],
])("%s is taken", (text, printed) => {
  expect(printExpr(parseExpr(text))).toBe(printed);
});

const IN_GROUPING = "in grouping opts, expected";

test.each([
  ["sum by (without) (a)", `1:9: parse error: unexpected <without> ${IN_GROUPING} label`],
  ["a + on (without) b", `1:9: parse error: unexpected <without> ${IN_GROUPING} label`],
  ["a + on () group_left", `1:21: parse error: unexpected end of input ${IN_GROUPING} "("`],
  ["(a + on () group_left)", `1:22: parse error: unexpected ")" ${IN_GROUPING} "("`],
  ["a + on () group_right * b", `1:23: parse error: unexpected <op:*> ${IN_GROUPING} "("`],
])("%s is refused", (text, reason) => {
  expect(() => parseExpr(text)).toThrow(reason);
});

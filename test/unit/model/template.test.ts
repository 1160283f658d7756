import { expect, test } from "vitest";
import { compileRegex, compileTemplate, expandTemplate } from "../../../src/model/index.ts";

const groups = compileRegex("(?P<first>a+)(b)?(?P<first>c)?|(?P<last>.*)").findGroups("aac")!;

const rows: [template: string, expanded: string][] = [
  ["plain", "plain"],
  ["$1-${1}-$0", "aa-aa-aac"],
  ["$first ${first} ${last}.", "aa aa ."],
  ["$1x|${1}x|$12", "|aax|"],
  ["$2|$3", "|c"],
  ["$9$nosuch|", "|"],
  ["$$1 $$$1", "$1 $aa"],
  ["a$ b$", "a$ b$"],
  ["a${b", "a${b"],
  ["${}|${ 1}|$-", "${}|${ 1}|$-"],
  ["$01|${00}|$0", "||aac"],
  ["$1é", ""],
  ["$999999999999", ""],
];
test.each(rows)("%s", (template, expanded) => {
  expect(expandTemplate(compileTemplate(template), groups)).toBe(expanded);
});

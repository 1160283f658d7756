import { expect, test } from "vitest";
import { labelsJson, listJson, objectJson, textJson, timeJson } from "../../../src/api/json.ts";
import { labelsFromRecord } from "../../../src/model/index.ts";

test.each([
  [undefined, '"0001-01-01T00:00:00Z"'],
  [0, '"1970-01-01T00:00:00Z"'],
  [1_700_000_000_120, '"2023-11-14T22:13:20.12Z"'],
  [1_699_999_200_000, '"2023-11-14T22:00:00Z"'],
])("the time %s is shown as %s", (ms, expected) => expect(timeJson(ms)).toBe(expected));

test("label sets keep every name and are not escaped for HTML", () => {
  const labels = labelsFromRecord(
    Object.fromEntries([
      ["__proto__", "<a>"],
      ["b", 'q"'],
    ]),
  );
  expect(labelsJson(labels)).toBe(String.raw`{"__proto__":"<a>","b":"q\""}`);
});

test("objects leave out what is undefined, lists join", () => {
  expect(
    objectJson([
      ["a", "1"],
      ["b", undefined],
      ["c", textJson("<")],
    ]),
  ).toBe(String.raw`{"a":1,"c":"\u003c"}`);
  expect(listJson([1, 2], String)).toBe("[1,2]");
  expect(listJson([], String)).toBe("[]");
});

import { expect, test } from "vitest";
import { compileMatcher, labelsFromRecord, type Matcher } from "../../../../src/model/index.ts";
import { lookUpValues, sortTexts } from "../../../../src/tsdb/index/lookup.ts";
import { SeriesIndex } from "../../../../src/tsdb/index/series-index.ts";

const SERIES = [
  { __name__: "up", job: "web" },
  { __name__: "up", job: "db" },
  { __name__: "down", job: "api" },
  { __name__: "down", job: "web" },
  { __name__: "down", job: "db" },
];

function values(limit: number, ...matchers: readonly Matcher[]): string[] {
  const index = new SeriesIndex();
  for (const labels of SERIES) index.intern(labelsFromRecord(labels));
  return lookUpValues(
    index,
    "job",
    matchers.map((matcher) => compileMatcher(matcher)),
    limit,
  );
}

const DOWN: Matcher = { kind: "=", name: "__name__", value: "down" };

test("values come in the order in which their series came", () => {
  expect(values(Infinity)).toEqual(["web", "db", "api"]);
  expect(values(Infinity, DOWN)).toEqual(["api", "web", "db"]);
});

test("a limit keeps the first", () => {
  expect(values(2)).toEqual(["web", "db"]);
  expect(values(2, DOWN)).toEqual(["api", "web"]);
});

test("texts are sorted by their bytes, also beyond the basic plane", () => {
  expect(sortTexts(["b", "a", "ä", "", "z"])).toEqual(["", "a", "b", "z", "ä"]);
  expect(sortTexts(["\u{1f600}", "\uffee", "a"])).toEqual(["a", "\uffee", "\u{1f600}"]);
});

import { expect, test } from "vitest";
import { labelsFromRecord } from "../../../../src/model/index.ts";
import { measureCardinality } from "../../../../src/tsdb/index/cardinality.ts";
import { SeriesIndex } from "../../../../src/tsdb/index/series-index.ts";

function indexOf(series: readonly Record<string, string>[]): SeriesIndex {
  const index = new SeriesIndex();
  for (const labels of series) index.intern(labelsFromRecord(labels));
  return index;
}

const SERIES = [
  { __name__: "up", job: "node", instance: "a" },
  { __name__: "up", job: "node", instance: "bb" },
  { __name__: "up", job: "é", instance: "a" },
  { __name__: "build", job: "node" },
];

test("lists descend, and a label's bytes count in every series", () => {
  expect(measureCardinality(indexOf(SERIES), 10)).toEqual({
    labelPairs: 6,
    seriesByMetric: [
      { name: "up", value: 3 },
      { name: "build", value: 1 },
    ],
    valuesByLabel: [
      { name: "__name__", value: 2 },
      { name: "instance", value: 2 },
      { name: "job", value: 2 },
    ],
    bytesByLabel: [
      { name: "__name__", value: 4 * 9 + 3 * 3 + 6 },
      { name: "instance", value: 3 * 9 + 2 * 2 + 3 },
      { name: "job", value: 4 * 4 + 3 * 5 + 3 },
    ],
    seriesByPair: [
      { name: "__name__=up", value: 3 },
      { name: "job=node", value: 3 },
      { name: "instance=a", value: 2 },
      { name: "__name__=build", value: 1 },
      { name: "instance=bb", value: 1 },
      { name: "job=é", value: 1 },
    ],
  });
});

function bytesOf(value: string): number {
  return measureCardinality(indexOf([{ a: value }]), 1).bytesByLabel[0]!.value;
}

test("a text of 255 bytes has a longer length in front", () => {
  expect([bytesOf("x".repeat(254)), bytesOf("x".repeat(255))]).toEqual([2 + 255, 2 + 259]);
});

test("the limit cuts each list, not the number of pairs", () => {
  const { labelPairs, seriesByMetric, seriesByPair } = measureCardinality(indexOf(SERIES), 1);
  expect({ labelPairs, seriesByMetric, seriesByPair }).toEqual({
    labelPairs: 6,
    seriesByMetric: [{ name: "up", value: 3 }],
    seriesByPair: [{ name: "__name__=up", value: 3 }],
  });
});

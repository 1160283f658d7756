import { expect, test } from "vitest";
import { isValidLabelName, isValidMetricName } from "../../../src/model/index.ts";

// name, label utf8, label legacy, metric legacy
const rows: [string, boolean, boolean, boolean][] = [
  ["", false, false, false],
  ["a_1", true, true, true],
  ["_", true, true, true],
  ["1a", true, false, false],
  ["a:b", true, false, true],
  ["a b", true, false, false],
  ["é", true, false, false],
  ["a\n", true, false, false],
  ["\ud800", false, false, false],
];
test.each(rows)("%j is judged by the scheme in force", (name, utf8, legacyLabel, legacyMetric) => {
  expect(isValidLabelName(name)).toBe(utf8);
  expect(isValidMetricName(name, "utf8")).toBe(utf8);
  expect(isValidLabelName(name, "legacy")).toBe(legacyLabel);
  expect(isValidMetricName(name, "legacy")).toBe(legacyMetric);
});

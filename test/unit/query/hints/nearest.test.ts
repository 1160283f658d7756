import { expect, test } from "vitest";
import { nearestText } from "../../../../src/query/hints/nearest.ts";

test.each([
  ["jbo", ["instance", "job"], "job"],
  ["Job", ["job"], "job"],
  ["instnace", ["instance", "in"], "instance"],
  ["cpu", ["gpus", "gpu", "cpu"], "gpu"],
  ["up", ["down"], undefined],
  ["seconds", ["http_request_duration_seconds_sum"], "http_request_duration_seconds_sum"],
  ["sum", ["http_request_duration_seconds_sum"], undefined],
  ["x".repeat(200), ["x".repeat(199)], undefined],
])("nearest to %s among %j is %s", (text, candidates, expected) => {
  expect(nearestText(text, candidates)).toBe(expected);
});

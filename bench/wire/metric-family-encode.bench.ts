import { test } from "vitest";
import { millis } from "../../src/model/index.ts";
import { encodeMetricFamilies, type Metric } from "../../src/wire/index.ts";

const labelsAt = (s: number): Record<string, string> => ({
  job: "api-server",
  instance: `10.0.0.${s % 250}:9090`,
  method: s % 2 === 0 ? "GET" : "POST",
  path: `/api/v1/resource/${s % 37}`,
  pod: `pod-${s}`,
});

// One turn encodes all metrics; divide by their number for the time of one.
test("10 000 series for federation", async ({ bench }) => {
  const families = Array.from({ length: 100 }, (_, f) => ({
    name: `http_requests_total_${f}`,
    type: "untyped" as const,
    metrics: Array.from({ length: 100 }, (__, s): Metric => {
      const value = { kind: "untyped", value: s * 31.7 } as const;
      return { labels: Object.entries(labelsAt(s)).flat(), time: millis(1.7e12), value };
    }),
  }));
  await bench("encode", () => {
    for (const chunk of encodeMetricFamilies(families)) void chunk.length;
  }).run({ time: 1000 });
});

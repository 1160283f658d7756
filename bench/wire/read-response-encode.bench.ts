import { test } from "vitest";
import { labelsFromRecord } from "../../src/model/index.ts";
import { ReadResponseEncoder } from "../../src/wire/index.ts";

const labelsAt = (s: number): Record<string, string> => ({
  __name__: "http_requests_total",
  job: "api-server",
  instance: `10.0.0.${s % 250}:9090`,
  method: s % 2 === 0 ? "GET" : "POST",
  path: `/api/v1/resource/${s % 37}`,
  pod: `pod-${s}`,
});

// One turn encodes all samples; divide by their number for the time of one.
test("1000 series with 240 samples each for a remote read", async ({ bench }) => {
  const times = Float64Array.from({ length: 240 }, (_, i) => 1.7e12 + i * 15_000);
  const values = Float64Array.from({ length: 240 }, (_, i) => Math.floor(31.7 + i * i) / 8);
  const labels = Array.from({ length: 1000 }, (_, s) => labelsFromRecord(labelsAt(s)));
  await bench("encode and compress", () => {
    const encoder = new ReadResponseEncoder();
    for (const one of labels) encoder.series(one, { count: 240, times, values, histograms: undefined });
    encoder.endResult();
    encoder.finish();
  }).run({ time: 1000 });
});

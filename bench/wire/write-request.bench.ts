import { test } from "vitest";
import { labelsFromRecord } from "../../src/model/index.ts";
import {
  decodeRemoteWrite,
  decodeSnappy,
  decodeWriteRequest,
  encodeSnappy,
  encodeWriteRequest,
  type ReceivedSeries,
} from "../../src/wire/index.ts";

const DECODED_BYTES_MAX = 32 << 20;

function makeSeries(seriesCount: number, samplesEach: number): ReceivedSeries[] {
  return Array.from({ length: seriesCount }, (_, s) => ({
    labels: labelsFromRecord({
      __name__: `http_requests_total_${s % 100}`,
      job: "api-server",
      instance: `10.0.0.${s % 250}:9090`,
      method: s % 2 === 0 ? "GET" : "POST",
      path: `/api/v1/resource/${s % 37}`,
      status: "200",
      cluster: "eu-west-1",
      pod: `pod-${s}`,
    }),
    times: Float64Array.from({ length: samplesEach }, (_, i) => 1.7e12 + i * 15_000 + (s % 7)),
    values: Float64Array.from({ length: samplesEach }, (_, i) => Math.floor(s * 31.7 + i * i) / 8),
    histograms: [],
  }));
}

// One turn decodes all samples; divide by their number for the time of one.
for (const [seriesCount, samplesEach] of [
  [1000, 40],
  [2000, 1],
] as const) {
  const request = encodeWriteRequest(makeSeries(seriesCount, samplesEach));
  const body = encodeSnappy(request);
  test(`${seriesCount} series with ${samplesEach} samples each`, async ({ bench }) => {
    await bench.compare(
      bench("snappy", () => void decodeSnappy(body, DECODED_BYTES_MAX)),
      bench("protobuf", () => void decodeWriteRequest(request)),
      bench("both", () => void decodeRemoteWrite(body, { decodedBytesMax: DECODED_BYTES_MAX })),
      { time: 500 },
    );
  });
}

import { expect, test } from "vitest";
import {
  bitsOf,
  createHistogram,
  labelsFromRecord,
  setStaleAt,
  STALE_HISTOGRAM,
} from "../../../src/model/index.ts";
import { decodeSnappy, ReadResponseEncoder } from "../../../src/wire/index.ts";
import { decodeMessage } from "./reference-proto.ts";

const TIMES = Float64Array.of(-1, 1, 1_700_000_000_000, 99);

function floats(values: Float64Array, count: number): Parameters<ReadResponseEncoder["series"]>[1] {
  return { count, times: TIMES, values, histograms: undefined };
}

function decoded(encoder: ReadResponseEncoder): object {
  return decodeMessage("ReadResponse", decodeSnappy(encoder.finish(), 1 << 20));
}

test("each query has its result with its series in order", () => {
  const encoder = new ReadResponseEncoder();
  encoder.series(labelsFromRecord({ __name__: "up", job: "é" }), floats(Float64Array.of(1, -2, 1e300, 7), 3));
  encoder.series(labelsFromRecord({ __name__: "x" }), floats(Float64Array.of(2), 1));
  encoder.endResult();
  encoder.endResult();
  expect(decoded(encoder)).toEqual({
    results: [
      {
        timeseries: [
          {
            labels: [
              { name: "__name__", value: "up" },
              { name: "job", value: "é" },
            ],
            samples: [
              { value: 1, timestamp: -1 },
              { value: -2, timestamp: 1 },
              { value: 1e300, timestamp: 1_700_000_000_000 },
            ],
          },
          { labels: [{ name: "__name__", value: "x" }], samples: [{ value: 2, timestamp: -1 }] },
        ],
      },
      {},
    ],
  });
});

test("staleness markers keep their bits", () => {
  const values = Float64Array.of(0);
  setStaleAt(bitsOf(values), 0);
  const encoder = new ReadResponseEncoder();
  encoder.series(labelsFromRecord({ a: "b" }), floats(values, 1));
  encoder.endResult();
  const marker = Buffer.from([0x12, 0x14, 0x09, 0x02, 0, 0, 0, 0, 0, 0xf0, 0x7f, 0x10]);
  expect(Buffer.from(decodeSnappy(encoder.finish(), 1 << 20)).includes(marker)).toBe(true);
});

test("half a surrogate pair in a label becomes a replacement character", () => {
  const encoder = new ReadResponseEncoder();
  encoder.series(labelsFromRecord({ a: "x\ud800" }), floats(Float64Array.of(1), 1));
  encoder.endResult();
  expect(decoded(encoder)).toEqual({
    results: [
      {
        timeseries: [{ labels: [{ name: "a", value: "x\ufffd" }], samples: [{ value: 1, timestamp: -1 }] }],
      },
    ],
  });
});

test("histograms stand beside the floats of their series", () => {
  const histogram = createHistogram({
    schema: 2,
    resetHint: "gauge",
    count: 6,
    sum: 4,
    zeroThreshold: 0.5,
    zeroCount: 1,
    positiveSpans: [
      { offset: -1, length: 1 },
      { offset: 2, length: 1 },
    ],
    positiveBuckets: [2, 3],
  });
  const encoder = new ReadResponseEncoder();
  const histograms = [undefined, histogram, STALE_HISTOGRAM];
  encoder.series(labelsFromRecord({ a: "b" }), { ...floats(Float64Array.of(5, 0, 0), 3), histograms });
  encoder.endResult();
  expect(decoded(encoder)).toEqual({
    results: [
      {
        timeseries: [
          {
            labels: [{ name: "a", value: "b" }],
            samples: [{ value: 5, timestamp: -1 }],
            histograms: [
              {
                countInt: 6,
                sum: 4,
                schema: 2,
                zeroThreshold: 0.5,
                zeroCountInt: 1,
                positiveSpans: [
                  { offset: -1, length: 1 },
                  { offset: 2, length: 1 },
                ],
                positiveDeltas: [2, 1],
                resetHint: 3,
                timestamp: 1,
              },
              { sum: NaN, timestamp: 1_700_000_000_000 },
            ],
          },
        ],
      },
    ],
  });
});

test.each([
  ["fractions", { count: 1.5, positiveBuckets: [1.5] }],
  ["counts below zero", { count: -1, positiveBuckets: [-1] }],
  ["a count that its buckets do not add up to", { count: 3, positiveBuckets: [1] }],
])("a histogram with %s is sent with float counts", (_what, fields) => {
  const histogram = createHistogram({ ...fields, positiveSpans: [{ offset: 0, length: 1 }] });
  const encoder = new ReadResponseEncoder();
  encoder.series(labelsFromRecord({ a: "b" }), { ...floats(Float64Array.of(0), 1), histograms: [histogram] });
  encoder.endResult();
  expect(JSON.stringify(decoded(encoder))).toContain(`"countFloat":${fields.count}`);
});

import {
  array,
  assert as assertProperty,
  constantFrom,
  double,
  integer,
  property,
  record,
  string,
} from "fast-check";
import { describe, expect, test } from "vitest";
import {
  bitsOf,
  createHistogram,
  isStaleAt,
  labelsFromRecord,
  labelsToRecord,
  millis,
  STALE_HISTOGRAM,
  type Histogram,
} from "../../../src/model/index.ts";
import {
  decodeRemoteWrite,
  decodeWriteRequest,
  encodeSnappy,
  encodeWriteRequest,
} from "../../../src/wire/index.ts";
import { decodeReference, encodeReference } from "./reference-proto.ts";

const label = (name: string, value: string): object => ({ name, value });
const up = label("__name__", "up");

function labelsOf(labels: object[]): Record<string, string>[] {
  const bytes = encodeReference({ timeseries: [{ labels, samples: [{ value: 1, timestamp: 1 }] }] });
  return decodeWriteRequest(bytes).series.map((series) => labelsToRecord(series.labels));
}

function sampleField(...bytes: number[]): number[] {
  return [0x12, bytes.length, ...bytes];
}

function receive(histogram: object): Histogram {
  const bytes = encodeReference({ timeseries: [{ labels: [up], histograms: [histogram] }] });
  return decodeWriteRequest(bytes).series[0]!.histograms[0]!.histogram;
}

describe("labels", () => {
  const rows: [string, object[], Record<string, string>[]][] = [
    ["stay when sorted", [up, label("a", "1"), label("b", "2")], [{ __name__: "up", a: "1", b: "2" }]],
    ["are sorted", [label("b", "2"), label("a", "1"), up], [{ __name__: "up", a: "1", b: "2" }]],
    ["with empty values are removed", [up, label("a", ""), label("b", "2")], [{ __name__: "up", b: "2" }]],
    ["beyond ASCII are kept", [up, label("é", "😀".repeat(20))], [{ __name__: "up", é: "😀".repeat(20) }]],
    ["without a name make the series invalid", [label("a", "1")], []],
    ["with an empty metric name too", [label("__name__", ""), label("a", "1")], []],
    ["given twice too", [up, label("a", "1"), label("a", "2")], []],
    ["given twice, once empty, too", [up, label("a", "1"), label("a", "")], []],
    ["with an empty name too", [up, label("", "1")], []],
  ];
  test.each(rows)("%s", (_name, labels, expected) => expect(labelsOf(labels)).toEqual(expected));

  test("that are not UTF-8 make only their series invalid", () => {
    const bytes = encodeReference({
      timeseries: [
        { labels: [up, label("a", "xy")], samples: [{ timestamp: 1 }] },
        { labels: [up, label("a", "ok")], samples: [{ timestamp: 1 }] },
      ],
    });
    bytes[bytes.indexOf("x".charCodeAt(0))] = 0xff;
    const { series, invalidSeries } = decodeWriteRequest(bytes);
    expect(series.map((one) => labelsToRecord(one.labels))).toEqual([{ __name__: "up", a: "ok" }]);
    expect(invalidSeries).toBe(1);
  });
});

describe("samples", () => {
  test("keep their order, times and values", () => {
    const samples = [
      { value: 1.5, timestamp: 1_700_000_000_000 },
      { value: 0, timestamp: 0 },
      { value: -0, timestamp: -1 },
      { value: Infinity, timestamp: -1_700_000_000_000 },
      { value: 5e-324, timestamp: Number.MAX_SAFE_INTEGER },
    ];
    const { series } = decodeWriteRequest(encodeReference({ timeseries: [{ labels: [up], samples }] }));
    expect(Array.from(series[0]!.times)).toEqual(samples.map((sample) => sample.timestamp));
    expect(Array.from(series[0]!.values)).toEqual(samples.map((sample) => sample.value));
  });

  test("keep the bits of a NaN", () => {
    const values = new Float64Array(3);
    bitsOf(values).set([2, 0x7ff00000, 0x12345678, 0xfff80001, 1, 0x7ff80000]);
    const times = Float64Array.of(1, 2, 3);
    const written = [{ labels: labelsFromRecord({ __name__: "up" }), times, values, histograms: [] }];
    const { series } = decodeWriteRequest(encodeWriteRequest(written));
    const bits = bitsOf(series[0]!.values.slice());
    expect(Array.from(bits)).toEqual([2, 0x7ff00000, 0x12345678, 0xfff80001, 1, 0x7ff80000]);
    expect(isStaleAt(bits, 0)).toBe(true);
  });

  test("of long series come out whole, each NaN with its bits", () => {
    const count = 20_000;
    const times = Float64Array.from({ length: count }, (_, row) => 1_700_000_000_000 + row);
    const values = new Float64Array(count);
    const bits = bitsOf(values);
    for (let row = 0; row < count; row++) {
      bits.set([row + 1, row % 2 === 0 ? 0x7ff00000 : 0xfff80000], 2 * row);
    }
    const written = ["a", "b"].map((name) => {
      return { labels: labelsFromRecord({ __name__: name }), times, values, histograms: [] };
    });
    const { series } = decodeWriteRequest(encodeWriteRequest(written));
    expect(series.map((one) => labelsToRecord(one.labels))).toEqual([{ __name__: "a" }, { __name__: "b" }]);
    for (const one of series) {
      expect(one.times).toEqual(times);
      expect(bitsOf(one.values.slice())).toEqual(bits);
    }
  });

  test("in an unusual layout are read all the same", () => {
    // Time before value, an unknown field, an empty sample, a value given twice.
    const one = [0x09, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f];
    const two = [0x09, 0, 0, 0, 0, 0, 0, 0, 0x40];
    const parts = [
      ...sampleField(0x10, 5, ...one),
      ...sampleField(0x1a, 1, 0xff, ...one, 0x10, 6),
      ...sampleField(),
      ...sampleField(...one, ...two, 0x10, 7),
      ...sampleField(...one, 0x10, 8),
    ];
    const name = [0x0a, 0x0e, 0x0a, 8, ...Buffer.from("__name__"), 0x12, 2, ...Buffer.from("up")];
    const body = [...name, ...parts];
    const { series } = decodeWriteRequest(Uint8Array.from([0x0a, body.length, ...body]));
    expect(Array.from(series[0]!.times)).toEqual([5, 6, 0, 7, 8]);
    expect(Array.from(series[0]!.values)).toEqual([1, 1, 0, 2, 1]);
  });

  test("of a series without any and of metadata there is nothing", () => {
    const bytes = encodeReference({ timeseries: [{ labels: [up] }] });
    const withMetadata = Uint8Array.from([...bytes, 0x1a, 2, 0x08, 1, 0x22, 0]);
    expect(decodeWriteRequest(withMetadata)).toEqual({ series: [], invalidSeries: 0, metadata: [] });
    expect(decodeWriteRequest(new Uint8Array(0))).toEqual({ series: [], invalidSeries: 0, metadata: [] });
  });
});

test("any request comes out as a general library reads it", () => {
  const anyLabel = record({
    name: constantFrom("a", "b", "job", "instance", "é"),
    value: string({ unit: "grapheme" }),
  });
  const anySample = record({
    value: double(),
    timestamp: integer({ min: -(2 ** 50), max: 2 ** 50 }),
  });
  const anySeries = record({
    labels: array(anyLabel, { maxLength: 4 }),
    samples: array(anySample, { maxLength: 6 }),
  });
  const run = property(array(anySeries, { maxLength: 5 }), (timeseries) => {
    const bytes = encodeReference({
      timeseries: timeseries.map(({ labels, samples }) => ({ labels: [...labels, up], samples })),
    });
    const expected = (decodeReference(bytes).timeseries ?? [])
      .map(({ labels = [], samples = [] }) => ({ labels, samples }))
      .filter(({ labels }) => new Set(labels.map(({ name }) => name)).size === labels.length)
      .filter(({ samples }) => samples.length > 0)
      .map(({ labels, samples }) => ({
        labels: Object.fromEntries(
          labels.filter(({ value }) => value !== "").map(({ name, value }) => [name, value]),
        ),
        times: samples.map(({ timestamp = 0 }) => timestamp),
        values: samples.map(({ value = 0 }) => value),
      }));
    const decoded = decodeWriteRequest(bytes).series.map((series) => ({
      labels: labelsToRecord(series.labels),
      times: Array.from(series.times),
      values: Array.from(series.values),
    }));
    expect(decoded).toEqual(expected);
  });
  assertProperty(run, { numRuns: 300 });
});

describe("histograms", () => {
  test("with integer counts become absolute counts", () => {
    const sent = {
      countInt: 12,
      sum: 18.4,
      schema: 1,
      zeroThreshold: 0.001,
      zeroCountInt: 2,
      positiveSpans: [
        { offset: -1, length: 2 },
        { offset: 1, length: 1 },
      ],
      positiveDeltas: [1, 1, -1],
      negativeSpans: [{ offset: 0, length: 2 }],
      negativeDeltas: [4, -2],
      resetHint: 2,
      timestamp: 77,
    };
    expect(receive(sent)).toEqual(
      createHistogram({
        schema: 1,
        resetHint: "not_reset",
        count: 12,
        sum: 18.4,
        zeroThreshold: 0.001,
        zeroCount: 2,
        positiveSpans: sent.positiveSpans,
        positiveBuckets: [1, 2, 1],
        negativeSpans: sent.negativeSpans,
        negativeBuckets: [4, 2],
      }),
    );
  });

  test("with custom bounds and float counts survive a round trip, markers too", () => {
    const histogram = createHistogram({
      schema: -53,
      resetHint: "gauge",
      count: 3.5,
      sum: -2,
      positiveSpans: [{ offset: 1, length: 2 }],
      positiveBuckets: [1, 2.5],
      customBounds: [-1, 2],
    });
    const histograms = [
      { time: millis(-5), histogram },
      { time: millis(1_700_000_000_000), histogram: STALE_HISTOGRAM },
    ];
    const empty = new Float64Array(0);
    const written = [
      { labels: labelsFromRecord({ __name__: "h" }), times: empty, values: empty, histograms },
    ];
    expect(decodeWriteRequest(encodeWriteRequest(written)).series[0]!.histograms).toEqual(histograms);
  });

  test("finer than schema 8 are brought to it", () => {
    const received = receive({
      countInt: 6,
      schema: 10,
      positiveSpans: [{ offset: 1, length: 5 }],
      positiveDeltas: [1, 0, 0, 0, 1],
    });
    expect(received.schema).toBe(8);
    expect(received.positiveSpans).toEqual([{ offset: 1, length: 2 }]);
    expect(received.positiveBuckets).toEqual([4, 2]);
  });

  const faults: [string, object, string][] = [
    [
      "a wrong count",
      { countInt: 5, positiveSpans: [{ length: 1 }], positiveDeltas: [3] },
      "3 observations found in buckets, but the Count field is 5",
    ],
    [
      "a negative bucket",
      { countInt: 1, positiveSpans: [{ length: 2 }], positiveDeltas: [2, -3] },
      "positive side: bucket number 2 has observation count of -1",
    ],
    ["an unknown schema", { schema: 60 }, "got schema 60"],
    ["a schema that is too coarse", { schema: -5 }, "got schema -5"],
    [
      "a span of millions without buckets",
      { schema: 20, positiveSpans: [{ length: 4e9 }] },
      "spans need 4000000000 buckets, have 0 buckets",
    ],
    [
      "custom bounds that fall",
      { schema: -53, customValues: [2, 1] },
      "previous bound is 2.000000 and current is 1.000000",
    ],
  ];
  test.each(faults)("with %s refuse the request", (_name, histogram, message) => {
    expect(() => receive(histogram)).toThrow(message);
  });

  test("of a series with invalid labels are not looked at", () => {
    const bytes = encodeReference({ timeseries: [{ labels: [], histograms: [{ schema: 60 }] }] });
    expect(decodeWriteRequest(bytes)).toEqual({ series: [], invalidSeries: 1, metadata: [] });
  });
});

describe("malformed requests are refused", () => {
  const rows: [string, number[], string][] = [
    ["a series longer than the body", [0x0a, 5, 0x0a], "proto: unexpected EOF at byte 2"],
    ["a sample longer than its series", [0x0a, 2, 0x12, 9], "proto: unexpected EOF at byte 4"],
    ["a label longer than its series", [0x0a, 2, 0x0a, 9, 1, 1, 1, 1], "proto: unexpected EOF"],
    ["a value cut short", [0x0a, 5, 0x12, 3, 0x09, 1, 2], "proto: unexpected EOF"],
    ["a varint without an end", [0xff, 0xff], "proto: unexpected EOF"],
    [
      "a varint of eleven bytes",
      [0x18, ...Array.from({ length: 11 }, () => 0x80), 1],
      "proto: varint of more than 10 bytes",
    ],
    ["a group", [0x0b], "proto: illegal wireType 3"],
    ["field number 0", [0x02, 0], "proto: illegal tag 2"],
  ];
  test.each(rows)("%s", (_name, bytes, message) => {
    expect(() => decodeWriteRequest(Uint8Array.from(bytes))).toThrow(message);
  });

  test("any change of a byte is refused or read, never anything else", () => {
    const bytes = encodeReference({
      timeseries: [
        {
          labels: [up, label("a", "b")],
          samples: [{ value: 1, timestamp: 2 }],
          histograms: [{ countInt: 1, positiveSpans: [{ length: 1 }], positiveDeltas: [1] }],
        },
      ],
    });
    const outcomes = new Set<string>();
    for (let at = 0; at < bytes.length; at++) {
      for (const value of [0, 1, 0x7f, 0x80, 0xff]) {
        const changed = Uint8Array.from(bytes);
        changed[at] = value;
        try {
          decodeWriteRequest(changed);
          outcomes.add("read");
        } catch (thrown) {
          outcomes.add((thrown as Error).name);
        }
      }
    }
    expect([...outcomes].toSorted()).toEqual(["WireError", "read"]);
  });

  test("more series than allowed", () => {
    const body = encodeSnappy(encodeReference({ timeseries: [{ labels: [up] }, { labels: [up] }] }));
    expect(() => decodeRemoteWrite(body, { decodedBytesMax: 100, seriesMax: 1 })).toThrow(
      "remote write request has 2 series, more than 1",
    );
    expect(() => decodeRemoteWrite(body, { decodedBytesMax: 10 })).toThrow("exceeds limit 10");
  });
});

describe("what comes with samples", () => {
  test("exemplars keep their order; without a time they have none of their own", () => {
    const exemplars = [
      { labels: [label("trace_id", "b"), label("a", "1")], value: 0.5, timestamp: 1_700_000_000_123 },
      { value: -1 },
    ];
    const bytes = encodeReference({ timeseries: [{ labels: [up], exemplars }, { labels: [up] }] });
    expect(decodeWriteRequest(bytes).series).toMatchObject([
      {
        labels: labelsFromRecord({ __name__: "up" }),
        exemplars: [
          {
            labels: labelsFromRecord({ a: "1", trace_id: "b" }),
            value: 0.5,
            time: 1_700_000_000_123,
            hasOwnTime: true,
          },
          { labels: [], value: -1, time: 0, hasOwnTime: false },
        ],
      },
    ]);
  });

  test("exemplars with bad labels are left out, and their series is not", () => {
    const samples = [{ value: 1, timestamp: 1 }];
    const exemplars = [{ labels: [label("a", "1"), label("a", "2")], value: 1 }];
    const twice = encodeReference({ timeseries: [{ labels: [up], samples, exemplars }] });
    expect(decodeWriteRequest(twice).series[0]).not.toHaveProperty("exemplars");
    const bad = encodeReference({
      timeseries: [{ labels: [up], samples, exemplars: [{ labels: [label("a", "é")] }] }],
    });
    const at = bad.indexOf(0xc3);
    bad[at] = 0xff;
    expect(decodeWriteRequest(bad).series[0]).not.toHaveProperty("exemplars");
    expect(decodeWriteRequest(bad).invalidSeries).toBe(0);
  });

  test("metadata are read, those without a metric left out", () => {
    const metadata = [
      { type: 1, metricFamilyName: "a_total", help: "é", unit: "s" },
      { type: 77, metricFamilyName: "b" },
      { type: 4, metricFamilyName: "c" },
      { type: 1, help: "of nothing" },
    ];
    expect(decodeWriteRequest(encodeReference({ timeseries: [], metadata })).metadata).toEqual([
      { metric: "a_total", type: "counter", help: "é", unit: "s" },
      { metric: "b", type: "unknown", help: "", unit: "" },
      { metric: "c", type: "gaugehistogram", help: "", unit: "" },
    ]);
  });
});

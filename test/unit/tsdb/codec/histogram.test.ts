import {
  array,
  assert as assertProperty,
  constantFrom,
  double,
  integer,
  nat,
  oneof,
  property,
  record,
} from "fast-check";
import { expect, test } from "vitest";
import { ByteReader, ByteWriter, MalformedBytesError } from "../../../../src/base/index.ts";
import type { Histogram } from "../../../../src/model/index.ts";
import { decodeHistogram, encodeHistogram } from "../../../../src/tsdb/codec/index.ts";

const EMPTY: Histogram = {
  schema: 3,
  resetHint: "unknown",
  count: 0,
  sum: 0,
  stale: false,
  zeroThreshold: 0,
  zeroCount: 0,
  positiveSpans: [],
  positiveBuckets: [],
  negativeSpans: [],
  negativeBuckets: [],
  customBounds: [],
};

function roundTrip(histogram: Histogram): Histogram {
  const out = new ByteWriter();
  out.u8(9);
  encodeHistogram(histogram, out);
  const reader = new ByteReader(out.written(), 1);
  const back = decodeHistogram(reader);
  expect(reader.left).toBe(0);
  return back;
}

const count = oneof(
  nat(1000),
  integer({ min: 0, max: 2 ** 52 }),
  double({ min: 0, noNaN: true }),
  constantFrom(-0, 0, NaN, Infinity),
);
const span = record({ offset: integer({ min: -100, max: 100 }), length: nat(20) }, { noNullPrototype: true });
const histogram = record<Histogram>(
  {
    schema: constantFrom(-53, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8),
    resetHint: constantFrom("unknown", "reset", "not_reset", "gauge"),
    count,
    sum: double(),
    stale: constantFrom(false),
    zeroThreshold: oneof(constantFrom(0, -0, 2 ** -128), double({ min: 0, noNaN: true })),
    zeroCount: count,
    positiveSpans: array(span, { maxLength: 4 }),
    positiveBuckets: array(count, { maxLength: 20 }),
    negativeSpans: array(span, { maxLength: 2 }),
    negativeBuckets: array(count, { maxLength: 5 }),
    customBounds: array(double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 4 }),
  },
  { noNullPrototype: true },
);

test("every histogram comes back with its exact numbers", () => {
  assertProperty(
    property(histogram, (original) => {
      // Object.is on every number: -0, NaN and the last bit count.
      expect(roundTrip(original)).toStrictEqual(original);
    }),
    { numRuns: 500 },
  );
});

test("a run of histograms comes back from its differences", () => {
  const change = record({
    bucket: nat(30),
    by: oneof(integer({ min: -50, max: 50 }), nat(2 ** 40), double({ noNaN: true, min: 0, max: 10 })),
    isOther: constantFrom(false, false, false, true),
    isStale: constantFrom(false, false, false, true),
    other: histogram,
  });
  assertProperty(
    property(histogram, array(change, { maxLength: 8 }), (start, changes) => {
      const run = [start];
      for (const { bucket, by, isOther, isStale, other } of changes) {
        const last = run.at(-1)!;
        const positiveBuckets = last.positiveBuckets.map((count, i) =>
          i === bucket ? Math.max(0, count + by) : count,
        );
        run.push({ ...(isOther ? other : { ...last, positiveBuckets, sum: last.sum + 1 }), stale: isStale });
      }
      const out = new ByteWriter();
      run.forEach((item, i) => encodeHistogram(item, out, run[i - 1]));
      const reader = new ByteReader(out.written());
      let before: Histogram | undefined;
      for (const item of run) {
        const back = decodeHistogram(reader, before);
        expect(back).toStrictEqual(item.stale ? { ...back, stale: true } : item);
        before = back;
      }
      expect(reader.left).toBe(0);
    }),
    { numRuns: 500 },
  );
});

test("a histogram that repeats takes its flags, its sum and a byte", () => {
  const repeated = roundTrip({
    ...EMPTY,
    positiveSpans: [{ offset: 0, length: 3 }],
    positiveBuckets: [1, 2, 3],
  });
  const out = new ByteWriter();
  encodeHistogram(repeated, out, repeated);
  expect(out.length).toBe(10);
  expect(() => decodeHistogram(new ByteReader(out.written()))).toThrow("like one that is not there");
});

test("a staleness marker keeps its hint and nothing else", () => {
  assertProperty(
    property(histogram, (original) => {
      const back = roundTrip({ ...original, stale: true });
      expect(back.stale).toBe(true);
      expect(back.resetHint).toBe(original.resetHint);
      expect([back.count, back.positiveBuckets, back.positiveSpans]).toEqual([0, [], []]);
    }),
  );
});

test("an integer histogram of 20 buckets takes about a byte a bucket", () => {
  const out = new ByteWriter();
  encodeHistogram(
    {
      ...EMPTY,
      count: 400,
      sum: 12.5,
      positiveSpans: [{ offset: -5, length: 20 }],
      positiveBuckets: Array.from({ length: 20 }, (_, i) => 10 + i),
    },
    out,
  );
  expect(out.length).toBeLessThanOrEqual(36);
});

test("bytes that end early or promise too much are refused, never read past", () => {
  assertProperty(
    property(histogram, nat(), nat(255), (original, place, byte) => {
      const out = new ByteWriter();
      encodeHistogram(original, out);
      const cut = out.copy().subarray(0, place % out.length);
      expect(() => decodeHistogram(new ByteReader(cut))).toThrow(MalformedBytesError);
      const changed = out.copy();
      changed[place % changed.length] = byte;
      const reader = new ByteReader(changed);
      try {
        decodeHistogram(reader);
      } catch (thrown) {
        if (!(thrown instanceof MalformedBytesError)) throw thrown;
      }
      expect(reader.position).toBeLessThanOrEqual(changed.length);
    }),
  );
});

import { array, assert as assertProperty, constantFrom, integer, nat, property } from "fast-check";
import { expect, test } from "vitest";
import {
  BUCKET_WIDTH_MAX,
  BUCKETS_MAX,
  pickBuckets,
  readBuckets,
  writeBuckets,
} from "../../../../src/tsdb/codec/buckets.kernel.ts";

/** The layout bit by bit. */
function writePlainly(integers: readonly number[], widths: readonly number[]): number[] {
  const firsts = widths.map((_, k) => widths.slice(0, k).reduce((sum, width) => sum + 2 ** width, 0));
  const buckets: number[] = [];
  const places: number[] = [];
  for (const integer of integers) {
    const k = firsts.findLastIndex((first) => first <= integer);
    for (let bit = 0; bit < (widths.length > 2 ? 2 : 1); bit++) buckets.push((k >> bit) & 1);
    const place = BigInt(integer - firsts[k]!);
    for (let bit = 0n; bit < widths[k]!; bit++) places.push(Number((place >> bit) & 1n));
  }
  return [...toBytes(buckets), ...toBytes(places)];
}

function toBytes(bits: readonly number[]): number[] {
  const bytes = Array.from({ length: Math.ceil(bits.length / 8) }, () => 0);
  bits.forEach((bit, i) => {
    bytes[i >> 3]! |= bit << (i & 7);
  });
  return bytes;
}

function lengthsOf(integers: readonly number[]): Int32Array {
  const lengths = new Int32Array(64);
  for (const integer of integers) lengths[integer === 0 ? 0 : integer.toString(2).length]!++;
  return lengths;
}

function pick(integers: readonly number[]): { widths: number[]; bits: number } {
  const lengths = lengthsOf(integers);
  const widths = new Uint8Array(BUCKETS_MAX + 1);
  const bits = pickBuckets(
    lengths,
    integers.length,
    lengths.findLastIndex((n) => n > 0),
    widths,
  );
  return { widths: [...widths.subarray(0, widths[BUCKETS_MAX])], bits };
}

// Sizes from one bit to the widest, in any mixture.
const someIntegers = array(
  array(integer({ min: 0, max: BUCKET_WIDTH_MAX }), { minLength: 1, maxLength: 5 }).chain((widths) =>
    constantFrom(...widths).chain((width) =>
      integer({ min: 0, max: 2 ** Math.min(width, 48) - 1 }).map((value) => value),
    ),
  ),
  { minLength: 1, maxLength: 100 },
).filter((integers) => Math.max(...integers) >= 2);

test("integers equal the plain layout and read back, with and without bytes after them", () => {
  assertProperty(
    property(someIntegers, nat(5), nat(5), (integers, at, after) => {
      const { widths, bits } = pick(integers);
      expect(widths.length).toBeGreaterThanOrEqual(2);
      const expected = writePlainly(integers, widths);
      const out = new Uint8Array(at + expected.length + after).fill(0xaa);
      const given = Uint8Array.from(widths);
      const count = integers.length;
      const used = writeBuckets(Float64Array.from(integers), count, given, widths.length, out, at);
      expect([...out.subarray(at, at + used)]).toEqual(expected);
      expect([...out.subarray(at + used)]).toEqual(Array.from({ length: after }, () => 0xaa));
      // Buckets and places are filled up to whole bytes.
      expect(used).toBeLessThanOrEqual(Math.ceil(bits / 8) + 2);
      const back = new Float64Array(count + 3).fill(-1);
      const view = new DataView(out.buffer);
      expect(readBuckets(view, at, count, given, widths.length, back, 2)).toBe(used);
      expect([...back]).toEqual([-1, -1, ...integers, -1]);
    }),
    { numRuns: 500 },
  );
});

test.each([
  [
    "mostly small ones",
    [...Array.from({ length: 90 }, (_, i) => i % 2), ...Array.from({ length: 10 }, () => 1000)],
    2,
  ],
  ["three sizes", Array.from({ length: 120 }, (_, i) => [1, 60, 70_000][i % 3]!), 3],
] as const)("of %s are told apart", (_, integers, buckets) => {
  const { widths, bits } = pick(integers);
  expect(widths.length).toBeGreaterThanOrEqual(buckets);
  expect(bits).toBeLessThan(integers.length * Math.max(...integers).toString(2).length * 0.8);
});

test("integers cut off by the end of the bytes read as what is there and zeros", () => {
  const out = new Uint8Array(40);
  const integers = Float64Array.from({ length: 20 }, (_, i) => (i % 5 === 0 ? 1000 : 1));
  const widths = Uint8Array.of(1, 10);
  const used = writeBuckets(integers, 20, widths, 2, out, 0);
  const back = new Float64Array(20).fill(-1);
  for (let end = 0; end < used; end++) {
    readBuckets(new DataView(out.buffer, 0, end), 0, 20, widths, 2, back, 0);
    expect(back.every((value) => value >= 0)).toBe(true);
  }
});

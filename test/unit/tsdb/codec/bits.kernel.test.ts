import { array, assert as assertProperty, bigInt, constantFrom, integer, nat, property } from "fast-check";
import { expect, test } from "vitest";
import {
  addPatches,
  foldSign,
  packBits,
  packedBytes,
  patchesBytes,
  readVarint,
  unfoldSign,
  unpackBits,
  varintBytes,
  writePatches,
  writeVarint,
} from "../../../../src/tsdb/codec/bits.kernel.ts";

/** The layout bit by bit: layers of 24 bits, each from the lowest bit on, each starting a byte. */
function packPlainly(integers: readonly bigint[], width: number): number[] {
  const bytes: number[] = [];
  for (let low = 0; low < width; low += 24) {
    const bits: number[] = [];
    for (const value of integers) {
      for (let bit = low; bit < Math.min(width, low + 24); bit++)
        bits.push(Number((value >> BigInt(bit)) & 1n));
    }
    while (bits.length % 8 !== 0) bits.push(0);
    for (let i = 0; i < bits.length; i += 8)
      bytes.push(bits.slice(i, i + 8).reduceRight((byte, bit) => byte * 2 + bit));
  }
  return bytes;
}

const run = integer({ min: 0, max: 54 }).chain((width) =>
  array(bigInt({ min: 0n, max: 2n ** BigInt(width) - 1n }), { maxLength: 70 }).map((integers) => ({
    width,
    // Beyond 2^53 a number can only be even.
    integers: integers.map((value) => (value > 2n ** 53n ? value & ~1n : value)),
  })),
);

test("packing equals the plain layout and reads back, with and without bytes after it", () => {
  assertProperty(
    property(run, nat(5), nat(5), ({ width, integers }, at, after) => {
      const expected = packPlainly(integers, width);
      const out = new Uint8Array(at + expected.length + after).fill(0xaa);
      const used = packBits(Float64Array.from(integers, Number), integers.length, width, out, at);
      expect(used).toBe(expected.length);
      expect(packedBytes(integers.length, width)).toBe(expected.length);
      expect([...out.subarray(at, at + used)]).toEqual(expected);
      expect([...out.subarray(at + used)]).toEqual(Array.from({ length: after }, () => 0xaa));
      const back = new Float64Array(integers.length + 3).fill(-1);
      expect(unpackBits(out, at, integers.length, width, back, 2)).toBe(used);
      expect([...back]).toEqual([-1, -1, ...integers.map(Number), -1]);
    }),
    { numRuns: 500 },
  );
});

test("varints are LEB128", () => {
  assertProperty(
    property(constantFrom(2 ** 7, 2 ** 31, 2 ** 32, 2 ** 49, 2 ** 53), nat(), (limit, step) => {
      const value = Math.max(0, limit - (step % 3));
      const expected: number[] = [];
      for (let rest = BigInt(value); ; rest >>= 7n) {
        expected.push(Number(rest & 127n) + (rest > 127n ? 128 : 0));
        if (rest <= 127n) break;
      }
      const out = new Uint8Array(10);
      expect(writeVarint(value, out, 1)).toBe(expected.length);
      expect([...out.subarray(1, 1 + expected.length)]).toEqual(expected);
      expect(readVarint(out, 1)).toBe(value);
      expect(varintBytes(value)).toBe(expected.length);
    }),
  );
});

test("signs fold into the lowest bit and back", () => {
  const rows = [0, -1, 1, -2, 2, 2 ** 51, -(2 ** 51), 2 ** 52, -(2 ** 52)];
  expect(rows.map(foldSign)).toEqual([0, 1, 2, 3, 4, 2 ** 52, 2 ** 52 - 1, 2 ** 53, 2 ** 53 - 1]);
  expect(rows.map((value) => unfoldSign(foldSign(value)))).toEqual(rows);
});

test("patches bring back what is wider than the width", () => {
  assertProperty(
    property(
      array(integer({ min: 0, max: 2 ** 40 }), { maxLength: 40 }),
      integer({ min: 0, max: 39 }),
      (values, width) => {
        const cut = Float64Array.from(values);
        const out = new Uint8Array(20 + 20 * values.length);
        const used = writePatches(cut, values.length, width, out, 3);
        expect([...cut]).toEqual(values.map((value) => value % 2 ** width));
        expect(patchesBytes(out, 3)).toBe(used);
        expect(addPatches(out, 3, 2 ** width, cut, 0, values.length)).toBe(true);
        expect([...cut]).toEqual(values);
      },
    ),
  );
});

test("a patch beyond the end is told, not written", () => {
  const out = new Uint8Array(20);
  writePatches(Float64Array.from([0, 0, 9]), 3, 1, out, 0);
  const target = new Float64Array(4);
  expect(addPatches(out, 0, 2, target, 0, 2)).toBe(false);
  expect([...target]).toEqual([0, 0, 0, 0]);
});

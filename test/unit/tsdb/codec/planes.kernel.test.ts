import { array, assert as assertProperty, bigInt, double, oneof, property } from "fast-check";
import { expect, test } from "vitest";
import { readPlanes, writePlanes } from "../../../../src/tsdb/codec/planes.kernel.ts";

function byte(word: bigint, k: number): number {
  return Number((word >> BigInt(8 * k)) & 255n);
}

/** The layout value by value, over whole 64-bit words. */
function writePlainly(values: readonly bigint[]): number[] {
  const xors = values.slice(1).map((value, i) => value ^ values[i]!);
  let mask = 0;
  const planes: number[] = [];
  for (let k = 0; k < 8; k++) {
    const plane = xors.map((word) => byte(word, k));
    if (plane.every((part) => part === 0)) continue;
    mask |= 1 << k;
    planes.push(...plane);
  }
  return [mask, ...[0, 1, 2, 3, 4, 5, 6, 7].map((k) => byte(values[0]!, k)), ...planes];
}

function bitsOfNumber(value: number): bigint {
  return new BigUint64Array(Float64Array.of(value).buffer)[0]!;
}

test("planes equal the plain layout and read back", () => {
  const value = oneof(bigInt({ min: 0n, max: 2n ** 64n - 1n }), double({ noNaN: true }).map(bitsOfNumber));
  assertProperty(
    property(array(value, { minLength: 1, maxLength: 40 }), (values) => {
      const expected = writePlainly(values);
      const words = new Uint32Array(BigUint64Array.from(values).buffer);
      const out = new Uint8Array(2 + 1 + 8 * values.length);
      expect(writePlanes(words, values.length, out, 2)).toBe(expected.length);
      expect([...out.subarray(2, 2 + expected.length)]).toEqual(expected);
      const back = new BigUint64Array(values.length + 2).fill(7n);
      expect(readPlanes(out, 2, values.length, new Uint32Array(back.buffer), 2)).toBe(expected.length);
      expect([...back]).toEqual([7n, ...values, 7n]);
    }),
  );
});

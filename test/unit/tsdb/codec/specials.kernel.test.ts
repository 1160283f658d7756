import {
  array,
  assert as assertProperty,
  bigInt,
  constantFrom,
  nat,
  oneof,
  property,
  tuple,
} from "fast-check";
import { expect, test } from "vitest";
import {
  findRuns,
  measureRuns,
  putSpecials,
  takePlain,
  writeRuns,
} from "../../../../src/tsdb/codec/specials.kernel.ts";

const ABSENT = 0x7ff000006e617274n;
const STALE = 0x7ff0000000000002n;
const NAN = 0x7ff8000000000001n;
const INF = 0x7ff0000000000000n;
const MINUS_ZERO = 0x8000000000000000n;

function isSpecial(bits: bigint): boolean {
  return (bits & INF) === INF || bits === MINUS_ZERO;
}

const special = oneof(
  constantFrom(ABSENT, STALE, NAN, INF, INF | MINUS_ZERO, MINUS_ZERO, STALE | (1n << 51n)),
  bigInt({ min: 0n, max: 2n ** 52n - 1n }).map((payload) => payload | INF),
);
const plain = constantFrom(0n, 0x3ff0000000000000n, 0x4008000000000000n, 1n);
const column = array(tuple(oneof(special, plain), nat(3)), { maxLength: 30 }).map((runs) =>
  runs.flatMap(([bits, length]) => Array.from({ length }, () => bits)),
);

test("plain values and runs of specials make up the column again", () => {
  assertProperty(
    property(column, (bits) => {
      const values = new Float64Array(BigUint64Array.from([5n, ...bits]).buffer);
      const words = new Uint32Array(values.buffer);
      const expectedPlain = bits.filter((value) => !isSpecial(value));
      const kept = new Float64Array(bits.length);
      expect(takePlain(values, 1, bits.length, kept)).toBe(expectedPlain.length);
      expect([...new BigUint64Array(kept.buffer)].slice(0, expectedPlain.length)).toEqual(expectedPlain);

      const out = new Uint8Array(30 + 20 * bits.length);
      const extent = new Int32Array(2);
      findRuns(words, 1, bits.length, extent);
      const [runs, bytes] = extent;
      const used = writeRuns(words, 1, bits.length, runs!, out, 4);
      expect(used).toBe(bytes);
      const specials = bits.length - expectedPlain.length;
      expect(measureRuns(out, 4, bits.length, extent)).toBe(true);
      expect([...extent]).toEqual([specials, used]);

      const back = new BigUint64Array(bits.length + 2).fill(9n);
      back.set(expectedPlain, 1 + specials);
      putSpecials(out, 4, new Float64Array(back.buffer), new Uint32Array(back.buffer), 1, 1 + specials);
      expect([...back]).toEqual([9n, ...bits, 9n]);
    }),
    { numRuns: 300 },
  );
});

test("the markers and the ordinary NaN take two bytes a run", () => {
  const bits = [ABSENT, ABSENT, STALE, NAN, INF, MINUS_ZERO];
  const words = new Uint32Array(BigUint64Array.from(bits).buffer);
  expect(writeRuns(words, 0, bits.length, 5, new Uint8Array(100), 0)).toBe(1 + 5 * 2);
});

test("runs that promise more values than the column has are told", () => {
  const out = new Uint8Array(20);
  writeRuns(new Uint32Array(BigUint64Array.from([STALE, STALE, STALE]).buffer), 0, 3, 1, out, 0);
  expect(measureRuns(out, 0, 2, new Int32Array(2))).toBe(false);
});

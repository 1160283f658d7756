import { array, assert as assertProperty, constantFrom, double, integer, oneof, property } from "fast-check";
import { expect, test } from "vitest";
import {
  addBase,
  bitLength,
  countFoldedLengths,
  countLengths,
  divideBy,
  foldAround,
  measureRanges,
  SCALE_COUNT,
  scaleDown,
  scaleUp,
  shiftToBase,
  sumFoldedSteps,
  sumSteps,
  takeSteps,
  unfoldAround,
} from "../../../../src/tsdb/codec/integers.kernel.ts";

function unscale(integer: number, code: number): number {
  if (code <= 14) return integer / 10 ** code;
  return code < 24 ? integer * Number(`1e-${code - 14}`) : integer / 1000 / 1000;
}

function scaleFactor(code: number): number {
  return 10 ** (code <= 14 ? code : code < 24 ? code - 14 : 6);
}

/** How many leading values some integer within ±2^51 near value · 10^exponent reproduces. */
function scaleUpPlainly(values: readonly number[], code: number): number {
  for (const [i, value] of values.entries()) {
    const scaled = Math.round(value * scaleFactor(code));
    const isSafe = Math.abs(value * scaleFactor(code)) <= 2 ** 51;
    if (!isSafe || unscale(scaled, code) !== value) return i;
  }
  return values.length;
}

const someInteger = integer({ min: -(2 ** 40), max: 2 ** 40 });
const code = integer({ min: 0, max: SCALE_COUNT - 1 });
test("scaling reproduces exactly the values it claims to", () => {
  assertProperty(
    property(
      code,
      code,
      array(oneof(someInteger, integer({ min: -1000, max: 1000 }))),
      double({ noNaN: true, noDefaultInfinity: true }),
      (made, tried, integers, odd) => {
        const values = [...integers.map((value) => unscale(value, made) + 0), odd + 0].filter(
          (value) => !Object.is(value, -0),
        );
        const out = new Float64Array(values.length);
        const reproduced = scaleUp(Float64Array.from(values), values.length, tried, out);
        expect(reproduced).toBe(scaleUpPlainly(values, tried));
        scaleDown(out, 0, reproduced, tried);
        expect([...out.subarray(0, reproduced)]).toEqual(values.slice(0, reproduced));
      },
    ),
    { numRuns: 500 },
  );
});

const microseconds = Array.from({ length: 40 }, (_, i) => 2_269_414 + 5771 * i);

test.each([
  ["text", [0.1, 0.25], 2],
  ["milliseconds times 0.001", [45108 * 0.001, 45394 * 0.001], 17],
  ["microseconds divided by 1000 twice", microseconds.map((value) => value / 1000 / 1000), 24],
  ["large integers", [2 ** 51, -(2 ** 51)], 0],
] as const)("decimals from %s are integers under one code", (_, values, expected) => {
  const out = new Float64Array(values.length);
  const column = Float64Array.from(values);
  let found = 0;
  while (found < SCALE_COUNT && scaleUp(column, values.length, found, out) < values.length) found++;
  expect(found).toBe(expected);
});

test("integers beyond 2^51 are left to other layouts", () => {
  expect(scaleUp(Float64Array.of(2 ** 51 + 1), 1, 0, new Float64Array(1))).toBe(0);
});

test("ranges, steps, bases, units and signs equal their plain twins", () => {
  assertProperty(
    property(array(someInteger, { minLength: 2 }), constantFrom(1, 2, 1024), (small, unit) => {
      const values = small.map((value) => value * unit);
      const count = values.length;
      const steps = values.slice(1).map((value, i) => value - values[i]!);
      const ranges = new Float64Array(4);
      measureRanges(Float64Array.from(values), count, ranges);
      expect([...ranges]).toEqual([
        Math.min(...values),
        Math.max(...values),
        Math.min(...steps),
        Math.max(...steps),
      ]);

      const taken = new Float64Array(count - 1);
      takeSteps(Float64Array.from(values), count, taken);
      expect([...taken]).toEqual(steps);

      const low = Math.min(...steps);
      const union = shiftToBase(taken, count - 1, low, taken);
      expect(union).toBe(steps.reduce((bits, step) => bits | (step - low), 0));
      divideBy(taken, count - 1, unit);
      const sums = Float64Array.from([0, 0, ...taken, 0]);
      sumSteps(sums, 1, count + 1, values[0]!, low, unit);
      expect([...sums]).toEqual([0, ...values, 0]);

      const centre = steps[0]! / unit;
      const folded = Float64Array.from(steps, (step) => step / unit);
      const lengths = new Int32Array(64);
      countFoldedLengths(folded, count - 1, centre, lengths);
      foldAround(folded, count - 1, centre);
      const plain = steps.map((step) => step / unit - centre).map((d) => (d < 0 ? -2 * d - 1 : 2 * d));
      expect([...folded]).toEqual(plain.map((value) => value + 0));
      plain.forEach((value) => lengths[bitLength(value)]!--);
      expect(lengths.every((left) => left === 0)).toBe(true);
      const foldedSums = Float64Array.from([0, ...folded]);
      sumFoldedSteps(foldedSums, 0, count, values[0]!, steps[0]!, unit);
      expect([...foldedSums]).toEqual(values);
      unfoldAround(folded, 0, count - 1, steps[0]!, unit);
      expect([...folded]).toEqual(steps);

      const based = Float64Array.from(values, (value) => (value - values[0]!) / unit);
      addBase(based, 0, count, values[0]!, unit);
      expect([...based]).toEqual(values);
    }),
  );
});

test("bit lengths are those of the binary text", () => {
  const values = [0, 1, 2, 255, 256, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53, 2 ** 54];
  expect(values.map(bitLength)).toEqual(values.map((value) => (value === 0 ? 0 : value.toString(2).length)));
  const lengths = new Int32Array(64);
  countLengths(Float64Array.from(values), values.length, lengths);
  expect([...lengths].reduce((sum, count) => sum + count)).toBe(values.length);
  expect(lengths[32]).toBe(2);
});

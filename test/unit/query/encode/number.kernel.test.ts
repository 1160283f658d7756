import {
  check,
  constantFrom,
  double,
  integer,
  maxSafeInteger,
  maxSafeNat,
  oneof,
  property,
  tuple,
  type IProperty,
} from "fast-check";
import { expect, test } from "vitest";
import { formatFloat } from "../../../../src/model/index.ts";
import {
  NUMBER_BYTES_MAX,
  POINT_BYTES_MAX,
  writeFloat,
  writePoints,
  writeSeconds,
  writeWhole,
} from "../../../../src/query/encode/number.kernel.ts";

function textOf(write: (out: Uint8Array, at: number) => number): string {
  const out = new Uint8Array(64);
  const end = write(out, 3);
  return Buffer.from(out.subarray(3, end)).toString("latin1");
}

// The smallest input that breaks a claim, or null.
function counterexample<Input>(claim: IProperty<Input>, runs: number): Input | null {
  return check(claim, { numRuns: runs }).counterexample;
}

const wholeText = (value: number): string => textOf((out, at) => writeWhole(out, at, value));
const floatText = (value: number): string => textOf((out, at) => writeFloat(out, at, value));

test.each([
  [0, "0"],
  [-0, "-0"],
  [1, "1"],
  [-17, "-17"],
  [0.1, "0.1"],
  [-0.25, "-0.25"],
  [12.5, "12.5"],
  [100.001, "100.001"],
  [0.000001, "0.000001"],
  [0.0000015, "0.0000015"],
  [1.5e-7, "1.5e-07"],
  [1 / 3, "0.3333333333333333"],
  [100 / 3, "33.333333333333336"],
  [1793501580.123, "1793501580.123"],
  [2 ** 31, "2147483648"],
  [2 ** 53, "9007199254740992"],
  [2 ** 53 + 2, "9007199254740994"],
  [123456789012345680000, "123456789012345680000"],
  [1e21, "1e+21"],
  [Number.MAX_VALUE, "1.7976931348623157e+308"],
  [5e-324, "5e-324"],
  [NaN, "NaN"],
  [Infinity, "+Inf"],
  [-Infinity, "-Inf"],
])("the value %s is written as %s", (value, expected) => expect(floatText(value)).toBe(expected));

test("any float is written as its shortest decimal", () => {
  const found = counterexample(
    property(double(), (value) => {
      const text = floatText(value);
      return text === formatFloat(value) && text.length <= NUMBER_BYTES_MAX;
    }),
    20_000,
  );
  expect(found).toBeNull();
});

test("floats of everyday size, with few and with many digits, are written as their shortest decimal", () => {
  const scaled = tuple(maxSafeInteger(), integer({ min: 0, max: 18 })).map(([n, p]) => n / 10 ** p);
  const divided = tuple(integer({ min: 1, max: 1e9 }), integer({ min: 1, max: 1e6 })).map(([a, b]) => a / b);
  const found = counterexample(
    property(oneof(scaled, divided), (value) => floatText(value) === formatFloat(value)),
    20_000,
  );
  expect(found).toBeNull();
});

test("neighbours of powers of two and ten, where ties and carries are, are written as their shortest decimal", () => {
  const near = tuple(integer({ min: -25, max: 60 }), constantFrom(2, 10), integer({ min: -3, max: 3 })).map(
    ([exponent, base, steps]) => {
      const view = new DataView(new ArrayBuffer(8));
      view.setFloat64(0, base ** exponent);
      view.setBigInt64(0, view.getBigInt64(0) + BigInt(steps));
      return view.getFloat64(0);
    },
  );
  const found = counterexample(
    property(near, (value) => floatText(value) === formatFloat(value)),
    5_000,
  );
  expect(found).toBeNull();
});

test("whole numbers up to 2^53 are written in plain digits", () => {
  const found = counterexample(
    property(maxSafeNat(), (value) => wholeText(value) === String(value)),
    1_000,
  );
  expect(found).toBeNull();
});

test.each([
  [0, "0"],
  [1000, "1"],
  [1793501580000, "1793501580"],
  [1793501580200, "1793501580.200"],
  [1793501580007, "1793501580.007"],
  [-1500, "-1.500"],
  [-1, "-0.001"],
  [-9223372036854, "-9223372036.854"],
])("the time %s ms is written as %s", (timeMs, expected) => {
  expect(textOf((out, at) => writeSeconds(out, at, timeMs))).toBe(expected);
});

test("points are written from the given row on, each with a comma, within the promised room", () => {
  const times = Float64Array.of(1000, 2000, 3500);
  const values = Float64Array.of(7, -Number.MAX_VALUE, 0.5);
  const out = new Uint8Array(2 * POINT_BYTES_MAX);
  const end = writePoints(out, 0, times, values, 1, 3);
  const text = Buffer.from(out.subarray(0, end)).toString("latin1");
  expect(text).toBe('[2,"-1.7976931348623157e+308"],[3.500,"0.5"],');
});

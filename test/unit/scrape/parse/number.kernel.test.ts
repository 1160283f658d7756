import * as fc from "fast-check";
import { expect, test } from "vitest";
import { bitsOf } from "../../../../src/model/index.ts";
import { readTime, readValue, scaleLong } from "../../../../src/scrape/parse/number.kernel.ts";

const values = new Float64Array(1);
const bits = bitsOf(values);

/** What the kernel reads from the whole text: a number, or undefined when it leaves the text to others. */
function read(text: string): number | undefined {
  const bytes = Buffer.from(text);
  return readValue(bytes, 0, bytes.length, values, bits, 0) === bytes.length ? values[0] : undefined;
}

const PLAIN: readonly (readonly [string, number])[] = [
  ["0", 0],
  ["-0", -0],
  ["00012", 12],
  ["5.", 5],
  [".5", 0.5],
  ["-.5e1", -5],
  ["1.5360096e+07", 15360096],
  ["1E3", 1000],
  ["1e-7", 1e-7],
  ["0.000000000000000000001", 1e-21],
  ["9007199254740993", 9007199254740992],
  ["9007199254740995", 9007199254740996],
  ["0.30000000000000004", 0.30000000000000004],
  ["1.25e22", 1.25e22],
  ["123456789012345678", 123456789012345680],
  ["999999999999999999", 1e18],
];

test.each(PLAIN)("%s is read to the last bit", (text, expected) => {
  expect(read(text)).toBe(expected);
});

const LEFT_ALONE = [
  "",
  "+5",
  "-",
  ".",
  "1e",
  "1e+",
  "1.2.3",
  "12x",
  "0x10",
  "Inf",
  "Nan",
  "NaNs",
  "1e500",
  "4503599627370496.5", // Exactly between two floats.
];

test.each(LEFT_ALONE)("%j is left to the long way", (text) => {
  expect(read(text)).toBeUndefined();
});

test("NaN is stored as the ordinary NaN", () => {
  expect(read("NaN")).toBeNaN();
  expect([...bits]).toEqual([1, 0x7ff80000]);
});

test("a value ends at a blank, a tab or a line feed", () => {
  for (const end of [" ", "\t", "\n"]) {
    const bytes = Buffer.from(`12${end}3`);
    expect(readValue(bytes, 0, bytes.length, values, bits, 0)).toBe(2);
  }
});

test("every decimal that is read equals what Number makes of it", () => {
  const digits = fc.stringMatching(/^[0-9]{1,19}$/);
  const decimal = fc
    .tuple(
      fc.constantFrom("", "-"),
      digits,
      fc.option(digits, { nil: undefined }),
      fc.option(fc.integer({ min: -330, max: 330 }), { nil: undefined }),
    )
    .map(
      ([sign, whole, part, power]) =>
        `${sign}${whole}${part === undefined ? "" : `.${part}`}${power === undefined ? "" : `e${power}`}`,
    );
  fc.assert(
    fc.property(decimal, (text) => {
      const got = read(text);
      expect(got === undefined || Object.is(got, Number(text)), text).toBe(true);
    }),
    { numRuns: 20_000 },
  );
});

test("every float in its shortest form and with 17 digits is read back", () => {
  const ordinary = fc.double({ min: 1e-4, max: 1e15, noNaN: true });
  let left = 0;
  fc.assert(
    fc.property(ordinary, (value) => {
      for (const text of [String(value), value.toPrecision(17)]) {
        const got = read(text);
        if (got === undefined) left++;
        expect(got ?? value, text).toBe(value);
      }
    }),
    { numRuns: 20_000 },
  );
  expect(left).toBeLessThan(400); // The long way is for the few near the middle between two floats.
});

test("a long whole number is rounded half to even", () => {
  expect(scaleLong(9007199254740992, 1, 0)).toBe(9007199254740992);
  expect(scaleLong(9007199254740992, 3, 0)).toBe(9007199254740996);
});

test("times are digits only", () => {
  const times = new Float64Array(1);
  const readWhole = (text: string): number => {
    const bytes = Buffer.from(text);
    return readTime(bytes, 0, bytes.length, times, 0);
  };
  expect(readWhole("1700000000000")).toBe(13);
  expect(times[0]).toBe(1700000000000);
  for (const text of ["", "-5", "1.5", "1x", "1234567890123456"]) expect(readWhole(text), text).toBe(-1);
});

import { describe, expect, test } from "vitest";
import { parseGoFloat } from "../../../src/model/index.ts";

describe("numbers are read as Go reads them", () => {
  const rows: [string, number | undefined][] = [
    ["1", 1],
    [".5", 0.5],
    ["5.", 5],
    ["+.5e-3", 0.0005],
    ["-1E+3", -1000],
    ["1_23.50_0_0e+1_2", 1.235e14],
    ["0x1p-2", 0.25],
    ["-0x1.8P1", -3],
    ["0x_1_2.3_4_5p+1_2", 74565],
    ["0x1p-1074", 5e-324],
    ["0x1p-1075", 0],
    ["0x1.8p-1075", 5e-324],
    ["0x1p-99999999999", 0],
    ["0x1.00000000000008p0", 1],
    ["0x1.0000000000000801p0", 1.0000000000000002],
    ["0x1.00000000000018p0", 1.0000000000000004],
    ["0x1.fffffffffffff7p1023", Number.MAX_VALUE],
    ["0x0p99999999", 0],
    ["nan", NaN],
    ["NaN", NaN],
    ["inf", Infinity],
    ["-iNf", -Infinity],
    ["+Infinity", Infinity],
    ["1e-400", 0],
  ];
  test.each(rows)("%s", (text, expected) => expect(parseGoFloat(text)).toBe(expected));
});

describe("what Go reports as an error is undefined", () => {
  const texts = ["", ".", "+", "1e", "1__2", "_1", "1_", "1e_1", "1_.5", "1._5", "0x1F", "0xp1", "0x.p1"];
  test.each([...texts, "1e400", "0x1.fffffffffffff8p1023", "+nan", "infin", " 1", "1 ", "1f", "0b1"])(
    "%j",
    (text) => expect(parseGoFloat(text)).toBeUndefined(),
  );
});

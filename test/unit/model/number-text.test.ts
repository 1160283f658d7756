import { describe, expect, test } from "vitest";
import {
  formatFloat,
  formatFloatG,
  formatFloatPlain,
  formatOpenMetricsFloat,
} from "../../../src/model/index.ts";

// value, as in answers, never an exponent, %g, as a bucket bound
const ROWS: [number, string, string, string, string][] = [
  [0, "0", "0", "0", "0.0"],
  [-0, "-0", "-0", "-0", "0.0"],
  [1, "1", "1", "1", "1.0"],
  [-1, "-1", "-1", "-1", "-1.0"],
  [2.5, "2.5", "2.5", "2.5", "2.5"],
  [0.1, "0.1", "0.1", "0.1", "0.1"],
  [123456, "123456", "123456", "123456", "123456.0"],
  [1e6, "1000000", "1000000", "1e+06", "1e+06"],
  [1234567, "1234567", "1234567", "1.234567e+06", "1.234567e+06"],
  [1e-4, "0.0001", "0.0001", "0.0001", "0.0001"],
  [1e-5, "0.00001", "0.00001", "1e-05", "1e-05"],
  [1e-6, "0.000001", "0.000001", "1e-06", "1e-06"],
  [1.5e-7, "1.5e-07", "0.00000015", "1.5e-07", "1.5e-07"],
  [-1e-7, "-1e-07", "-0.0000001", "-1e-07", "-1e-07"],
  [1e21, "1e+21", "1000000000000000000000", "1e+21", "1e+21"],
  [-1.25e22, "-1.25e+22", "-12500000000000000000000", "-1.25e+22", "-1.25e+22"],
  [1e100, "1e+100", `1${"0".repeat(100)}`, "1e+100", "1e+100"],
  [5e-324, "5e-324", `0.${"0".repeat(323)}5`, "5e-324", "5e-324"],
  [NaN, "NaN", "NaN", "NaN", "NaN"],
  [Infinity, "+Inf", "+Inf", "+Inf", "+Inf"],
  [-Infinity, "-Inf", "-Inf", "-Inf", "-Inf"],
];

describe("numbers are written in each form", () => {
  test.each(ROWS)("%d", (value, answer, plain, general, bound) => {
    expect(formatFloat(value)).toBe(answer);
    expect(formatFloatPlain(value)).toBe(plain);
    expect(formatFloatG(value)).toBe(general);
    expect(formatOpenMetricsFloat(value)).toBe(bound);
  });
});

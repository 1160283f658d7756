import { test } from "vitest";
import {
  averageOverTime,
  maxOverTime,
  sumOverTime,
  varianceOverTime,
} from "../../../src/promql/functions/over-time.kernel.ts";

// One series of 240 rows, a window of 20 rows at each of 220 steps; divide by 220 for the time of a series and step.
const ROWS = 240;
const WINDOW = 20;
const STEPS = ROWS - WINDOW;
const values = Float64Array.from({ length: ROWS }, (_, row) => Math.sin(row) * 1e6);
const from = Int32Array.from({ length: STEPS }, (_, step) => step);
const to = Int32Array.from({ length: STEPS }, (_, step) => step + WINDOW);
const out = new Float64Array(STEPS);
const kinds = new Uint8Array(STEPS);
const scratch = new Float64Array(ROWS);

const KERNELS = { sum: sumOverTime, average: averageOverTime, max: maxOverTime, variance: varianceOverTime };

for (const [name, kernel] of Object.entries(KERNELS)) {
  test(`${name} of 220 windows of 20 samples`, async ({ bench }) => {
    await bench(name, () => kernel(values, from, to, out, kinds, scratch)).run({ time: 200 });
  });
}

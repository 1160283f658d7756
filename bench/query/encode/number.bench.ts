import { test } from "vitest";
import { formatFloat } from "../../../src/model/index.ts";
import { POINT_BYTES_MAX, writePoints } from "../../../src/query/encode/number.kernel.ts";

const POINTS = 11_000;
const out = new Uint8Array(POINTS * POINT_BYTES_MAX);
const times = Float64Array.from({ length: POINTS }, (_, i) => 1_793_501_400_000 + 15_000 * i);

const columns: readonly (readonly [name: string, value: (i: number) => number])[] = [
  ["small counts", (i) => i % 50],
  ["counters of ten digits", (i) => 1e9 + i * 7919],
  ["three decimals", (i) => (((i * 48_271) % 999_983) + 1) / 1000],
  ["rates of 16 or 17 digits", (i) => ((i * 48_271) % 999_983) / 3e4],
];

// One turn writes 11,000 points, the most a series has in an answer.
for (const [name, value] of columns) {
  const values = Float64Array.from({ length: POINTS }, (_, i) => value(i));
  test(`points with ${name}`, async ({ bench }) => {
    await bench.compare(
      bench("kernel", () => {
        writePoints(out, 0, times, values, 0, POINTS);
      }),
      bench("JSON.stringify", () => {
        JSON.stringify(Array.from(values, (sample, i) => [times[i]! / 1000, formatFloat(sample)]));
      }),
      { time: 300 },
    );
  });
}

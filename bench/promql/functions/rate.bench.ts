import { test } from "vitest";
import { countChanges, countResets, spreadCounts } from "../../../src/promql/functions/changes.kernel.ts";
import {
  extrapolateCounter,
  extrapolateGauge,
  fillExtrapolation,
  findResets,
  type Extrapolation,
} from "../../../src/promql/functions/rate.kernel.ts";
import { fitLine } from "../../../src/promql/functions/regression.kernel.ts";

// One series of 6 h at 15 s, windows of 5 min at 361 steps of 60 s; divide by 361 for the time of a series and step.
const ROWS = 1441;
const STEPS = 361;
const times = Float64Array.from({ length: ROWS }, (_, row) => row * 15_000);
const values = Float64Array.from({ length: ROWS }, (_, row) => (row % 700) * 17);
const ends = Float64Array.from({ length: STEPS }, (_, step) => step * 60_000);
const from = Int32Array.from({ length: STEPS }, (_, step) => Math.max(0, step * 4 - 19));
const to = Int32Array.from({ length: STEPS }, (_, step) => step * 4 + 1);
const extrapolation: Extrapolation = {
  sampled: new Float64Array(STEPS),
  toStart: new Float64Array(STEPS),
  toEnd: new Float64Array(STEPS),
};
const resets = new Int32Array(ROWS);
const counts = new Int32Array(ROWS);
const out = new Float64Array(STEPS);
const kinds = new Uint8Array(STEPS);
fillExtrapolation(times, ends, 300_000, from, to, extrapolation);

function rate(): void {
  const count = findResets(values, 0, ROWS, resets);
  extrapolateCounter(values, from, to, extrapolation, 300, resets, count, out, kinds);
}

const KERNELS = {
  rate,
  delta: () => extrapolateGauge(values, from, to, extrapolation, out, kinds),
  "extrapolation, once a timeline": () => fillExtrapolation(times, ends, 300_000, from, to, extrapolation),
  resets: () => {
    countResets(values, 0, ROWS, counts);
    spreadCounts(counts, from, to, out, kinds);
  },
  changes: () => {
    countChanges(values, 0, ROWS, counts);
    spreadCounts(counts, from, to, out, kinds);
  },
};

for (const [name, kernel] of Object.entries(KERNELS)) {
  test(`361 windows of 20 samples: ${name}`, async ({ bench }) => {
    await bench(name, kernel).run({ time: 200 });
  });
}

test("a line through 20 samples", async ({ bench }) => {
  const fit = new Float64Array(2);
  await bench("fit", () => fitLine(times, values, 100, 120, times[100]!, fit)).run({ time: 200 });
});

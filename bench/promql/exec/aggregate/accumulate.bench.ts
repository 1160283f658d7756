import { test } from "vitest";
import {
  addToCounts,
  addToMeans,
  addToSums,
  addToVariances,
  keepGreatest,
  keepLeast,
} from "../../../../src/promql/exec/aggregate/accumulate.kernel.ts";
import { pushHeap, replaceRoot } from "../../../../src/promql/exec/aggregate/heap.kernel.ts";

// One series of 361 steps added to its group; divide by 361 for the time of a point.
const STEPS = 361;
const values = Float64Array.from({ length: STEPS }, (_, step) => Math.sin(step) * 1e6);
const kinds = new Uint8Array(STEPS).fill(1);
const a = new Float64Array(STEPS);
const b = new Float64Array(STEPS);
const c = new Float64Array(STEPS);
const seen = new Uint8Array(STEPS);
const noMeans = new Uint8Array(STEPS);

const KERNELS = {
  sum: () => addToSums(values, kinds, a, b, seen, 0),
  average: () => addToMeans(values, kinds, a, b, c, noMeans, 0),
  count: () => addToCounts(kinds, c, 0),
  min: () => keepLeast(values, kinds, a, seen, 0),
  max: () => keepGreatest(values, kinds, a, seen, 0),
  variance: () => addToVariances(values, kinds, c, a, b, 0),
};

for (const [name, kernel] of Object.entries(KERNELS)) {
  test(`361 steps: ${name}`, async ({ bench }) => {
    await bench(name, kernel).run({ time: 200 });
  });
}

test("the greatest 10 of 361", async ({ bench }) => {
  const heap = new Float64Array(10);
  const series = new Int32Array(10);
  await bench("heap", () => {
    for (let i = 0; i < STEPS; i++) {
      const value = values[i]!;
      if (i < 10) pushHeap(heap, series, 0, i, value, i, 1);
      else if (heap[0]! < value) replaceRoot(heap, series, 0, 10, value, i, 1);
    }
  }).run({ time: 200 });
});

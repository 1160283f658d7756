import { test } from "vitest";
import { bringToPlace } from "../../../../src/promql/exec/aggregate/order.kernel.ts";

// One window of an hour at 15 s.
const ROWS = 240;
const values = Float64Array.from({ length: ROWS }, (_, row) => Math.sin(row * row) * 1e6);
const scratch = new Float64Array(ROWS);

test("the 0.9 quantile's place among 240 values", async ({ bench }) => {
  await bench("bring to place", () => {
    scratch.set(values);
    bringToPlace(scratch, 0, ROWS, 215);
  }).run({ time: 200 });
  await bench("sort", () => {
    scratch.set(values);
    scratch.sort();
  }).run({ time: 200 });
});

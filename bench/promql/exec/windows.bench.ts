import { test } from "vitest";
import { fillInstantRows, fillRangeRows, gatherRows } from "../../../src/promql/exec/windows.kernel.ts";

// One series of 6 h at 15 s seen at 361 steps of 60 s; divide by 361 for the time of a step.
const times = Float64Array.from({ length: 1441 }, (_, row) => row * 15_000);
const ends = Float64Array.from({ length: 361 }, (_, step) => step * 60_000);
const rows = new Int32Array(ends.length);
const to = new Int32Array(ends.length);
const out = new Float64Array(ends.length);
const kinds = new Uint8Array(ends.length);

test("361 windows", async ({ bench }) => {
  await bench("instant", () => fillInstantRows(times, times.length, ends, 300_000, rows)).run({ time: 200 });
  await bench("range", () => fillRangeRows(times, times.length, ends, 300_000, 0, rows, to)).run({
    time: 200,
  });
  fillInstantRows(times, times.length, ends, 300_000, rows);
  await bench("gather", () => gatherRows(times, rows, out, kinds)).run({ time: 200 });
});

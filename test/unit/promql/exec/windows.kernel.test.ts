import fc from "fast-check";
import { expect, test } from "vitest";
import { fillInstantRows, fillRangeRows, gatherRows } from "../../../../src/promql/exec/windows.kernel.ts";

const ascending = fc
  .uniqueArray(fc.integer({ min: 0, max: 100 }), { maxLength: 30 })
  .map((times) => Float64Array.from(times.toSorted((a, b) => a - b)));
const ends = fc
  .array(fc.integer({ min: -20, max: 130 }), { minLength: 1, maxLength: 20 })
  .map((times) => Float64Array.from(times.toSorted((a, b) => a - b)));
const length = fc.integer({ min: 1, max: 60 });

test("instant rows are the newest in the left-open, right-closed lookback window", () => {
  fc.assert(
    fc.property(ascending, ends, length, (times, ends, lookbackMs) => {
      const rows = new Int32Array(ends.length);
      fillInstantRows(times, times.length, ends, lookbackMs, rows);
      const plain = Array.from(ends, (end) =>
        times.findLastIndex((time) => time <= end && time > end - lookbackMs),
      );
      expect([...rows]).toEqual(plain);
    }),
  );
});

test("range rows are all rows of the window, widened by its reach", () => {
  fc.assert(
    fc.property(ascending, ends, length, length, (times, ends, leftMs, rightMs) => {
      const from = new Int32Array(ends.length);
      const to = new Int32Array(ends.length);
      fillRangeRows(times, times.length, ends, leftMs, rightMs, from, to);
      for (const [step, end] of ends.entries()) {
        const inside = times.filter((time) => time > end - leftMs && time <= end + rightMs);
        expect(times.slice(from[step], to[step])).toEqual(inside);
      }
    }),
  );
});

test("gathered rows are present where there is a row", () => {
  const out = new Float64Array(3);
  const kinds = Uint8Array.of(2, 2, 2);
  gatherRows(Float64Array.of(10, 20), Int32Array.of(1, -1, 0), out, kinds);
  expect([...kinds]).toEqual([1, 0, 1]);
  expect([out[0], out[2]]).toEqual([20, 10]);
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { bitsOf, setAbsentAt, setStaleAt } from "../../../../src/model/index.ts";
import { decodeCells, encodeCells, maxCellsBytes } from "../../../../src/tsdb/log/cells.kernel.ts";

/** A cell by its kind: a number, a marker, or raw bits. */
type Cell = number | "stale" | "absent" | bigint;

function rowOf(cells: readonly Cell[], from: number): { values: Float64Array; bits: Uint32Array } {
  const values = new Float64Array(from + cells.length);
  const bits = bitsOf(values);
  cells.forEach((cell, i) => {
    if (cell === "stale") setStaleAt(bits, from + i);
    else if (cell === "absent") setAbsentAt(bits, from + i);
    else if (typeof cell === "bigint") new BigUint64Array(values.buffer)[from + i] = cell;
    else values[from + i] = cell;
  });
  return { values, bits };
}

/** Encodes and decodes; the bytes, after checking that every bit came back. */
function roundTrip(before: readonly Cell[], cells: readonly Cell[], from = 0): number[] {
  const base = rowOf(before, from);
  const row = rowOf(cells, from);
  const out = new Uint8Array(3 + maxCellsBytes(cells.length));
  const end = encodeCells(row.bits, row.values, base.bits, base.values, from, cells.length, out, 3);
  expect(end).toBeLessThanOrEqual(out.length);
  // The cells before become the row.
  expect(decodeCells(out, 3, from, cells.length, base.bits, base.values)).toBe(end);
  expect([...base.bits.subarray(2 * from)]).toEqual([...row.bits.subarray(2 * from)]);
  return [...out.subarray(3, end)];
}

test.each<[string, Cell[], Cell[], number]>([
  ["unchanged cells cost two bits each", [1, 2, 3, "absent"], [1, 2, 3, "absent"], 1],
  ["a small step costs a byte", [10], [137], 2],
  ["a larger step costs two", [10], [-8000], 3],
  ["a step of three bytes", [0], [1_000_000], 4],
  ["a step of four bytes", [0], [-500_000_000], 5],
  ["decimals step in their own unit", [20.25], [20.31], 3],
  ["a stale marker costs a byte", [20.25], ["stale"], 2],
  ["an absent cell costs nothing", [20.25], ["absent"], 1],
  ["-0 is kept apart from 0", [0], [-0], 3],
])("%s", (_, before, cells, bytes) => {
  expect(roundTrip(before, cells)).toHaveLength(bytes);
});

test("every bit pattern comes back after every other, wherever the row starts", () => {
  const cell: fc.Arbitrary<Cell> = fc.oneof(
    fc.integer({ min: -300, max: 300 }),
    fc.integer(),
    fc.integer({ min: -100_000, max: 100_000 }).map((n) => n / 1000),
    fc.double(),
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    fc.constantFrom<Cell>(
      "stale",
      "absent",
      -0,
      Infinity,
      NaN,
      2 ** 53,
      -(2 ** 53),
      5e-324,
      0x7ff8000000000002n,
    ),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 20 }), fc.nat(5), (pairs, from) => {
      const before = pairs.map((pair) => pair[0]);
      const cells = pairs.map((pair) => pair[1]);
      expect(roundTrip(before, cells, from).length).toBeGreaterThan(0);
    }),
    { numRuns: 2000 },
  );
});

test("bytes that end too early are noticed by the end that is returned", () => {
  const bytes = Uint8Array.from(roundTrip([0, 0, 0], [1.5, 2 ** 60, Math.PI]));
  for (let length = 1; length < bytes.length; length++) {
    const base = rowOf([0, 0, 0], 0);
    const end = decodeCells(bytes.subarray(0, length), 0, 0, 3, base.bits, base.values);
    expect(end).toBeGreaterThan(length);
  }
});

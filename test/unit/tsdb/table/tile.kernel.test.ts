import fc from "fast-check";
import { expect, test } from "vitest";
import { bitsOf, isAbsentAt, setAbsentAt } from "../../../../src/model/index.ts";
import { gatherColumn, storeRow } from "../../../../src/tsdb/table/tile.kernel.ts";

function randomCells(words: readonly bigint[]): Uint32Array {
  const bits = bitsOf(new Float64Array(BigUint64Array.from(words).buffer));
  words.forEach((word, i) => {
    if (word % 3n === 0n) setAbsentAt(bits, i);
  });
  return bits;
}

const words = fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { minLength: 1, maxLength: 40 });

test("a row is copied bit for bit and its samples counted", () => {
  fc.assert(
    fc.property(words, fc.nat(40), fc.nat(5), (cells, length, at) => {
      const row = randomCells(cells);
      const from = Math.min(length, cells.length - 1);
      const count = cells.length - from;
      const tile = new Uint32Array(2 * (at + count) + 2).fill(9);
      const present = storeRow(row, from, count, tile, at);
      expect([...tile]).toEqual([
        ...Array.from({ length: 2 * at }, () => 9),
        ...row.subarray(2 * from),
        9,
        9,
      ]);
      expect(present).toBe(cells.slice(from).filter((_, i) => !isAbsentAt(row, from + i)).length);
    }),
  );
});

test("a column is gathered over the stride bit for bit and its samples counted", () => {
  fc.assert(
    fc.property(words, fc.integer({ min: 1, max: 7 }), fc.nat(6), (cells, stride, lane) => {
      const tile = randomCells(cells);
      const count = Math.floor((cells.length - 1 - Math.min(lane, cells.length - 1)) / stride) + 1;
      const at = Math.min(lane, cells.length - 1);
      const column = new Uint32Array(2 * count + 2);
      const present = gatherColumn(tile, at, stride, count, column, 1);
      const expected = Array.from({ length: count }, (_, row) => at + row * stride);
      expect([...column.subarray(2)]).toEqual(
        expected.flatMap((cell) => [tile[2 * cell], tile[2 * cell + 1]]),
      );
      expect(present).toBe(expected.filter((cell) => !isAbsentAt(tile, cell)).length);
    }),
  );
});

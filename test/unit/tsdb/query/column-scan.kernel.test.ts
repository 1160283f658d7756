import fc from "fast-check";
import { expect, test } from "vitest";
import { bitsOf, isAbsentAt, isStaleAt, setAbsentAt, setStaleAt } from "../../../../src/model/index.ts";
import {
  compactPresent,
  HAS_ABSENT,
  HAS_STALE,
  scanMarkers,
} from "../../../../src/tsdb/query/column-scan.kernel.ts";

type Cell = number | "stale" | "absent";

function columnOf(cells: readonly Cell[]): Uint32Array {
  const values = new Float64Array(cells.length);
  const bits = bitsOf(values);
  cells.forEach((cell, i) => {
    if (cell === "stale") setStaleAt(bits, i);
    else if (cell === "absent") setAbsentAt(bits, i);
    else values[i] = cell;
  });
  return bits;
}

const cells = fc.array(
  fc.oneof(fc.double(), fc.constantFrom<Cell>("stale", "absent", 1, NaN, Infinity, -Infinity)),
  { maxLength: 30 },
);

test("the markers of a stretch are found", () => {
  fc.assert(
    fc.property(cells, fc.nat(30), (column, start) => {
      const bits = columnOf(column);
      const from = Math.min(start, column.length);
      const rest = column.map((_, i) => i).slice(from);
      const expected =
        (rest.some((i) => isAbsentAt(bits, i)) ? HAS_ABSENT : 0) +
        (rest.some((i) => isStaleAt(bits, i)) ? HAS_STALE : 0);
      expect(scanMarkers(bits, from, column.length)).toBe(expected);
    }),
  );
});

test("what is left after compaction are the samples in order, with their times", () => {
  fc.assert(
    fc.property(cells, fc.boolean(), (column, inPlace) => {
      const bits = columnOf(column);
      const kept = column.filter((cell) => cell !== "absent");
      const times = Float64Array.from(column, (_, i) => 1000 + i);
      const out = inPlace ? times : new Float64Array(column.length);
      expect(compactPresent(bits, column.length, bitsOf(times), bitsOf(out))).toBe(kept.length);
      expect([...bits.subarray(0, 2 * kept.length)]).toEqual([...columnOf(kept)]);
      const expected = column.flatMap((cell, i) => (cell === "absent" ? [] : [1000 + i]));
      expect([...out.subarray(0, kept.length)]).toEqual(expected);
    }),
  );
});

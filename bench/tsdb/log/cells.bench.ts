// Cells of log records (src/tsdb/log/cells.kernel.ts) for rows of several kinds, 1000 columns each.
import { createRequire } from "node:module";
import { test } from "vitest";
import { bitsOf } from "../../../src/model/index.ts";
import type * as Cells from "../../../src/tsdb/log/cells.kernel.ts";

// Past the test runner's module loader, whose getters would double the cost of calls between modules.
const { decodeCells, encodeCells, maxCellsBytes } = createRequire(import.meta.url)(
  "../../../src/tsdb/log/cells.kernel.ts",
) as typeof Cells;

const COLUMNS = 1000;
let state = 11;
function random(): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
}

const kinds: Readonly<Record<string, (before: number) => number>> = {
  unchanged: (before) => before,
  counter: (before) => before + Math.floor(random() * 100),
  "gauge with 2 decimals": (before) => Math.round(100 * (before + random() - 0.5)) / 100,
  "full-precision float": () => random(),
  mixed: (before) =>
    random() < 0.6 ? before : random() < 0.7 ? before + 7 : Math.round(100 * before + 3) / 100,
};

for (const [kind, next] of Object.entries(kinds)) {
  const before = Float64Array.from({ length: COLUMNS }, () => Math.floor(random() * 1e6) / 100);
  const row = before.map((value) => next(value));
  const back = new Float64Array(COLUMNS);
  const out = new Uint8Array(maxCellsBytes(COLUMNS));
  const encode = (): number => encodeCells(bitsOf(row), row, bitsOf(before), before, 0, COLUMNS, out, 0);
  const bytes = encode();
  test(`${kind}: ${(bytes / COLUMNS).toFixed(2)} bytes a cell, ${COLUMNS} cells a turn`, async ({
    bench,
  }) => {
    await bench("encode", encode).run({ time: 200 });
    await bench("copy the row before and decode", () => {
      back.set(before);
      return decodeCells(out, 0, 0, COLUMNS, bitsOf(back), back);
    }).run({ time: 200 });
  });
}

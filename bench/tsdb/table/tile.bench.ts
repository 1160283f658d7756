// Rows into a tile and columns out of it (src/tsdb/table/tile.kernel.ts): strips of 64 columns and 8 rows.
import { createRequire } from "node:module";
import { test } from "vitest";
import { bitsOf } from "../../../src/model/index.ts";
import type * as Tile from "../../../src/tsdb/table/tile.kernel.ts";

// Past the test runner's module loader, whose getters would double the cost of calls between modules.
const { gatherColumn, storeRow } = createRequire(import.meta.url)(
  "../../../src/tsdb/table/tile.kernel.ts",
) as typeof Tile;

const STRIPS = 16;
const COLUMNS = 64 * STRIPS;
const row = bitsOf(Float64Array.from({ length: COLUMNS }, (_, i) => i / 3));
const tile = bitsOf(new Float64Array(COLUMNS * 8));
const column = bitsOf(new Float64Array(8));

test(`${COLUMNS} columns, 8 rows: 8192 cells a turn`, async ({ bench }) => {
  await bench("store rows", () => {
    for (let r = 0; r < 8; r++) {
      for (let strip = 0; strip < STRIPS; strip++) storeRow(row, strip * 64, 64, tile, (strip * 8 + r) * 64);
    }
  }).run({ time: 200 });
  await bench("gather columns", () => {
    for (let c = 0; c < COLUMNS; c++) gatherColumn(tile, (c >> 6) * 512 + (c & 63), 64, 8, column, 0);
  }).run({ time: 200 });
});

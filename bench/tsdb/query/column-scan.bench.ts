// Looking for markers in decoded columns (src/tsdb/query/column-scan.kernel.ts), 1000 rows.
import { createRequire } from "node:module";
import { test } from "vitest";
import { bitsOf, setAbsentAt } from "../../../src/model/index.ts";
import type * as Scan from "../../../src/tsdb/query/column-scan.kernel.ts";

// Past the test runner's module loader, whose getters would double the cost of calls between modules.
const { compactPresent, scanMarkers } = createRequire(import.meta.url)(
  "../../../src/tsdb/query/column-scan.kernel.ts",
) as typeof Scan;

const ROWS = 1000;
const dense = bitsOf(Float64Array.from({ length: ROWS }, (_, i) => i));
const gaps = bitsOf(Float64Array.from({ length: ROWS }, (_, i) => i));
for (let i = 0; i < ROWS; i += 4) setAbsentAt(gaps, i);
const times = bitsOf(Float64Array.from({ length: ROWS }, (_, i) => i));
const work = new Uint32Array(2 * ROWS);
const out = new Uint32Array(2 * ROWS);

test(`${ROWS} rows a turn`, async ({ bench }) => {
  await bench("scan a dense column", () => scanMarkers(dense, 0, ROWS)).run({ time: 200 });
  await bench("copy and compact a quarter absent", () => {
    work.set(gaps);
    return compactPresent(work, ROWS, times, out);
  }).run({ time: 200 });
});

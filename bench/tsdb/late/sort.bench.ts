// Late samples in random order (src/tsdb/late): sorting alone (sort.kernel.ts), and from adding to reading.
import { createRequire } from "node:module";
import { expect, test } from "vitest";
import type * as Model from "../../../src/model/index.ts";
import type * as Late from "../../../src/tsdb/late/late-store.ts";
import type * as Reader from "../../../src/tsdb/late/reader.ts";
import type * as Sort from "../../../src/tsdb/late/sort.kernel.ts";
import type * as Runs from "../../../src/tsdb/query/run.ts";
import type * as Tables from "../../../src/tsdb/table/table-id.ts";

// Past the test runner's module loader, whose getters would double the cost of calls between modules.
const load = createRequire(import.meta.url);
const { columnId, seriesId } = load("../../../src/model/index.ts") as typeof Model;
const { LateStore } = load("../../../src/tsdb/late/late-store.ts") as typeof Late;
const { LateReader } = load("../../../src/tsdb/late/reader.ts") as typeof Reader;
const { sortSamples } = load("../../../src/tsdb/late/sort.kernel.ts") as typeof Sort;
const { createRun } = load("../../../src/tsdb/query/run.ts") as typeof Runs;
const { tableId } = load("../../../src/tsdb/table/table-id.ts") as typeof Tables;

const HOUR_MS = 3_600_000;
const ROWS = 8192;

function random(): () => number {
  let state = 1;
  return () => (state = (state * 48_271) % 2_147_483_647);
}

test(`sort ${ROWS} samples`, async ({ bench }) => {
  const next = random();
  const columns = Uint32Array.from({ length: ROWS }, () => next() % 1000);
  const times = Float64Array.from({ length: ROWS }, () => next() % HOUR_MS);
  const order = new Uint32Array(ROWS);
  const spare = new Uint32Array(ROWS);
  const ends = new Uint32Array(ROWS);
  await bench("in random order", () => sortSamples(columns, times, ROWS, order, spare, ends)).run({
    time: 200,
  });
});

/** Adds `samples` shuffled ones over an hour and reads all; prints nanoseconds and bytes a sample. */
function shuffled(series: number, samples: number): void {
  const next = random();
  const head = {
    createTable: () => tableId(1),
    columnOf: (_: unknown, id: number) => columnId(id),
    hasColumn: () => true,
    seriesOfColumns: () => new Uint32Array(0),
    removeTable: () => undefined,
  };
  const store = new LateStore(head);
  const values = Float64Array.of(1.5);
  let longest = 0;
  const started = performance.now();
  for (let i = 0; i < samples; i++) {
    const before = performance.now();
    const times = Float64Array.of(next() % HOUR_MS);
    store.add([{ series: seriesId(next() % series), times, values, histograms: undefined }]);
    longest = Math.max(longest, performance.now() - before);
  }
  const added = performance.now();
  const reader = new LateReader(store.shares(0, HOUR_MS)!);
  const run = createRun();
  let read = 0;
  for (let column = 0; column < series; column++) {
    reader.read(1, column, { from: 0, to: HOUR_MS }, run);
    read += run.count;
  }
  const done = performance.now();
  expect(read).toBeLessThanOrEqual(samples);
  console.log(
    `${series} series, ${samples} samples: add ${((added - started) * 1e6) / samples} ns (longest ${longest} ms), ` +
      `read ${((done - added) * 1e6) / samples} ns, ${store.bytes / samples} bytes a sample`,
  );
}

test("shuffled over an hour, one series", () => shuffled(1, 3600));
test("shuffled over an hour, 10 series", () => shuffled(10, 1_000_000));
test("shuffled over an hour, 10,000 series", () => shuffled(10_000, 2_400_000));

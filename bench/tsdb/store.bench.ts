// The store as a whole: memory and time of appending rows and batches, reading them back, opening again. Prints one
// line each; NARTHEX_BENCH_SERIES sets the number of series (default 100,000).
import { createRequire } from "node:module";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "vitest";
import { silentLogger, systemClock } from "../../src/base/index.ts";
import { labelsFromRecord, millis } from "../../src/model/index.ts";
import { createSeriesSamples, type Store } from "../../src/storage/index.ts";
import type * as Tsdb from "../../src/tsdb/index.ts";

// Past the test runner's module loader, whose getters would double the cost of calls between modules.
const { openStore } = createRequire(import.meta.url)("../../src/tsdb/index.ts") as typeof Tsdb;

const SERIES = Number(process.env["NARTHEX_BENCH_SERIES"] ?? 100_000);
const COLUMNS = 1000;
const ROWS = 40;
const START = Math.floor(Date.now() / 7_200_000) * 7_200_000;

let state = 3;
function random(): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
}

/** Half constants, then counters, gauges with two decimals, and a few floats with all digits. */
function nextRow(row: Float64Array): void {
  for (let c = COLUMNS / 2; c < COLUMNS; c++) {
    if (c % 10 < 5) row[c]! += Math.floor(random() * 100);
    else if (c % 10 < 9) row[c] = Math.round(row[c]! * 100 + random() * 20 - 10) / 100;
    else row[c] = random();
  }
}

function open(directory: string): Promise<Store> {
  return openStore({
    directory,
    clock: systemClock,
    logger: silentLogger,
    retentionMs: 0,
    retentionBytes: 0,
  });
}

function nanoseconds(startedMs: number, count: number): string {
  return `${(((performance.now() - startedMs) * 1e6) / count).toFixed(1)} ns`;
}

test(`${SERIES} series in tables of ${COLUMNS}`, { timeout: 600_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), "narthex-bench-"));
  const before = process.memoryUsage().rss;
  let store = await open(directory);
  let started = performance.now();
  const tables = Array.from({ length: SERIES / COLUMNS }, (_, t) => {
    const table = store.openTable(`target ${t}`);
    for (let c = 0; c < COLUMNS; c++) {
      table.column(
        labelsFromRecord({
          __name__: `metric_${c % 100}_total`,
          code: String(c % 7),
          path: `/api/v1/${c}`,
          job: `job-${t % 4}`,
          instance: `host-${t}.example:9100`,
          zone: `zone-${t % 3}`,
        }),
      );
    }
    return table;
  });
  console.log(`create: ${nanoseconds(started, SERIES)} a series`);
  const row = Float64Array.from({ length: COLUMNS }, () => Math.floor(random() * 1e6));
  let spent = 0;
  for (let k = 0; k < ROWS; k++) {
    nextRow(row);
    started = performance.now();
    for (const [t, table] of tables.entries())
      table.append({ time: millis(START + k * 15_000 + t), values: row });
    spent += performance.now() - started;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  console.log(
    `append rows: ${nanoseconds(performance.now() - spent, SERIES * ROWS)} a sample, encoded for the log`,
  );
  const rss = process.memoryUsage().rss - before;
  console.log(`memory after ${ROWS} rows: ${(rss / SERIES).toFixed(0)} bytes a series, program included`);
  for (let turn = 0; turn < 3; turn++) {
    started = performance.now();
    const matchers = [{ kind: "=" as const, name: "job", value: "job-1" }];
    const selection = store.select({ matchers, from: millis(START), to: millis(START + 7_200_000) });
    const samples = createSeriesSamples();
    let count = 0;
    for (let i = 0; i < selection.seriesCount; i++) {
      selection.read(i, samples);
      count += samples.count;
    }
    console.log(`select and read: ${nanoseconds(started, count)} a sample, ${selection.seriesCount} series`);
    selection.close();
  }
  await store.close();
  started = performance.now();
  store = await open(directory);
  console.log(`open again: ${nanoseconds(started, SERIES * ROWS)} a sample`);
  await store.close();
  rmSync(directory, { recursive: true });
});

test("batches of 400 series with 40 samples each", { timeout: 600_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), "narthex-bench-"));
  const store = await open(directory);
  let spent = 0;
  let count = 0;
  for (let window = 0; window < 5; window++) {
    for (let at = 0; at < SERIES / 10; at += 400) {
      const times = Float64Array.from({ length: 40 }, (_, k) => START + (40 * window + k) * 15_000);
      const batch = Array.from({ length: 400 }, (_, i) => ({
        labels: labelsFromRecord({
          __name__: "pushed",
          series: String(at + i),
          job: "j",
          instance: `i${at % 97}`,
        }),
        times,
        values: times.map(() => Math.floor(random() * 1000)),
        histograms: [],
      }));
      const started = performance.now();
      await store.appendBatch(batch, "all-or-nothing");
      spent += performance.now() - started;
      count += 400 * 40;
    }
  }
  console.log(`append batches: ${nanoseconds(performance.now() - spent, count)} a sample, acknowledged`);
  await store.close();
  rmSync(directory, { recursive: true });
});

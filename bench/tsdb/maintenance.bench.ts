// What cutting and merging blocks costs the rest of the server, and how long a restart takes. Rows come at one speed
// while blocks are cut and merged in the storage worker; printed are the longest stalls of the main thread. Sizes:
// NARTHEX_BENCH_SERIES (default 1,000,000) and NARTHEX_BENCH_ROWS, rows a block (default 120).
import { createRequire } from "node:module";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { test } from "vitest";
import { silentLogger, systemClock } from "../../src/base/index.ts";
import { labelsFromRecord, millis } from "../../src/model/index.ts";
import type { Store, TableWriter } from "../../src/storage/index.ts";
import type * as Tsdb from "../../src/tsdb/index.ts";

// Past the test runner's module loader, whose getters would double the cost of calls between modules.
const { openStore } = createRequire(import.meta.url)("../../src/tsdb/index.ts") as typeof Tsdb;

const SERIES = Number(process.env["NARTHEX_BENCH_SERIES"] ?? 1_000_000);
const ROWS = Number(process.env["NARTHEX_BENCH_ROWS"] ?? 120);
const COLUMNS = 1000;
const STEP_MS = 15_000;
const RANGE_MS = ROWS * STEP_MS;
// Old enough that no row lies ahead of the clock.
const START = Math.floor(Date.now() / RANGE_MS - 6) * RANGE_MS;

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
  const limits = { retentionMs: 0, retentionBytes: 0 };
  return openStore({
    directory,
    clock: systemClock,
    logger: silentLogger,
    blockRangeMs: RANGE_MS,
    ...limits,
  });
}

function openTables(store: Store): TableWriter[] {
  return Array.from({ length: SERIES / COLUMNS }, (_, t) => {
    const table = store.openTable(`target ${t}`);
    for (let c = 0; c < COLUMNS; c++) {
      table.column(
        labelsFromRecord({
          __name__: `metric_${c % 100}_total`,
          code: String(c % 7),
          path: `/api/v1/${c}`,
          job: `job-${t % 4}`,
          instance: `host-${t}.example:9100`,
        }),
      );
    }
    return table;
  });
}

const row = Float64Array.from({ length: COLUMNS }, () => Math.floor(random() * 1e6));

/** Appends row `k` to all tables, in slices of a few milliseconds as scrapes come. */
async function appendRows(tables: readonly TableWriter[], k: number): Promise<number> {
  let spent = 0;
  nextRow(row);
  for (let from = 0; from < tables.length; from += 20) {
    const started = performance.now();
    for (let t = from; t < Math.min(tables.length, from + 20); t++) {
      tables[t]!.append({ time: millis(START + k * STEP_MS + (t % STEP_MS)), values: row });
    }
    spent += performance.now() - started;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return spent;
}

interface Stalls {
  readonly cpuMaxMs: number; // The most of its time that the main thread worked without a break.
  readonly maxMs: number;
  readonly p99Ms: number;
  readonly ms: number;
  readonly mainCpuMs: number;
}

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** Stalls of the main thread while `work` runs, with nothing but that going on. */
async function stallsDuring(work: () => Promise<void>): Promise<Stalls> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const started = performance.now();
  const before = process.threadCpuUsage();
  let last = cpuMs();
  let cpuMaxMs = 0;
  const probe = setInterval(() => {
    const now = cpuMs();
    cpuMaxMs = Math.max(cpuMaxMs, now - last);
    last = now;
  }, 1);
  await work();
  clearInterval(probe);
  const { user, system } = process.threadCpuUsage(before);
  delay.disable();
  return {
    cpuMaxMs,
    maxMs: delay.max / 1e6,
    p99Ms: delay.percentile(99) / 1e6,
    ms: performance.now() - started,
    mainCpuMs: (user + system) / 1000,
  };
}

function print(what: string, { cpuMaxMs, maxMs, p99Ms, ms, mainCpuMs }: Stalls, samples: number): void {
  console.log(
    `${what}: ${(ms / 1000).toFixed(1)} s, ${((ms * 1e6) / samples).toFixed(1)} ns a sample, ` +
      `main thread: ${mainCpuMs.toFixed(0)} ms of CPU, longest stall ${maxMs.toFixed(1)} ms (${cpuMaxMs.toFixed(1)} ms of work), p99 ${p99Ms.toFixed(1)} ms`,
  );
}

test(`${SERIES} series, blocks of ${ROWS} rows`, { timeout: 600_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), "narthex-bench-"));
  let store = await open(directory);
  let tables = openTables(store);
  let k = 0;
  let spent = 0;
  const until = async (end: number): Promise<void> => {
    for (; k < end; k++) spent += await appendRows(tables, k);
  };
  await until(1.6 * ROWS);
  console.log(`append: ${((spent * 1e6) / (SERIES * k)).toFixed(1)} ns a sample on the main thread`);
  print("flush of one block", await stallsDuring(() => store.maintain()), SERIES * ROWS);
  for (let block = 1; block < 4; block++) {
    await until((block + 1.6) * ROWS);
    const stalls = await stallsDuring(() => store.maintain());
    const { blocks, blockBytes } = store.stats();
    print(
      `round ${block}: ${blocks} blocks, ${(blockBytes / 2 ** 20).toFixed(0)} MiB`,
      stalls,
      SERIES * ROWS,
    );
  }
  print("close", await stallsDuring(() => store.close()), 1);
  const started = performance.now();
  store = await open(directory);
  console.log(
    `ready again: ${((performance.now() - started) / 1000).toFixed(2)} s, replay ${store.stats().replayMs.toFixed(0)} ms`,
  );
  tables = [];
  await store.close();
  rmSync(directory, { recursive: true });
});

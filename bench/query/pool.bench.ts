// What query workers gain and cost: a wide query alone and two at once, a small one, and how late scrapes are while many
// wide queries run (REL-18). Size: NARTHEX_BENCH_SERIES (default 100,000).
import { createRequire } from "node:module";
import { test } from "vitest";
import { silentLogger, systemClock } from "../../src/base/index.ts";
import { labelsFromRecord, millis } from "../../src/model/index.ts";
import type * as Query from "../../src/query/index.ts";
import type { Store, TableWriter } from "../../src/storage/index.ts";
import type * as Tsdb from "../../src/tsdb/index.ts";

// Past the test runner's module loader, whose getters would double the cost of calls between modules.
const load = createRequire(import.meta.url);
const { openStore } = load("../../src/tsdb/index.ts") as typeof Tsdb;
const { createGradedRunner, createPromqlEngine, createQueryExecutor, QueryPool } = load(
  "../../src/query/index.ts",
) as typeof Query;

const SERIES = Number(process.env["NARTHEX_BENCH_SERIES"] ?? 100_000);
const COLUMNS = 1000;
const ROWS = 240;
const STEP_MS = 15_000;
const END = Math.floor(Date.now() / STEP_MS) * STEP_MS - 600_000;
const START = END - (ROWS - 1) * STEP_MS;
const WIDE = { query: "sum by (job) (rate(m[5m]))", startMs: START, endMs: END, stepMs: 60_000, options: {} };
const SMALL = { query: 'rate(m{i="5",job="job-3"}[5m])', timeMs: END, options: {} };
const AT_ONCE = 20;
const SCRAPE_MS = 10;
let scrapes = 0;
const SETTINGS: Query.EngineSettings = {
  parse: {},
  features: { delayedNameRemoval: false, typeAndUnitLabels: false },
  memoryBytesMax: 2 ** 30,
};
const LIMITS = {
  samplesMax: 1e9,
  timeoutMs: 600_000,
  concurrencyMax: AT_ONCE,
  waitingMax: 100,
  lookbackMs: 300_000,
};

const defaultSubqueryStepMs = (): number => 60_000;

async function openFilled(): Promise<{ store: Store & Query.SharedQueryable; writers: TableWriter[] }> {
  const store = await openStore({
    directory: undefined,
    clock: systemClock,
    logger: silentLogger,
    retentionMs: 0,
    retentionBytes: 0,
  });
  const writers: TableWriter[] = [];
  for (let table = 0; table < SERIES / COLUMNS; table++) {
    const writer = store.openTable(`t${table}`);
    writers.push(writer);
    for (let i = 0; i < COLUMNS; i++) {
      writer.column(labelsFromRecord({ __name__: "m", i: String(i), job: `job-${table}` }));
    }
  }
  const values = new Float64Array(COLUMNS);
  for (let row = 0; row < ROWS; row++) {
    for (let i = 0; i < COLUMNS; i++) values[i]! += (i * 7 + row) % 13;
    for (const writer of writers) writer.append({ time: millis(START + row * STEP_MS), values });
  }
  return { store: store as Store & Query.SharedQueryable, writers };
}

async function timed(run: () => Promise<unknown>, rounds: number): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const began = performance.now();
    await run();
    times.push(performance.now() - began);
  }
  return times.toSorted((a, b) => a - b)[rounds >> 1]!;
}

/** How late (ms) rows come that are due every 10 ms while `work` goes on: median, p99 and the most. */
async function latenessDuring(work: Promise<unknown>, writers: readonly TableWriter[]): Promise<number[]> {
  const late: number[] = [];
  const values = new Float64Array(COLUMNS);
  const state = { isOver: false };
  const end = work.finally(() => (state.isOver = true));
  for (let due = performance.now() + SCRAPE_MS; !state.isOver; due += SCRAPE_MS) {
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
    late.push(performance.now() - due);
    const time = millis(END + STEP_MS + scrapes * 10);
    writers[scrapes++ % writers.length]!.append({ time, values });
    if (late.at(-1)! > SCRAPE_MS) due = performance.now(); // Those that were missed are not counted twice.
  }
  await end;
  late.sort((a, b) => a - b);
  return [0.5, 0.99, 1].map((part) => late[Math.min(late.length - 1, Math.floor(part * late.length))]!);
}

test("queries on workers", async () => {
  const { store, writers } = await openFilled();
  const engine = createPromqlEngine({
    queryable: store,
    ...SETTINGS,
    defaultSubqueryStepMs,
    clock: systemClock,
  });
  for (const threads of [0, 1, 2]) {
    const pool =
      threads === 0
        ? undefined
        : new QueryPool({
            threads,
            entry: new URL("../../src/query-worker.ts", import.meta.url),
            queryable: store,
            engine: SETTINGS,
            heapBytesMax: 2 ** 30,
            defaultSubqueryStepMs,
            clock: systemClock,
            logger: silentLogger,
          });
    const runner = pool && createGradedRunner({ engine, pool, inlineMs: 2, clock: systemClock });
    const executor = createQueryExecutor({ engine, limits: LIMITS, clock: systemClock, runner });
    const all = (count: number) => () =>
      Promise.all(Array.from({ length: count }, () => executor.range(WIDE)));
    await timed(all(2), 3);
    await timed(() => executor.instant(SMALL), 500);
    const alone = await timed(all(1), 7);
    const two = await timed(all(2), 5);
    const small = await timed(() => executor.instant(SMALL), 1000);
    const [median, p99, most] = await latenessDuring(all(AT_ONCE)(), writers);
    console.info(
      `${threads} workers: wide ${alone.toFixed(0)} ms, two at once ${two.toFixed(0)} ms, ` +
        `small ${(small * 1000).toFixed(0)} us, late during ${AT_ONCE} wide ones: ` +
        `median ${median!.toFixed(1)}, p99 ${p99!.toFixed(1)}, most ${most!.toFixed(1)} ms`,
    );
    await pool?.close();
  }
  await store.close();
}, 600_000);

// An out-of-order window of six hours on disk: shuffled samples one by one and in requests, and a backfill of history,
// as far as its blocks.
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, test } from "vitest";
import type * as Base from "../../../src/base/index.ts";
import type * as Model from "../../../src/model/index.ts";
import type { SeriesBatch, Store } from "../../../src/storage/index.ts";
import type * as Tsdb from "../../../src/tsdb/index.ts";

// Past the test runner's module loader, whose getters would double the cost of calls between modules.
const load = createRequire(import.meta.url);
const { silentLogger, systemClock } = load("../../../src/base/index.ts") as typeof Base;
const { labelsFromRecord } = load("../../../src/model/index.ts") as typeof Model;
const { openStore } = load("../../../src/tsdb/index.ts") as typeof Tsdb;

const HOUR_MS = 3_600_000;
const directories: string[] = [];
afterAll(() => directories.forEach((directory) => rmSync(directory, { recursive: true, force: true })));

let state = 1;
function random(): number {
  state = (state * 48_271) % 2_147_483_647;
  return state;
}

async function newStore(): Promise<Store> {
  const directory = mkdtempSync(join(tmpdir(), "narthex-bench-late-"));
  directories.push(directory);
  return openStore({
    directory,
    clock: systemClock,
    logger: silentLogger,
    retentionMs: 0,
    retentionBytes: 0,
    tuning: { outOfOrderWindowMs: 7 * HOUR_MS },
  });
}

function seriesOf(count: number): SeriesBatch["labels"][] {
  return Array.from({ length: count }, (_, i) =>
    labelsFromRecord({
      __name__: `metric_${i % 100}_total`,
      job: "node",
      instance: `host-${Math.floor(i / 1000)}:9100`,
      id: String(i % 1000),
    }),
  );
}

function batchOf(labels: SeriesBatch["labels"], times: number[], value: number): SeriesBatch {
  return {
    labels,
    times: Float64Array.from(times),
    values: Float64Array.from(times, (_, i) => value + i),
    histograms: [],
  };
}

/** Shuffled samples of an hour, `size` in a request; the newest sample of each series comes first. */
async function shuffled(series: number, samples: number, size: number): Promise<void> {
  const store = await newStore();
  const now = Math.floor(Date.now() / 1000) * 1000;
  const labels = seriesOf(series);
  await store.appendBatch(
    labels.map((one) => batchOf(one, [now], 1)),
    "partial",
  );
  let busyMs = 0;
  let longestMs = 0;
  for (let sent = 0; sent < samples; sent += size) {
    const batch = Array.from({ length: size }, () =>
      batchOf(labels[random() % series]!, [now - 1000 * (1 + (random() % 3600))], random() % 1000),
    );
    const before = performance.now();
    const acknowledged = store.appendBatch(batch, "partial");
    const ms = performance.now() - before;
    busyMs += ms;
    longestMs = Math.max(longestMs, ms);
    if (sent % (size * 50) === 0) await acknowledged;
  }
  console.log(
    `${series} series, ${size} in a request: ${((busyMs * 1e6) / samples).toFixed(0)} ns a sample, longest request ${longestMs.toFixed(1)} ms`,
  );
  await store.close();
}

test("shuffled, one series", () => shuffled(1, 20_000, 1));
test("shuffled, 10,000 series one by one", () => shuffled(10_000, 200_000, 1));
test("shuffled, 10,000 series in requests", () => shuffled(10_000, 1_000_000, 500));

test("six hours of history of 4000 series", { timeout: 120_000 }, async () => {
  const store = await newStore();
  const now = Math.floor(Date.now() / 1000) * 1000;
  const labels = seriesOf(4000);
  await store.appendBatch([batchOf(labels[0]!, [now], 1)], "partial");
  const rows = (6 * HOUR_MS) / 15_000;
  let busyMs = 0;
  for (let first = 0; first < rows; first += 60) {
    for (let from = 0; from < labels.length; from += 50) {
      const batch = labels.slice(from, from + 50).map((one, s) =>
        batchOf(
          one,
          Array.from({ length: 60 }, (_, i) => now - 22_320_000 + (first + i) * 15_000),
          s * first,
        ),
      );
      const before = performance.now();
      const acknowledged = store.appendBatch(batch, "partial");
      busyMs += performance.now() - before;
      await acknowledged;
    }
    await store.maintain();
  }
  const samples = store.stats().lateAppended!;
  console.log(`history: ${((busyMs * 1e6) / samples).toFixed(0)} ns a sample`);
  const { blocks, blockBytes, logBytes } = store.stats();
  console.log(`${blocks} blocks of ${blockBytes / samples} bytes a sample, log ${logBytes / samples}`);
  await store.close();
});

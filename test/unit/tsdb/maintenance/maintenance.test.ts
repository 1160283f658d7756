import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { labelsFromRecord, millis } from "../../../../src/model/index.ts";
import type { Store } from "../../../../src/storage/index.ts";
import { batchOf, HandClock, readAll, T0, testStore } from "../model.ts";

const RANGE_MS = 600_000;
let directory = "";

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "narthex-maintenance-"));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Appends one row a minute to `up`. */
function appendRows(store: Store, clock: HandClock, minutes: number): void {
  const table = store.openTable("t");
  table.column(labelsFromRecord({ __name__: "up" }));
  for (let i = 0; i < minutes; i++) {
    clock.time += 60_000;
    table.append({ time: millis(clock.time), values: Float64Array.of(i) });
  }
  table.close();
}

function points(store: Store): number {
  return readAll(store).reduce((sum, series) => sum + series.points.length, 0);
}

function open(clock: HandClock, hasWorker = false): Promise<Store> {
  return testStore({ directory, clock, blockRangeMs: RANGE_MS, hasWorker });
}

for (const hasWorker of [false, true]) {
  const where = hasWorker ? "in the worker" : "in the calling thread";
  test(`what is deleted while its block is written stays deleted, ${where}`, async () => {
    const clock = new HandClock(T0);
    const store = await open(clock, hasWorker);
    appendRows(store, clock, 30);
    const maintained = store.maintain();
    await new Promise((resolve) => setImmediate(resolve));
    const matchers = [[{ kind: "=" as const, name: "__name__", value: "up" }]];
    await store.deleteSeries(matchers, millis(T0), millis(T0 + 10 * 60_000));
    await maintained;
    expect(store.stats().blocks).toBeGreaterThan(0);
    expect(points(store)).toBe(20);
    await store.close();
    const again = await open(clock);
    expect(points(again)).toBe(20);
    await again.close();
  });

  test(`samples that came late are in blocks after a cut and in a snapshot, ${where}`, async () => {
    const clock = new HandClock(T0);
    const store = await open(clock, hasWorker);
    store.reconfigure({ outOfOrderWindowMs: 3_600_000 });
    appendRows(store, clock, 30);
    const late = batchOf({ __name__: "up" }, [[T0 + 90_000, 7]]);
    expect((await store.appendBatch([late], "all-or-nothing")).appended).toBe(1);
    const name = await store.snapshot({ skipHead: false });
    await store.maintain();
    expect(points(store)).toBe(31);
    await store.close();
    const again = await open(clock);
    expect(points(again)).toBe(31);
    await again.close();
    const copy = await testStore({ directory: join(directory, "snapshots", name), clock });
    expect(points(copy)).toBe(31);
    await copy.close();
  });
}

test("a compaction that fails is counted and tried again a second later", async () => {
  const clock = new HandClock(T0);
  const store = await open(clock);
  appendRows(store, clock, 30);
  const blocks = join(directory, "blocks");
  renameSync(blocks, `${blocks}.away`);
  await store.maintain();
  expect(store.stats().compactionFailures).toBe(1);
  mkdirSync(blocks);
  clock.advance(1000);
  await store.maintain();
  expect(store.stats()).toMatchObject({ compactionFailures: 1, blocks: 2 });
  expect(points(store)).toBe(30);
  await store.close();
});

test("a limit that is set while running takes effect with the next round", async () => {
  const clock = new HandClock(T0);
  const store = await open(clock);
  for (let round = 0; round < 3; round++) {
    appendRows(store, clock, 30);
    await store.maintain();
  }
  const before = store.stats().blocks;
  store.reconfigure({ retentionBytes: 1 });
  await store.maintain();
  expect(before).toBeGreaterThan(1);
  expect(store.stats().blocks).toBe(0);
  expect(store.stats().disk).toMatchObject({ sizeRetentions: before, retentionBytes: 1 });
  expect(readdirSync(join(directory, "blocks"))).toEqual([]);
  await store.close();
});

test("a selection that is open keeps the files of blocks that were removed", async () => {
  const clock = new HandClock(T0);
  const store = await open(clock);
  appendRows(store, clock, 30);
  await store.maintain();
  const files = readdirSync(join(directory, "blocks"));
  const selection = store.select({ matchers: [], from: millis(T0), to: millis(clock.time) });
  store.reconfigure({ retentionBytes: 1 });
  await store.maintain();
  expect(store.stats().blocks).toBe(0);
  expect(readdirSync(join(directory, "blocks"))).toEqual(files);
  selection.close();
  await store.close();
  await (await open(clock)).close();
  expect(readdirSync(join(directory, "blocks"))).toEqual([]);
});

import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createLogger, type Logger } from "../../../src/base/index.ts";
import {
  labelsFromRecord,
  labelsToRecord,
  labelValue,
  METRIC_NAME,
  millis,
} from "../../../src/model/index.ts";
import { createSeriesSamples, type Store } from "../../../src/storage/index.ts";
import { StorageError } from "../../../src/tsdb/index.ts";
import type { ReplayProgress } from "../../../src/tsdb/options.ts";
import { batchOf, HandClock, readAll, T0, testStore } from "./model.ts";

const HOUR = 3_600_000;
let directory = "";

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "narthex-directory-"));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Sample counts by metric name. */
function counts(store: Store): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { labels, points } of readAll(store)) {
    if (points.length > 0) found[labelValue(labels, METRIC_NAME)] = points.length;
  }
  return found;
}

/** Appends rows of two columns, one a minute, from `fromMs` after T0 on. */
function appendRows(store: Store, clock: HandClock, options: { from: number; count: number }): void {
  const table = store.openTable("t");
  table.column(labelsFromRecord({ __name__: "up" }));
  table.column(labelsFromRecord({ __name__: "x", a: "1" }));
  for (let i = 0; i < options.count; i++) {
    clock.time = T0 + options.from + i * 60_000;
    table.append({ time: millis(clock.time), values: Float64Array.of(1, i) });
  }
  table.close();
}

test("a second store on the directory is refused in Prometheus's words, and the lock ends with the first", async () => {
  const first = await testStore({ directory });
  await expect(testStore({ directory })).rejects.toThrow(
    new StorageError("opening storage failed: lock DB directory: resource temporarily unavailable"),
  );
  const beside = await testStore({ directory: join(directory, "beside") });
  await beside.close();
  await first.close();
  expect(readdirSync(directory)).not.toContain("lock");
  const second = await testStore({ directory });
  expect(second.stats().cleanStart).toBe(true);
  await second.close();
});

test("a lock file that was left behind is taken over", async () => {
  writeFileSync(join(directory, "lock"), "");
  const store = await testStore({ directory });
  expect(store.stats().cleanStart).toBe(false);
  await store.close();
});

test("a directory that cannot be made is named", async () => {
  writeFileSync(join(directory, "file"), "");
  await expect(testStore({ directory: join(directory, "file", "data") })).rejects.toThrow(
    `opening storage failed: cannot make directory ${join(directory, "file", "data")}`,
  );
});

test("a store of a newer format is refused and not touched", async () => {
  await (await testStore({ directory })).close();
  const database = new Database(join(directory, "head.db"));
  database.exec("UPDATE meta SET value = 7 WHERE key = 'min_reader_version'");
  database.close();
  await expect(testStore({ directory })).rejects.toThrow("it needs format version 7, this one reads up to 1");
});

test("a damaged stretch of the log costs what it held and what builds on it, and is reported", async () => {
  const clock = new HandClock(T0);
  const lines: string[] = [];
  const store = await testStore({ directory, clock });
  for (let i = 0; i < 6; i++) {
    appendRows(store, clock, { from: i * 600_000, count: 10 });
    await store.appendBatch([batchOf({ __name__: "pushed" }, [[clock.time, i]])], "partial");
  }
  await store.close();
  const database = new Database(join(directory, "head.db"));
  const log = database
    .prepare("SELECT name FROM sqlite_schema WHERE name LIKE 'log%'")
    .pluck()
    .get() as string;
  const records = database.prepare(`SELECT records FROM "${log}" WHERE seq = 3`).pluck().get() as Buffer;
  records[records.length >> 1]! ^= 4;
  database.prepare(`UPDATE "${log}" SET records = ? WHERE seq = 3`).run(records);
  database.close();
  const again = await testStore({ directory, clock, logger: collecting(lines) });
  const found = counts(again);
  // Rows build on the one before up to the next seal, so more than the stretch itself is gone; what was sealed
  // afterwards is back with the seal.
  expect(found["pushed"]).toBe(2);
  expect(found["x"]).toBeGreaterThanOrEqual(20);
  for (const { points } of readAll(again, [{ kind: "=", name: "__name__", value: "x" }])) {
    const values = new Float64Array(1);
    for (const [time, bits] of points) {
      new BigUint64Array(values.buffer)[0] = BigInt(`0x${bits}`);
      expect(values[0]).toBe(((time - T0) / 60_000) % 10);
    }
  }
  expect(lines.join("")).toContain("damaged stretch of the log left out");
  await again.close();
});

function collecting(lines: string[]): Logger {
  return createLogger({ level: "debug", format: "logfmt", write: (line) => lines.push(line), now: () => 0 });
}

test("lost definitions leave out their series and keep all others, also for the next start", async () => {
  const clock = new HandClock(T0);
  const store = await testStore({ directory, clock });
  for (const name of ["a", "b", "c"]) {
    await store.appendBatch([batchOf({ __name__: name, job: name }, [[T0, 1]])], "partial");
  }
  await store.close();
  const database = new Database(join(directory, "head.db"));
  database.exec("UPDATE definitions SET crc = crc + 1 WHERE seq = 2");
  database.close();
  for (let start = 0; start < 2; start++) {
    const again = await testStore({ directory, clock });
    expect(counts(again)).toEqual(start === 0 ? { a: 1, c: 1 } : { a: 1, c: 2 });
    clock.time += 1000;
    await again.appendBatch([batchOf({ __name__: "c", job: "c" }, [[clock.time, 2]])], "partial");
    await again.close();
  }
});

test("blocks are cut once the head spans three hours, and samples are read across head and block", async () => {
  const clock = new HandClock(T0);
  const store = await testStore({ directory, clock });
  const start = Math.ceil(T0 / (2 * HOUR)) * 2 * HOUR - T0;
  appendRows(store, clock, { from: start, count: 180 });
  await store.maintain();
  expect(store.stats().blocks).toBe(0);
  appendRows(store, clock, { from: start + 180 * 60_000, count: 2 });
  await store.maintain();
  expect(store.stats()).toMatchObject({ blocks: 1, compactions: 1, headMinTime: T0 + start + 2 * HOUR });
  const all = readAll(store);
  expect(all.map(({ points }) => points.length)).toEqual([182, 182]);
  expect(all[0]!.timeline).toBe(all[1]!.timeline);
  expect(all[0]!.timeline).toBeGreaterThanOrEqual(0);
  await store.close();
  const again = await testStore({ directory, clock });
  expect(readAll(again)).toEqual(all);
  const refused = await again.appendBatch(
    [batchOf({ __name__: "late" }, [[T0 + start + 2 * HOUR - 1, 1]])],
    "partial",
  );
  expect(refused.refusals.map(({ reason }) => reason)).toEqual(["out of bounds"]);
  await again.close();
});

test("a selection goes on reading what was flushed and deleted after it was opened", async () => {
  const clock = new HandClock(T0);
  const store = await testStore({ directory, clock, blockRangeMs: 600_000 });
  appendRows(store, clock, { from: 0, count: 100 });
  const selection = store.select({ matchers: [], from: millis(0), to: millis(clock.time) });
  await store.maintain();
  await store.deleteSeries([[{ kind: "=", name: "__name__", value: "x" }]], millis(0), millis(clock.time));
  appendRows(store, clock, { from: 100 * 60_000, count: 5 });
  expect(store.stats().blocks).toBeGreaterThan(0);
  expect(counts(store)).toEqual({ up: 105, x: 5 });
  const samples = createSeriesSamples();
  for (let i = 0; i < 2; i++) {
    selection.read(i, samples);
    expect(samples.count).toBe(100);
  }
  selection.close();
  await store.close();
});

test("deleted samples stay deleted over a restart and leave the blocks when asked", async () => {
  const clock = new HandClock(T0);
  const store = await testStore({ directory, clock, blockRangeMs: 600_000 });
  appendRows(store, clock, { from: 0, count: 60 });
  await store.maintain();
  const matchers = [{ kind: "=" as const, name: "a", value: "1" }];
  await store.deleteSeries([matchers], millis(T0 + 60_000), millis(clock.time - 60_000));
  expect(counts(store)).toEqual({ up: 60, x: 2 });
  expect(store.labelValues("__name__", { matchers: [], from: millis(0), to: millis(2 * T0) })).toEqual([
    "up",
    "x",
  ]);
  await store.close();
  const again = await testStore({ directory, clock, blockRangeMs: 600_000 });
  expect(counts(again)).toEqual({ up: 60, x: 2 });
  const before = again.stats().blocks;
  await again.cleanTombstones();
  expect(again.stats().blocks).toBe(before);
  expect(counts(again)).toEqual({ up: 60, x: 2 });
  appendRows(again, clock, { from: 60 * 60_000, count: 1 });
  expect(counts(again)).toEqual({ up: 61, x: 3 });
  await again.close();
});

test("a snapshot is a directory that opens as a store, deletions and newest samples included", async () => {
  const clock = new HandClock(T0);
  const store = await testStore({ directory, clock, blockRangeMs: 600_000 });
  appendRows(store, clock, { from: 0, count: 60 });
  await store.maintain();
  await store.deleteSeries([[{ kind: "=", name: "a", value: "1" }]], millis(T0), millis(T0 + 300_000));
  const whole = await store.snapshot({ skipHead: false });
  const blocksOnly = await store.snapshot({ skipHead: true });
  expect(whole).toMatch(/^20231114T\d{6}Z-[0-9a-f]{16}$/);
  expect(readdirSync(join(directory, "snapshots")).toSorted()).toEqual([whole, blocksOnly].toSorted());
  const expected = readAll(store).map(({ labels, points }) => ({ labels: labelsToRecord(labels), points }));
  await store.close();
  const copy = await testStore({ directory: join(directory, "snapshots", whole), clock });
  expect(readAll(copy).map(({ labels, points }) => ({ labels: labelsToRecord(labels), points }))).toEqual(
    expected,
  );
  await copy.close();
  const old = await testStore({ directory: join(directory, "snapshots", blocksOnly), clock });
  expect(counts(old)["up"]).toBeLessThan(60);
  await old.close();
});

test("blocks merge as they age and go when they are too old", async () => {
  const clock = new HandClock(T0);
  const options = { directory, clock, blockRangeMs: 600_000 };
  const store = await testStore(options);
  appendRows(store, clock, { from: 0, count: 150 });
  await store.maintain();
  const merged = store.stats().blocks;
  expect(merged).toBeLessThan(12);
  expect(counts(store)).toEqual({ up: 150, x: 150 });
  await store.close();
  const short = await testStore({ ...options, retentionMs: 3_000_000 });
  await short.maintain();
  expect(short.stats().blocks).toBeLessThan(merged);
  expect(counts(short)["up"]).toBeLessThan(150);
  await short.close();
});

test("a block that is put in is found, one that is taken away is let go", async () => {
  const clock = new HandClock(T0);
  const store = await testStore({ directory, clock, blockRangeMs: 600_000 });
  appendRows(store, clock, { from: 0, count: 60 });
  await store.maintain();
  const name = await store.snapshot({ skipHead: true });
  await store.close();
  const other = await testStore({ directory: join(directory, "other"), clock, blockRangeMs: 600_000 });
  const source = join(directory, "snapshots", name, "blocks");
  const files = readdirSync(source);
  for (const file of files) copyFileSync(join(source, file), join(directory, "other", "blocks", file));
  await other.maintain();
  expect(other.stats().blocks).toBe(files.length);
  expect(counts(other)["up"]).toBeGreaterThan(20);
  for (const file of files) rmSync(join(directory, "other", "blocks", file));
  await other.maintain();
  expect(other.stats().blocks).toBe(0);
  expect(counts(other)).toEqual({});
  await other.close();
});

test("series that are gone leave the index once they are many, and the others keep their samples", async () => {
  const clock = new HandClock(T0);
  const options = { directory, clock, blockRangeMs: 600_000 };
  const store = await testStore(options);
  const table = store.openTable("lasting");
  table.column(labelsFromRecord({ __name__: "lasting" }));
  for (let minute = 0; minute < 60; minute++) {
    clock.time = T0 + minute * 60_000;
    table.append({ time: millis(clock.time), values: Float64Array.of(minute) });
    const passing = store.openTable(`passing ${minute}`);
    for (let i = 0; i < 400; i++)
      passing.column(labelsFromRecord({ __name__: "passing", minute: String(minute), i: String(i) }));
    passing.append({ time: millis(clock.time), values: new Float64Array(400) });
    passing.close();
    await store.maintain();
  }
  const lasting = [{ kind: "=" as const, name: "__name__", value: "lasting" }];
  await store.deleteSeries([lasting], millis(clock.time), millis(clock.time));
  const { headSeries, headSeriesCreated, headSeriesRemoved } = store.stats();
  expect(headSeriesCreated).toBe(24_001);
  expect(headSeriesCreated - headSeriesRemoved).toBe(headSeries);
  expect(headSeries).toBeLessThan(10_000);
  const before = readAll(store).map(({ labels, points }) => ({ labels: labelsToRecord(labels), points }));
  expect(before).toHaveLength(24_001);
  expect(before.find(({ labels }) => labels["__name__"] === "lasting")!.points).toHaveLength(59);
  await store.close();
  const again = await testStore(options);
  const found = readAll(again).map(({ labels, points }) => ({ labels: labelsToRecord(labels), points }));
  const order = (all: typeof before): string[] => all.map((one) => JSON.stringify(one)).toSorted();
  expect(order(found)).toEqual(order(before));
  await again.close();
});

test("with a sync interval of 0 a batch is acknowledged once it is synced, and closing syncs what is left", async () => {
  const clock = new HandClock(T0);
  const store = await testStore({ directory, clock, syncIntervalMs: 0 });
  const batches = [1, 2, 3].map((n) =>
    store.appendBatch([batchOf({ __name__: `m${n}` }, [[T0, n]])], "partial"),
  );
  expect((await Promise.all(batches)).map(({ appended }) => appended)).toEqual([1, 1, 1]);
  appendRows(store, clock, { from: 1000, count: 2 });
  expect(store.stats()).toMatchObject({ headSeries: 5, headChunks: 5, logFailures: 0, isReadOnly: false });
  await store.close();
  await store.close();
  const again = await testStore({ directory, clock });
  expect(counts(again)).toEqual({ m1: 1, m2: 1, m3: 1, up: 2, x: 2 });
  await again.close();
});

test("a block that comes from elsewhere hides no rows that were never flushed", async () => {
  const clock = new HandClock(T0);
  const elsewhere = join(directory, "elsewhere");
  const donor = await testStore({ directory: elsewhere, clock });
  appendRows(donor, clock, { from: 0, count: 300 });
  await donor.maintain();
  const [file] = readdirSync(join(elsewhere, "blocks"));
  await donor.close();
  const here = join(directory, "here");
  const store = await testStore({ directory: here, clock });
  const table = store.openTable("own");
  table.column(labelsFromRecord({ __name__: "own" }));
  for (let i = 0; i < 10; i++) table.append({ time: millis(T0 + i * 60_000), values: Float64Array.of(i) });
  await store.close();
  copyFileSync(join(elsewhere, "blocks", file!), join(here, "blocks", file!));
  const again = await testStore({ directory: here, clock });
  expect(counts(again)["own"]).toBe(10);
  expect(again.stats().blocks).toBe(1);
  await again.close();
});

test("reading the log back tells how far it is", async () => {
  const clock = new HandClock(T0);
  const store = await testStore({ directory, clock });
  for (let i = 0; i < 3; i++) {
    await store.appendBatch([batchOf({ __name__: "m" }, [[T0 + i * 1000, i]])], "partial");
  }
  await store.close();
  const told: ReplayProgress[] = [];
  const again = await testStore({ directory, clock, onReplay: (progress) => told.push(progress) });
  expect(told[0]).toEqual({ blobsRead: 0, blobs: 0 });
  // Three of rows, and one with the seal of the first of them.
  expect(told.at(-1)).toEqual({ blobsRead: 4, blobs: 4 });
  expect(counts(again)).toEqual({ m: 3 });
  await again.close();
});

test("rows stand in for seals that are damaged, at this start and the ones after it", async () => {
  const clock = new HandClock(T0);
  const append = async (store: Store, from: number, count: number): Promise<void> => {
    const table = store.openTable("t");
    for (let c = 0; c < 300; c++) table.column(labelsFromRecord({ __name__: "m", c: String(c) }));
    for (let i = from; i < from + count; i++) {
      clock.time = T0 + i * 1000;
      const values = Float64Array.from({ length: 300 }, (_, c) => Math.sin(i * 300 + c));
      table.append({ time: millis(clock.time), values });
      await store.appendBatch([batchOf({ __name__: "other" }, [[clock.time, i]])], "partial");
    }
    table.close();
  };
  const first = await testStore({ directory, clock });
  await append(first, 0, 200);
  const before = readAll(first);
  await first.close();
  const database = new Database(join(directory, "head.db"));
  const parts = database
    .prepare("SELECT name FROM sqlite_schema WHERE name LIKE 'seals%'")
    .pluck()
    .all() as string[];
  expect(parts).toHaveLength(1);
  // Floors were raised before and after it.
  database.exec(`UPDATE "${parts[0]}" SET crc = crc + 1 WHERE seq = 5`);
  database.close();
  const second = await testStore({ directory, clock });
  expect(second.stats().logCorruptions).toBe(1);
  expect(readAll(second)).toEqual(before);
  await append(second, 200, 200);
  const more = readAll(second);
  expect(counts(second)).toEqual({ m: 400, other: 400 });
  await second.close();
  const third = await testStore({ directory, clock });
  expect(third.stats().logCorruptions).toBe(1);
  expect(readAll(third)).toEqual(more);
  await third.close();
});

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import {
  bitsOf,
  columnId,
  createHistogram,
  fillAbsent,
  labelsFromRecord,
  millis,
  type Matcher,
} from "../../../src/model/index.ts";
import { createSeriesSamples, type Store } from "../../../src/storage/index.ts";
import { batchOf, HandClock, T0, testStore } from "./model.ts";

const RANGE_MS = 100_000;
const HOUR_MS = 3_600_000;
const directories: string[] = [];
const stores: Store[] = [];

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "narthex-late-"));
  directories.push(directory);
  return directory;
}

async function open(directory?: string, windowMs = HOUR_MS): Promise<Store> {
  const store = await testStore({
    directory,
    clock: new HandClock(T0),
    blockRangeMs: RANGE_MS,
    tuning: { outOfOrderWindowMs: windowMs },
  });
  stores.push(store);
  return store;
}

/** `[ms after T0, value]` of a series; a histogram is told by its count, as text. */
function read(
  store: Store,
  name: string,
  from = -(2 ** 50),
  to = 2 ** 50,
): (readonly [number, number | string])[] {
  const selection = store.select({ matchers: [named(name)], from: millis(from), to: millis(to) });
  const samples = createSeriesSamples();
  if (selection.seriesCount > 0) selection.read(0, samples);
  selection.close();
  return Array.from({ length: samples.count }, (_, i) => {
    const histogram = samples.histograms?.[i];
    return [
      samples.times[i]! - T0,
      histogram === undefined ? samples.values[i]! : `h${histogram.count}`,
    ] as const;
  });
}

function named(value: string): Matcher {
  return { kind: "=", name: "__name__", value };
}

function send(store: Store, name: string, points: readonly (readonly [number, number])[]) {
  const batch = batchOf(
    { __name__: name },
    points.map(([time, value]) => [T0 + time, value] as const),
  );
  return store.appendBatch([batch], "partial");
}

test("without a window late samples are refused as out of order or out of bounds", async () => {
  const store = await open(undefined, 0);
  await send(store, "a", [[0, 1]]);
  const outcome = await send(store, "a", [[-1000, 2]]);
  expect(outcome).toMatchObject({
    appended: 0,
    outOfOrder: 1,
    refusals: [{ reason: "out of order sample" }],
  });
  const older = await send(store, "b", [[-60_000, 2]]);
  expect(older).toMatchObject({ appended: 0, outOfBounds: 1, refusals: [{ reason: "out of bounds" }] });
});

test("within the window any order is taken, the first of equal times counts, silently", async () => {
  const store = await open();
  await send(store, "a", [[0, 1]]);
  expect(await send(store, "a", [[-3000, 3], [-9000, 9], [-3000, 4], [-6000, 6]])).toMatchObject({ appended: 4, late: 4, refusals: [] }); // prettier-ignore
  expect(await send(store, "a", [[-9000, 8]])).toMatchObject({ appended: 1, late: 1, refusals: [] });
  expect(await send(store, "b", [[-HOUR_MS, 5]])).toMatchObject({ appended: 1, late: 1, refusals: [] });
  expect(read(store, "a")).toEqual([[-9000, 9], [-6000, 6], [-3000, 3], [0, 1]]); // prettier-ignore
  expect(read(store, "a", T0 - 6000, T0 - 3000)).toEqual([[-6000, 6], [-3000, 3]]); // prettier-ignore
  expect(read(store, "b")).toEqual([[-HOUR_MS, 5]]);
  expect(store.stats()).toMatchObject({ lateAppended: 6, outOfOrder: 0, outOfBounds: 0, tooOld: 0 });
});

test("what is older than the window is too old, in conflict with the newest a duplicate", async () => {
  const store = await open();
  await send(store, "a", [[0, 1]]);
  expect(await send(store, "a", [[-HOUR_MS - 1, 2]])).toMatchObject({
    tooOld: 1,
    refusals: [{ reason: "too old sample" }],
  });
  const reason = `duplicate sample for timestamp ${T0}; overrides not allowed: existing 1, new value 2`;
  expect(await send(store, "a", [[0, 2]])).toMatchObject({ duplicates: 1, refusals: [{ reason }] });
  expect(await send(store, "a", [[0, 1]])).toMatchObject({ appended: 1, late: 0, refusals: [] });
  const whole = batchOf({ __name__: "a" }, [[T0 - 1, 1], [T0 - HOUR_MS - 1, 2]]); // prettier-ignore
  expect(await store.appendBatch([whole], "all-or-nothing")).toMatchObject({ appended: 0 });
  expect(read(store, "a")).toEqual([[0, 1]]);
  expect(store.stats()).toMatchObject({ tooOld: 2 });
});

test("histograms may be late, and types are counted apart", async () => {
  const store = await open();
  await send(store, "a", [[0, 1]]);
  const histogram = createHistogram({ count: 2, sum: 1 });
  const labels = labelsFromRecord({ __name__: "a" });
  const none = new Float64Array(0);
  const at = (ms: number) => ({ time: millis(T0 + ms), histogram });
  const outcome = await store.appendBatch(
    [{ labels, times: none, values: none, histograms: [at(-10), at(-20), at(-2 * HOUR_MS), at(5)] }],
    "partial",
  );
  expect(outcome).toMatchObject({ appended: 3, tooOld: 1, late: 2, histograms: { appended: 3, tooOld: 1 } });
  expect(read(store, "a")).toEqual([[-20, "h2"], [-10, "h2"], [0, 1], [5, "h2"]]); // prettier-ignore
  expect(store.stats()).toMatchObject({
    samplesAppended: { float: 1, histogram: 3 },
    refusedHistograms: { tooOld: 1, outOfOrder: 0, outOfBounds: 0 },
  });
});

test("a row may be late as a whole or in single columns", async () => {
  const store = await open();
  const writer = store.openTable("t");
  const columns = ["a", "b"].map((name) => writer.column(labelsFromRecord({ __name__: name }))!);
  const row = (time: number, values: number[]) =>
    writer.append({ time: millis(T0 + time), values: Float64Array.from(values) });
  row(0, [1, 1]);
  expect(row(-5, [2, 2])).toMatchObject({ appended: 2, late: 2 });
  await send(store, "a", [[20, 3]]);
  expect(row(10, [4, 4])).toMatchObject({ appended: 2, late: 1 });
  expect(read(store, "a")).toEqual([[-5, 2], [0, 1], [10, 4], [20, 3]]); // prettier-ignore
  expect(read(store, "b")).toEqual([[-5, 2], [0, 1], [10, 4]]); // prettier-ignore
  const values = new Float64Array(2);
  fillAbsent(bitsOf(values), 0, 2);
  const histogram = createHistogram({ count: 7, sum: 1 });
  const ownTimes = [{ column: columnId(columns[1]!), time: millis(T0 - 7), value: 0, histogram }];
  expect(writer.append({ time: millis(T0 + 30), values, ownTimes })).toMatchObject({ appended: 1, late: 1 });
  expect(read(store, "b")[0]).toEqual([-7, "h7"]);
});

test("a window set back to 0 takes no more and keeps what is there", async () => {
  const store = await open();
  await send(store, "a", [[0, 1]]);
  await send(store, "a", [[-10, 2]]);
  store.reconfigure({ outOfOrderWindowMs: 0 });
  expect(await send(store, "a", [[-20, 3]])).toMatchObject({ appended: 0, outOfOrder: 1 });
  expect(read(store, "a")).toEqual([[-10, 2], [0, 1]]); // prettier-ignore
});

test("late samples outlast restarts, also of series with no others", async () => {
  const directory = newDirectory();
  const store = await open(directory);
  await send(store, "a", [[0, 1]]);
  await send(store, "a", [[-10, 2], [-30, 3]]); // prettier-ignore
  await send(store, "b", [[-HOUR_MS, 5]]);
  await store.close();
  const again = await open(directory);
  expect(read(again, "a")).toEqual([[-30, 3], [-10, 2], [0, 1]]); // prettier-ignore
  expect(read(again, "b")).toEqual([[-HOUR_MS, 5]]);
  await send(again, "b", [[-HOUR_MS, 6], [-50_000, 7]]); // prettier-ignore
  await again.close();
  expect(read(await open(directory), "b")).toEqual([[-HOUR_MS, 5], [-50_000, 7]]); // prettier-ignore
});

test("late samples become blocks where the head is cut, and the others wait", async () => {
  const directory = newDirectory();
  const store = await open(directory);
  for (let i = 0; i <= 40; i++) await send(store, "a", [[i * 10_000, i]]);
  // In ranges long cut, in one about to be, and in the newest.
  await send(store, "a", [[-250_000, 1], [5000, 2], [395_000, 3]]); // prettier-ignore
  await send(store, "b", [[-250_000, 4], [395_000, 5]]); // prettier-ignore
  await send(store, "a", [[10_000, 77]]);
  const expectAll = (of: Store): void => {
    const points = read(of, "a");
    expect(points).toHaveLength(44);
    expect(points.slice(0, 4)).toEqual([[-250_000, 1], [0, 0], [5000, 2], [10_000, 1]]); // prettier-ignore
    expect(points.slice(-3)).toEqual([[390_000, 39], [395_000, 3], [400_000, 40]]); // prettier-ignore
    expect(read(of, "b")).toEqual([[-250_000, 4], [395_000, 5]]); // prettier-ignore
  };
  expectAll(store);
  await store.maintain();
  expect(store.blocks().some(({ from, to }) => from <= T0 - 250_000 && to > T0 - 250_000)).toBe(true);
  expectAll(store);
  await store.close();
  const again = await open(directory);
  expectAll(again);
  for (let i = 41; i <= 60; i++) await send(again, "a", [[i * 10_000, i]]);
  await again.maintain();
  expect(read(again, "b")).toEqual([[-250_000, 4], [395_000, 5]]); // prettier-ignore
  expect(read(again, "a")).toHaveLength(64);
});

test("late samples can be deleted, before the head and in it", async () => {
  const directory = newDirectory();
  const store = await open(directory);
  await send(store, "a", [[0, 1]]);
  await send(store, "a", [[-500_000, 2], [-400_000, 3], [-10, 4]]); // prettier-ignore
  await store.deleteSeries([[named("a")]], millis(T0 - 450_000), millis(T0 - 5));
  expect(read(store, "a")).toEqual([[-500_000, 2], [0, 1]]); // prettier-ignore
  for (let i = 1; i <= 40; i++) await send(store, "a", [[i * 10_000, i]]);
  await store.maintain();
  expect(read(store, "a").slice(0, 3)).toEqual([[-500_000, 2], [0, 1], [10_000, 1]]); // prettier-ignore
  await store.close();
  expect(read(await open(directory), "a").slice(0, 3)).toEqual([[-500_000, 2], [0, 1], [10_000, 1]]); // prettier-ignore
});

test("look-ups know series that have late samples only", async () => {
  const store = await open();
  await send(store, "a", [[0, 1]]);
  await send(store, "b", [[-HOUR_MS / 2, 5]]);
  const range = { from: millis(T0 - HOUR_MS), to: millis(T0 - HOUR_MS / 4) };
  expect(store.labelValues("__name__", { matchers: [], ...range })).toContain("b");
  await store.maintain();
  expect(store.series({ matchers: [named("b")], ...range })).toHaveLength(1);
});

test("a snapshot has the late samples", async () => {
  const directory = newDirectory();
  const store = await open(directory);
  await send(store, "a", [[0, 1], [10, 2]]); // prettier-ignore
  await send(store, "a", [[-250_000, 3], [5, 4], [0, 9]]); // prettier-ignore
  await send(store, "b", [[-250_000, 5]]);
  const copy = await open(join(directory, "snapshots", await store.snapshot({ skipHead: false })));
  expect(read(copy, "a")).toEqual([[-250_000, 3], [0, 1], [5, 4], [10, 2]]); // prettier-ignore
  expect(read(copy, "b")).toEqual([[-250_000, 5]]);
  await send(store, "b", [[-240_000, 6]]);
  expect(read(store, "b")).toEqual([[-250_000, 5], [-240_000, 6]]); // prettier-ignore
});

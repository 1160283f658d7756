import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import {
  bitsOf,
  createHistogram,
  fillAbsent,
  labelsFromRecord,
  labelsToRecord,
  millis,
  type ColumnId,
  type Histogram,
} from "../../../src/model/index.ts";
import {
  createSeriesSamples,
  type Exemplar,
  type Store,
  type TableWriter,
} from "../../../src/storage/index.ts";
import { batchOf, HandClock, T0, testStore } from "./model.ts";

// What rows and batches may bring besides their samples: start times, exemplars.

const directories: string[] = [];
const stores: Store[] = [];

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

async function open(directory?: string, exemplarsMax = 10): Promise<Store> {
  const store = await testStore({ directory, clock: new HandClock(T0), tuning: { exemplarsMax } });
  stores.push(store);
  return store;
}

interface Target {
  readonly writer: TableWriter;
  readonly a: ColumnId;
  readonly b: ColumnId;
}

function openTarget(store: Store): Target {
  const writer = store.openTable("target");
  const [a, b] = ["a", "b"].map((name) => writer.column(labelsFromRecord({ __name__: name }))!);
  return { writer, a: a!, b: b! };
}

function read(store: Store, name: string): (readonly [number, number | Histogram])[] {
  const matchers = [{ kind: "=" as const, name: "__name__", value: name }];
  const selection = store.select({ matchers, from: millis(0), to: millis(2 * T0) });
  const samples = createSeriesSamples();
  if (selection.seriesCount > 0) selection.read(0, samples);
  selection.close();
  return Array.from({ length: samples.count }, (_, i) => {
    return [samples.times[i]! - T0, samples.histograms?.[i] ?? samples.values[i]!] as const;
  });
}

function exemplarsOf(store: Store): Record<string, readonly Exemplar[]> {
  const all = [[{ kind: "=~" as const, name: "__name__", value: ".+" }]];
  return Object.fromEntries(
    store
      .exemplars(all, millis(0), millis(2 * T0))
      .map(({ labels, exemplars }) => [labelsToRecord(labels)["__name__"], exemplars]),
  );
}

function exemplar(time: number, value: number): Exemplar {
  return {
    labels: labelsFromRecord({ trace_id: `t${value}` }),
    value,
    time: millis(T0 + time),
    hasOwnTime: true,
  };
}

test("a start becomes a zero before the row, once", async () => {
  const store = await open();
  const { writer, a, b } = openTarget(store);
  const starts = [
    { column: a, time: millis(T0 - 500) },
    { column: b, time: millis(T0 - 500) },
  ];
  writer.append({ time: millis(T0), values: Float64Array.of(5, 6), starts });
  writer.append({ time: millis(T0 + 10), values: Float64Array.of(7, 8), starts });
  expect(read(store, "a")).toEqual([[-500, 0], [0, 5], [10, 7]]); // prettier-ignore
  expect(read(store, "b")).toEqual([[-500, 0], [0, 6], [10, 8]]); // prettier-ignore
});

test("a restart between two rows shows, one before the last row shows in the series that it is new for", async () => {
  const store = await open();
  const { writer, a, b } = openTarget(store);
  const first = Float64Array.of(5, 0);
  fillAbsent(bitsOf(first), 1, 2);
  writer.append({ time: millis(T0), values: first, starts: [{ column: a, time: millis(T0 - 9) }] });
  const starts = [
    { column: a, time: millis(T0 + 4) },
    { column: b, time: millis(T0 - 3) },
  ];
  writer.append({ time: millis(T0 + 10), values: Float64Array.of(1, 2), starts });
  expect(read(store, "a")).toEqual([[-9, 0], [0, 5], [4, 0], [10, 1]]); // prettier-ignore
  expect(read(store, "b")).toEqual([[-3, 0], [10, 2]]); // prettier-ignore
});

test("starts that are late, too old or not before their row make nothing", async () => {
  const store = await open();
  const { writer, a, b } = openTarget(store);
  writer.append({ time: millis(T0), values: Float64Array.of(5, 6) });
  for (const time of [T0, T0 - 1, T0 + 10, T0 + 11, T0 - 86_400_000]) {
    const starts = [a, b].map((column) => ({ column, time: millis(time) }));
    expect(writer.append({ time: millis(T0 + 10), values: Float64Array.of(1, 1), starts })).toMatchObject({
      appended: 2,
      outOfOrder: 0,
      outOfBounds: 0,
    });
  }
  expect(read(store, "a")).toEqual([[0, 5], [10, 1]]); // prettier-ignore
});

test("a histogram starts as an empty one of its layout", async () => {
  const store = await open();
  const { writer, a } = openTarget(store);
  const histogram = createHistogram({ schema: 2, count: 3, zeroThreshold: 0.01, zeroCount: 3 });
  const values = Float64Array.of(0, 0);
  fillAbsent(bitsOf(values), 0, 2);
  const starts = [{ column: a, time: millis(T0 - 500) }];
  writer.append({ time: millis(T0), values, histograms: new Map([[a, histogram]]), starts });
  const found = read(store, "a");
  expect(found.map(([time]) => time)).toEqual([-500, 0]);
  expect(found[0]![1]).toMatchObject({
    schema: 2,
    zeroThreshold: 0.01,
    count: 0,
    sum: 0,
    positiveBuckets: [],
  });
});

test("exemplars of rows and batches are kept, and outlast a restart", async () => {
  const directory = mkdtempSync(join(tmpdir(), "narthex-rows-"));
  directories.push(directory);
  const store = await open(directory);
  const { writer, a } = openTarget(store);
  const exemplars = [{ ...exemplar(3, 2), column: a }, { ...exemplar(1, 1), column: a }]; // prettier-ignore
  const outcome = writer.append({ time: millis(T0), values: Float64Array.of(5, 6), exemplars });
  expect(outcome.exemplars).toEqual({
    appended: 2,
    repeated: 0,
    outOfOrder: 0,
    invalid: 0,
    reason: undefined,
  });
  const again = writer.append({
    time: millis(T0 + 1),
    values: Float64Array.of(5, 6),
    exemplars: [{ ...exemplar(3, 2), column: a }, { ...exemplar(2, 9), column: a }], // prettier-ignore
  });
  expect(again.exemplars).toMatchObject({
    appended: 0,
    repeated: 1,
    outOfOrder: 1,
    reason: "out of order exemplar",
  });
  const batch = { ...batchOf({ __name__: "c" }, [[T0, 1]]), exemplars: [exemplar(0, 7)] };
  const unknown = { ...batchOf({ __name__: "d" }, []), exemplars: [exemplar(0, 7)] };
  expect((await store.appendBatch([batch, unknown], "all-or-nothing")).exemplars).toMatchObject({
    appended: 1,
  });
  const refused = { ...batchOf({ __name__: "c" }, [[T0, 2]]), exemplars: [exemplar(5, 8)] };
  expect((await store.appendBatch([refused], "all-or-nothing")).exemplars).toBeUndefined();
  const kept = { a: [exemplar(1, 1), exemplar(3, 2)], c: [exemplar(0, 7)] };
  expect(exemplarsOf(store)).toEqual(kept);
  expect(store.stats().exemplars).toMatchObject({ appended: 3, stored: 3, series: 2, storedMax: 10 });
  await store.close();
  const reopened = await open(directory);
  expect(exemplarsOf(reopened)).toEqual(kept);
  reopened.reconfigure({ exemplarsMax: 1 });
  expect(exemplarsOf(reopened)).toEqual({ c: [exemplar(0, 7)] });
  reopened.reconfigure({ exemplarsMax: 0 });
  expect(exemplarsOf(reopened)).toEqual({});
});

test("a store that keeps no exemplars passes them over", async () => {
  const store = await open(undefined, 0);
  const { writer, a } = openTarget(store);
  const exemplars = [{ ...exemplar(1, 1), column: a }];
  const outcome = writer.append({ time: millis(T0), values: Float64Array.of(5, 6), exemplars });
  expect(outcome).toMatchObject({ appended: 2 });
  expect(outcome.exemplars).toBeUndefined();
  expect(exemplarsOf(store)).toEqual({});
});

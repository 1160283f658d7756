import fc from "fast-check";
import { expect, test } from "vitest";
import { ByteWriter, MalformedBytesError } from "../../../../src/base/index.ts";
import {
  columnId,
  createHistogram,
  seriesId,
  type ColumnId,
  type Histogram,
} from "../../../../src/model/index.ts";
import { LateStore, type LateHost } from "../../../../src/tsdb/late/late-store.ts";
import { LateReader } from "../../../../src/tsdb/late/reader.ts";
import { createRun } from "../../../../src/tsdb/query/run.ts";
import { tableId, type TableId } from "../../../../src/tsdb/table/table-id.ts";

/** A head that gives series `s` column `s + 1`. */
function fakeHead(): LateHost & { readonly removed: TableId[] } {
  let tables = 4;
  const removed: TableId[] = [];
  return {
    removed,
    createTable: () => tableId(++tables),
    columnOf: (_, series): ColumnId => columnId(series + 1),
    hasColumn: (_, column) => column < 1000,
    seriesOfColumns: () => Uint32Array.of(3, 0, 1),
    removeTable: (table) => removed.push(table),
  };
}

function floats(series: number, points: readonly (readonly [number, number])[]) {
  return {
    series: seriesId(series),
    times: Float64Array.from(points, ([time]) => time),
    values: Float64Array.from(points, ([, value]) => value),
    histograms: undefined,
  };
}

function read(store: LateStore, series: number, from: number, to: number): [number, number | Histogram][] {
  const found: [number, number | Histogram][] = [];
  const reader = new LateReader(store.shares(from, to) ?? []);
  for (let table = 5; table < 20; table++) {
    if (!reader.has(table)) continue;
    const run = createRun();
    reader.read(table, series + 1, { from, to }, run);
    for (let i = 0; i < run.count; i++) found.push([run.times[i]!, run.histograms?.[i] ?? run.values[i]!]);
  }
  return found;
}

test("samples come back in order, of equal times the first, whatever was looked at meanwhile", () => {
  const sample = fc.tuple(fc.nat(3), fc.nat(20), fc.nat(100));
  fc.assert(
    fc.property(fc.array(fc.array(sample, { maxLength: 30 }), { maxLength: 30 }), (batches) => {
      const store = new LateStore(fakeHead());
      const expected = new Map<number, Map<number, number>>();
      for (const batch of batches) {
        for (const [series, time, value] of batch) {
          store.add([floats(series, [[time, value]])]);
          const points = expected.get(series) ?? new Map<number, number>();
          if (!points.has(time)) points.set(time, value);
          expected.set(series, points);
        }
        read(store, 0, 0, 20);
      }
      for (const [series, points] of expected) {
        const sorted = [...points].toSorted((a, b) => a[0] - b[0]);
        expect(read(store, series, 0, 20)).toEqual(sorted);
        expect(read(store, series, 3, 9)).toEqual(sorted.filter(([time]) => time >= 3 && time <= 9));
      }
    }),
  );
});

test("a hundred thousand samples in random order take some twenty bytes each", () => {
  const store = new LateStore(fakeHead());
  let state = 1;
  for (let i = 0; i < 100_000; i++) {
    state = (state * 48_271) % 2_147_483_647;
    store.add([floats(i % 10, [[state % 3_600_000, i]])]);
  }
  expect(store.bytes).toBeLessThan(25 * 100_000 + 8192 * 20);
  let count = 0;
  for (let series = 0; series < 10; series++) {
    const times = read(store, series, 0, 3_600_000).map(([time]) => time);
    count += times.length;
    expect(times).toEqual([...new Set(times)].toSorted((a, b) => a - b));
  }
  expect(count).toBeGreaterThan(98_000);
});

test("histograms stand among the floats and outlast merging", () => {
  const store = new LateStore(fakeHead());
  const histogram = createHistogram({
    count: 2,
    sum: 1,
    positiveSpans: [{ offset: 0, length: 1 }],
    positiveBuckets: [2],
  });
  const stale = createHistogram({ stale: true, sum: NaN });
  const times = Float64Array.of(9, 3, 6);
  store.add([
    {
      series: seriesId(1),
      times,
      values: Float64Array.of(1, 0, 0),
      histograms: [undefined, histogram, stale],
    },
  ]);
  expect(read(store, 1, 0, 10)).toEqual([
    [3, histogram],
    [6, stale],
    [9, 1],
  ]);
  store.add([floats(1, [[3, 5], [4, 5]])]); // prettier-ignore
  expect(read(store, 1, 0, 10).map(([time]) => time)).toEqual([3, 4, 6, 9]);
  expect(read(store, 1, 3, 3)).toEqual([[3, histogram]]);
});

test("the log brings everything back, and the generation goes on", () => {
  const parts = new Map<string, ByteWriter>();
  const store = new LateStore(fakeHead());
  store.log = {
    side: (part, write) => {
      const out = parts.get(part) ?? new ByteWriter();
      parts.set(part, out);
      write(out);
    },
  };
  store.add([floats(1, [[5, 1], [3, 2]])]); // prettier-ignore
  store.begin();
  store.add([floats(1, [[4, 3]])]);
  store.add([floats(2, [[4, 3]])]);
  expect([...parts.keys()]).toEqual(["late_1", "late_2"]);
  const again = new LateStore(fakeHead());
  again.replay(1, parts.get("late_1")!.copy());
  again.replay(2, parts.get("late_2")!.copy());
  expect(read(again, 1, 0, 10).toSorted((a, b) => a[0] - b[0])).toEqual([[3, 2], [4, 3], [5, 1]]); // prettier-ignore
  again.add([floats(1, [[9, 9]])]);
  expect(again.begin()).toEqual([1, 2]);
  expect(() => again.replay(1, Uint8Array.of(1, 2, 200))).toThrow(MalformedBytesError);
});

test("a generation is written range by range and dropped", () => {
  const head = fakeHead();
  const store = new LateStore(head);
  expect(store.begin()).toEqual([]);
  store.add([floats(1, [[-1, 1], [250, 1], [99, 1], [0, 1]])]); // prettier-ignore
  expect(store.begin()).toEqual([1]);
  expect(store.ranges(1, 100)).toEqual([
    { from: -100, to: 0 },
    { from: 0, to: 100 },
    { from: 200, to: 300 },
  ]);
  store.add([floats(1, [[7, 2]])]);
  const remove = store.drop(1);
  expect(read(store, 1, -1000, 1000)).toEqual([[7, 2]]);
  expect(store.owns(tableId(5))).toBe(true);
  remove();
  expect(store.owns(tableId(5))).toBe(false);
  expect(head.removed).toEqual([tableId(5)]);
  expect(store.overlaps(8, 10)).toBe(false);
  expect(store.overlaps(0, 7)).toBe(true);
  expect(store.ranges(1, 100)).toEqual([]);
  store.drop(1)();
});

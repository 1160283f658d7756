import { describe, expect, test } from "vitest";
import { silentLogger, type Clock } from "../../../src/base/index.ts";
import {
  bitsOf,
  fillAbsent,
  isStaleAt,
  labelsFromRecord,
  labelsToRecord,
  millis,
  setStaleAt,
  type Matcher,
} from "../../../src/model/index.ts";
import { createSeriesSamples, type SeriesBatch, type Store } from "../../../src/storage/index.ts";
import { openStore } from "../../../src/tsdb/index.ts";

const T0 = 1_700_000_000_000;

function clockAt(now: number): Clock {
  return { now: () => now, monotonic: () => 0, after: () => ({ cancel() {} }) };
}

function memoryStore(): Promise<Store> {
  return openStore({
    directory: undefined,
    clock: clockAt(T0 + 3_600_000),
    logger: silentLogger,
    retentionMs: 0,
    retentionBytes: 0,
  });
}

function batchOf(
  labels: Record<string, string>,
  points: readonly (readonly [number, number])[],
): SeriesBatch {
  return {
    labels: labelsFromRecord(labels),
    times: Float64Array.from(points, ([time]) => time),
    values: Float64Array.from(points, ([, value]) => value),
    histograms: [],
  };
}

interface Series {
  labels: Record<string, string>;
  points: [number, string][];
  timeline: number;
}

function dump(store: Store, matchers: Matcher[], from = -(2 ** 50), to = 2 ** 50): Series[] {
  const selection = store.select({ matchers, from: millis(from), to: millis(to) });
  const found: Series[] = [];
  const samples = createSeriesSamples();
  for (let i = 0; i < selection.seriesCount; i++) {
    selection.read(i, samples);
    const bits = bitsOf(samples.values);
    const points: [number, string][] = [];
    for (let k = 0; k < samples.count; k++) {
      const text = isStaleAt(bits, k) ? "stale" : String(samples.values[k]);
      points.push([samples.times[k]! - T0, text]);
    }
    found.push({ labels: labelsToRecord(selection.labels(i)), points, timeline: samples.timeline });
  }
  selection.close();
  return found;
}

describe("rows of a table", () => {
  test("a scraped row is read back, series in order of creation, on one timeline", async () => {
    const store = await memoryStore();
    const table = store.openTable("a");
    table.column(labelsFromRecord({ __name__: "up", job: "a" }));
    table.column(labelsFromRecord({ __name__: "x", job: "a" }));
    for (let k = 0; k < 100; k++) {
      table.append({ time: millis(T0 + k * 15_000), values: Float64Array.of(1, k) });
    }
    const all = dump(store, [{ kind: "=", name: "job", value: "a" }], T0 + 30_000, T0 + 90_000);
    expect(all.map((series) => series.labels["__name__"])).toEqual(["up", "x"]);
    expect(all[1]!.points).toEqual([
      [30_000, "2"],
      [45_000, "3"],
      [60_000, "4"],
      [75_000, "5"],
      [90_000, "6"],
    ]);
    expect(all[0]!.timeline).toBe(all[1]!.timeline);
    expect(all[0]!.timeline).toBeGreaterThanOrEqual(0);
  });

  test("an absent cell leaves a gap and a stale one stays a marker", async () => {
    const store = await memoryStore();
    const table = store.openTable("a");
    table.column(labelsFromRecord({ __name__: "a" }));
    table.column(labelsFromRecord({ __name__: "b" }));
    const values = Float64Array.of(1, 2);
    table.append({ time: millis(T0), values });
    setStaleAt(bitsOf(values), 1);
    table.append({ time: millis(T0 + 1), values });
    fillAbsent(bitsOf(values), 1, 2);
    table.append({ time: millis(T0 + 2), values });
    expect(dump(store, [{ kind: "=", name: "__name__", value: "b" }])).toEqual([
      {
        labels: { __name__: "b" },
        points: [
          [0, "2"],
          [1, "stale"],
        ],
        timeline: -1,
      },
    ]);
  });
});

describe("batches", () => {
  test("samples are refused in Prometheus's words, and one refusal rolls the batch back", async () => {
    const store = await memoryStore();
    await store.appendBatch([batchOf({ __name__: "a" }, [[T0, 1]])], "all-or-nothing");
    const outcome = await store.appendBatch(
      [
        batchOf({ __name__: "b" }, [[T0 + 5, 1]]),
        batchOf({ __name__: "a" }, [[T0 - 1, 1]]),
        batchOf({ __name__: "a" }, [[T0, 2]]),
        batchOf({ __name__: "a" }, [[T0 - 7_200_000, 2]]),
        batchOf({ __name__: "a" }, [[T0 + 4_200_001, 2]]),
      ],
      "all-or-nothing",
    );
    expect(outcome.refusals.map((refusal) => refusal.reason)).toEqual([
      "out of order sample",
      "duplicate sample for timestamp 1700000000000; overrides not allowed: existing 1, new value 2",
      "out of bounds",
      "out of bounds: timestamp is too far in the future",
    ]);
    expect(dump(store, [{ kind: "=", name: "__name__", value: "b" }])).toEqual([]);
  });

  test("what is out of order within one batch is left out without refusal", async () => {
    const store = await memoryStore();
    const outcome = await store.appendBatch(
      [
        batchOf({ __name__: "a" }, [
          [T0, 1],
          [T0 + 2000, 2],
          [T0 + 1000, 3],
        ]),
        batchOf({ __name__: "a" }, [[T0, 4]]),
      ],
      "all-or-nothing",
    );
    expect(outcome).toMatchObject({ appended: 2, outOfOrder: 2, refusals: [] });
    expect(dump(store, [])[0]!.points).toEqual([
      [0, "1"],
      [2000, "2"],
    ]);
  });
});

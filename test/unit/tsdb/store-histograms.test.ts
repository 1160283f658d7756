import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  columnId,
  labelsFromRecord,
  millis,
  setAbsentAt,
  bitsOf,
  type Histogram,
} from "../../../src/model/index.ts";
import { createSeriesSamples, type Row, type Store } from "../../../src/storage/index.ts";
import { HandClock, T0, testStore } from "./model.ts";

function histogram(count: number, stale = false): Histogram {
  return {
    schema: 0,
    resetHint: "unknown",
    count: stale ? 0 : count,
    sum: stale ? 0 : count * 1.5,
    stale,
    zeroThreshold: 0,
    zeroCount: 0,
    positiveSpans: stale ? [] : [{ offset: 0, length: 2 }],
    positiveBuckets: stale ? [] : [count - 1, 1],
    negativeSpans: [],
    negativeBuckets: [],
    customBounds: [],
  };
}

/** Counts of histograms, floats as texts, in order of time. */
function read(store: Store, name: string): (number | string)[] {
  const selection = store.select({
    matchers: [{ kind: "=", name: "__name__", value: name }],
    from: millis(0),
    to: millis(2 * T0),
  });
  const samples = createSeriesSamples();
  const found: (number | string)[] = [];
  for (let i = 0; i < selection.seriesCount; i++) {
    selection.read(i, samples);
    for (let k = 0; k < samples.count; k++) {
      const item = samples.histograms?.[k];
      if (item === undefined) found.push(`float ${samples.values[k]}`);
      else if (samples.values[k] !== 0) throw new Error("a value where a histogram is");
      else found.push(item.stale ? "stale" : item.count);
    }
    if (found.includes("stale") !== samples.hasStale) throw new Error("hasStale is wrong");
  }
  selection.close();
  return found;
}

test("floats and histograms of one series come back in order, from head, log and blocks", async () => {
  const directory = mkdtempSync(join(tmpdir(), "narthex-histograms-"));
  const clock = new HandClock(T0);
  const options = { directory, clock, blockRangeMs: 1_200_000 };
  try {
    let store = await testStore(options);
    const table = store.openTable("t");
    table.column(labelsFromRecord({ __name__: "f" }));
    const h = table.column(labelsFromRecord({ __name__: "h" }))!;
    const expected: (number | string)[] = [];
    for (let i = 0; i < 70; i++) {
      clock.time = T0 + i * 60_000;
      const values = Float64Array.of(i, i);
      const kind = i % 7;
      if (kind === 1) setAbsentAt(bitsOf(values), 1);
      const histograms = kind < 2 ? undefined : new Map([[h, histogram(i, kind === 3)]]);
      if (histograms !== undefined) setAbsentAt(bitsOf(values), 1);
      table.append({ time: millis(clock.time), values, ...(histograms && { histograms }) });
      if (kind === 0) expected.push(`float ${i}`);
      else if (kind > 1) expected.push(kind === 3 ? "stale" : i);
    }
    expect(read(store, "h")).toEqual(expected);
    expect(read(store, "f")).toHaveLength(70);
    await store.close();
    store = await testStore(options);
    expect(read(store, "h")).toEqual(expected);
    await store.maintain();
    expect(store.stats().blocks).toBeGreaterThan(0);
    expect(read(store, "h")).toEqual(expected);
    await store.close();
    store = await testStore(options);
    expect(read(store, "h")).toEqual(expected);
    await store.close();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test("a batch may mix floats and histograms of a series; at one time the float counts", async () => {
  const store = await testStore();
  const labels = labelsFromRecord({ __name__: "h" });
  const outcome = await store.appendBatch(
    [
      {
        labels,
        times: Float64Array.of(T0, T0 + 2),
        values: Float64Array.of(1, 2),
        histograms: [1, 2, 3].map((ms) => ({ time: millis(T0 + ms), histogram: histogram(10 + ms) })),
      },
    ],
    "all-or-nothing",
  );
  expect(outcome).toMatchObject({ appended: 4, outOfOrder: 0, duplicates: 1, refusals: [] });
  expect(read(store, "h")).toEqual(["float 1", 11, "float 2", 13]);
  expect(store.stats().samplesAppended).toEqual({ float: 2, histogram: 2 });
  const again = await store.appendBatch(
    [
      {
        labels,
        times: Float64Array.of(T0 + 3),
        values: Float64Array.of(5),
        histograms: [
          { time: millis(T0 + 3), histogram: histogram(13) },
          { time: millis(T0 + 3), histogram: histogram(14) },
        ],
      },
    ],
    "partial",
  );
  expect(again.refusals.map(({ reason }) => reason)).toEqual([
    `duplicate sample for timestamp ${T0 + 3}; overrides not allowed: existing is a histogram, new value 5`,
    "duplicate sample for timestamp",
  ]);
  expect(again.appended).toBe(1);
});

function row(ms: number): Row {
  const values = new Float64Array(1);
  setAbsentAt(bitsOf(values), 0);
  return { time: millis(T0 + ms), values, histograms: new Map([[columnId(0), histogram(ms)]]) };
}

test("a row's histogram is refused when the series has a newer sample elsewhere", async () => {
  const store = await testStore();
  const table = store.openTable("t");
  const labels = labelsFromRecord({ __name__: "h" });
  expect(table.column(labels)).toBe(columnId(0));
  expect(table.append(row(1)).appended).toBe(1);
  await store.appendBatch(
    [{ labels, times: Float64Array.of(T0 + 5), values: Float64Array.of(5), histograms: [] }],
    "partial",
  );
  expect(table.append(row(4))).toMatchObject({ appended: 0, outOfOrder: 1 });
  expect(table.append(row(6)).appended).toBe(1);
  expect(table.append(row(6)).appended).toBe(1);
  expect(table.append(row(2))).toMatchObject({ appended: 0, outOfOrder: 1 });
  expect(read(store, "h")).toEqual([1, "float 5", 6]);
});

// What a Prometheus gives back for the same samples.
const HINTS: readonly (readonly [given: Partial<Histogram> | number, hint: string])[] = [
  [{ count: 5 }, "unknown"],
  [{ count: 6 }, "not_reset"],
  [{ count: 3 }, "unknown"],
  [{ count: 4 }, "not_reset"],
  [{ count: 7, schema: 1 }, "unknown"],
  [{ count: 8 }, "unknown"],
  [{ stale: true }, "unknown"],
  [{ count: 9 }, "unknown"],
  [1, "float"],
  [{ count: 9 }, "unknown"],
  [{ count: 10 }, "not_reset"],
  [{ count: 11, resetHint: "reset" }, "unknown"],
  [{ count: 12, resetHint: "gauge" }, "gauge"],
  [{ count: 13 }, "unknown"],
  [{ count: 14, resetHint: "not_reset" }, "not_reset"],
  [{ count: 13, resetHint: "not_reset" }, "unknown"],
];

function hintsOf(store: Store): string[] {
  const selection = store.select({ matchers: [], from: millis(0), to: millis(2 * T0) });
  const samples = createSeriesSamples();
  selection.read(0, samples);
  const hints = Array.from(
    { length: samples.count },
    (_, i) => samples.histograms?.[i]?.resetHint ?? "float",
  );
  selection.close();
  return hints;
}

test("reset hints come back as Prometheus makes them, from head, log and blocks", async () => {
  const directory = mkdtempSync(join(tmpdir(), "narthex-hints-"));
  const clock = new HandClock(T0);
  const options = { directory, clock, blockRangeMs: 1_200_000 };
  const expected = HINTS.map(([, hint]) => hint);
  try {
    let store = await testStore(options);
    const table = store.openTable("t");
    const column = table.column(labelsFromRecord({ __name__: "h" }))!;
    for (const [i, [given]] of HINTS.entries()) {
      clock.time = T0 + i * 60_000;
      const values = Float64Array.of(1);
      if (typeof given === "number") {
        table.append({ time: millis(clock.time), values });
        continue;
      }
      setAbsentAt(bitsOf(values), 0);
      const item = { ...histogram(given.count ?? 0, given.stale), positiveBuckets: [given.count ?? 0, 0] };
      const histograms = new Map([[column, { ...item, ...given }]]);
      table.append({ time: millis(clock.time), values, histograms });
    }
    expect(hintsOf(store)).toEqual(expected);
    await store.close();
    store = await testStore(options);
    expect(hintsOf(store)).toEqual(expected);
    const name = await store.snapshot({ skipHead: false });
    await store.close();
    store = await testStore({ ...options, directory: join(directory, "snapshots", name) });
    expect(store.stats().blocks).toBe(1);
    expect(hintsOf(store)).toEqual(expected);
    await store.close();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

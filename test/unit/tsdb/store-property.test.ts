import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import {
  bitsOf,
  labelsFromRecord,
  labelsKey,
  millis,
  setAbsentAt,
  setStaleAt,
  type ColumnId,
  type Labels,
} from "../../../src/model/index.ts";
import type { Store, TableWriter } from "../../../src/storage/index.ts";
import { HandClock, T0, bitText, readAll, testStore } from "./model.ts";

const RANGE_MS = 100_000;
const RUNS = Number(process.env["NARTHEX_PROPERTY_RUNS"] ?? 12);
const directories: string[] = [];

afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

/** Samples as they ought to be: series key → time → bits. */
class Naive {
  readonly series = new Map<string, Map<number, string>>();
  maxTime = -Infinity;
  floor = -Infinity;

  readonly windowMs: number;

  constructor(windowMs: number) {
    this.windowMs = windowMs;
  }

  lowerBound(): number {
    return Math.max(this.floor, this.maxTime - RANGE_MS / 2);
  }

  newest(labels: Labels): number {
    return Math.max(-Infinity, ...(this.series.get(labelsKey(labels))?.keys() ?? []));
  }

  /** From where on samples may come late; Infinity: nowhere. */
  lateBound(): number {
    return this.windowMs === 0 ? Infinity : this.maxTime - this.windowMs;
  }

  /** The first one counts. */
  put(labels: Labels, time: number, bits: string): void {
    const key = labelsKey(labels);
    const points = this.series.get(key) ?? new Map<number, string>();
    if (!points.has(time)) points.set(time, bits);
    this.series.set(key, points);
  }
}

type Value = number | "stale" | "absent" | "nan";

type Step =
  | { kind: "row"; table: number; dt: number; values: Value[] }
  | { kind: "batch"; items: { series: number; offset: number; dts: number[]; values: Value[] }[] }
  | { kind: "restart" }
  | { kind: "reopen"; table: number }
  | { kind: "delete"; series: number; from: number; length: number }
  | { kind: "maintain" };

const value: fc.Arbitrary<Value> = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -5, max: 500 }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 9999 }).map((n) => n / 100) },
  { weight: 2, arbitrary: fc.double() },
  { weight: 1, arbitrary: fc.constantFrom<Value>("stale", "absent", "nan", -0, Infinity, 2 ** 53) },
);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant("row" as const),
      table: fc.nat(2),
      dt: fc.integer({ min: -50, max: 5000 }),
      values: fc.array(value, { minLength: 1, maxLength: 70, size: "max" }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("batch" as const),
      items: fc.array(
        fc.record({
          series: fc.nat(9),
          offset: fc.constantFrom(0, 0, 0, 0, 7, -3000, -40_000, -250_000),
          dts: fc.array(fc.constantFrom(1000, 1000, 1000, 2000, 1, 0, -10), {
            minLength: 1,
            maxLength: 40,
            size: "max",
          }),
          values: fc.array(value, { minLength: 40, maxLength: 40 }),
        }),
        { minLength: 1, maxLength: 8 },
      ),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("restart" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("reopen" as const), table: fc.nat(2) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("delete" as const),
      series: fc.nat(9),
      from: fc.integer({ min: -20_000, max: 100 }),
      length: fc.nat(30_000),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("maintain" as const) }) },
);

function writeValue(bits: Uint32Array, values: Float64Array, at: number, what: Value): void {
  if (what === "stale") setStaleAt(bits, at);
  else if (what === "absent") setAbsentAt(bits, at);
  else if (what === "nan") {
    bits[2 * at] = 7;
    bits[2 * at + 1] = 0x7ff00001;
  } else values[at] = what;
}

// Series 0 … 4 also stand in the tables, so that some have columns in several.
function batchLabels(series: number): Labels {
  return series < 5
    ? labelsFromRecord({ __name__: `t${series % 3}_${series}`, job: "x" })
    : labelsFromRecord({ __name__: `b${series}`, job: "b", instance: `i${series % 2}` });
}

function columnLabels(table: number, column: number): Labels {
  return labelsFromRecord({ __name__: `t${table}_${column}`, job: "x" });
}

class Run {
  readonly clock = new HandClock(T0);
  readonly naive: Naive;
  readonly directory: string | undefined;
  store!: Store;
  writers: TableWriter[] = [];
  columns: ColumnId[][] = [];

  constructor(onDisk: boolean, windowMs: number) {
    this.naive = new Naive(windowMs);
    if (!onDisk) return;
    this.directory = mkdtempSync(join(tmpdir(), "narthex-store-"));
    directories.push(this.directory);
  }

  async open(): Promise<void> {
    this.store = await testStore({
      directory: this.directory,
      clock: this.clock,
      blockRangeMs: RANGE_MS,
      tuning: { outOfOrderWindowMs: this.naive.windowMs },
    });
    this.writers = [0, 1, 2].map((table) => this.store.openTable(`table ${table}`));
    this.columns = [[], [], []];
  }

  async do(step: Step): Promise<void> {
    switch (step.kind) {
      case "row":
        this.row(step);
        break;
      case "batch":
        await this.batch(step.items);
        break;
      case "restart":
        if (this.directory === undefined) break;
        await this.store.close();
        await this.open();
        break;
      case "reopen":
        this.writers[step.table]!.close();
        this.writers[step.table] = this.store.openTable(`table ${step.table}`);
        this.columns[step.table] = [];
        break;
      case "delete":
        // With a window, what comes to a deleted range later may be seen or not.
        if (this.naive.windowMs === 0) await this.delete(step);
        break;
      case "maintain":
        await this.store.maintain();
        break;
    }
  }

  row({ table, dt, values: wanted }: Extract<Step, { kind: "row" }>): void {
    this.clock.advance(Math.max(0, dt));
    const time = this.clock.time + Math.min(0, dt);
    const writer = this.writers[table]!;
    const columns = this.columns[table]!;
    for (let c = columns.length; c < wanted.length; c++) columns.push(writer.column(columnLabels(table, c))!);
    const values = new Float64Array(writer.columnCount);
    const bits = bitsOf(values);
    for (let c = 0; c < values.length; c++) setAbsentAt(bits, c);
    wanted.forEach((what, i) => writeValue(bits, values, columns[i]!, what));
    const expected = { appended: 0, refused: 0 };
    const low = this.naive.lowerBound();
    const lateLow = this.naive.lateBound();
    const taken: [Labels, string][] = [];
    wanted.forEach((what, i) => {
      if (what === "absent") return;
      const labels = columnLabels(table, i);
      const text = bitText(bits, columns[i]!);
      const there = this.naive.series.get(labelsKey(labels))?.get(time);
      if (time >= low && time > this.naive.newest(labels)) taken.push([labels, text]);
      else if (time >= low && time === this.naive.newest(labels)) {
        if (there === text) expected.appended++;
        else expected.refused++;
      } else if (time >= lateLow) taken.push([labels, text]);
      else expected.refused++;
    });
    for (const [labels, text] of taken) this.naive.put(labels, time, text);
    expected.appended += taken.length;
    if (taken.length > 0) this.naive.maxTime = Math.max(this.naive.maxTime, time);
    const outcome = writer.append({ time: millis(time), values });
    expect({
      appended: outcome.appended,
      refused: outcome.outOfOrder + outcome.duplicates + outcome.outOfBounds + outcome.tooOld,
    }).toEqual(expected);
  }

  async batch(items: Extract<Step, { kind: "batch" }>["items"]): Promise<void> {
    this.clock.advance(1000);
    const low = this.naive.lowerBound();
    const lateLow = this.naive.lateBound();
    const committed = new Map<string, number>();
    const batch = items.map((item) => {
      const labels = batchLabels(item.series);
      const times = new Float64Array(item.dts.length);
      const values = new Float64Array(item.dts.length);
      let time = this.clock.time + item.offset;
      item.dts.forEach((dt, i) => {
        times[i] = time += dt;
        writeValue(bitsOf(values), values, i, item.values[i]!);
      });
      committed.set(labelsKey(labels), this.naive.newest(labels));
      return { labels, times, values, histograms: [] };
    });
    for (const { labels, times, values } of batch) {
      const bits = bitsOf(values);
      for (let i = 0; i < times.length; i++) {
        const time = times[i]!;
        if (time > this.clock.time + 600_000) continue;
        const isFresh =
          time >= low && time > committed.get(labelsKey(labels))! && time > this.naive.newest(labels);
        const isNewest = time >= low && time === committed.get(labelsKey(labels))!;
        if (isNewest || (!isFresh && time < lateLow)) continue;
        const text = bitText(bits, i);
        // The pattern that stands for "no sample" comes back as the ordinary NaN.
        this.naive.put(labels, time, text === "7ff000006e617274" ? "7ff8000000000001" : text);
        this.naive.maxTime = Math.max(this.naive.maxTime, time);
      }
    }
    const acknowledged = this.store.appendBatch(batch, "partial");
    await acknowledged;
  }

  async delete({ series, from, length }: Extract<Step, { kind: "delete" }>): Promise<void> {
    const labels = batchLabels(series);
    const first = this.clock.time + from;
    const points = this.naive.series.get(labelsKey(labels));
    for (const time of points?.keys() ?? []) {
      // The newest sample still counts in order checks, so the model keeps it.
      if (time >= first && time <= first + length && points!.get(time) !== undefined) {
        points!.set(time, "deleted");
      }
    }
    await this.store.deleteSeries(
      [[{ kind: "=", name: "__name__", value: labels[1]! }]],
      millis(first),
      millis(first + length),
    );
  }

  check(from?: number, to?: number): void {
    const found = new Map<string, readonly (readonly [number, string])[]>();
    for (const { labels, points } of readAll(this.store, [], from, to)) {
      if (points.length > 0) found.set(labelsKey(labels), points);
    }
    const expected = new Map<string, readonly (readonly [number, string])[]>();
    for (const [key, points] of this.naive.series) {
      const sorted = [...points]
        .filter(
          ([time, bits]) => time >= (from ?? -Infinity) && time <= (to ?? Infinity) && bits !== "deleted",
        )
        .toSorted((a, b) => a[0] - b[0]);
      if (sorted.length > 0) expected.set(key, sorted);
    }
    expect(found).toEqual(expected);
  }
}

for (const [name, onDisk, windowMs] of [
  ["in memory", false, 0],
  ["in memory, late samples included", false, 30_000],
  ["on disk, restarts and flushes included", true, 0],
  ["on disk, restarts, flushes and late samples included", true, 30_000],
  ["on disk, with a window beyond the blocks", true, 10 * RANGE_MS],
] as const) {
  test(`what is read is what was taken, ${name}`, async () => {
    expect.hasAssertions();
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 80, size: "max" }),
        fc.nat(),
        async (steps, seed) => {
          const run = new Run(onDisk, windowMs);
          await run.open();
          for (const one of steps) {
            await run.do(one);
            // A block that was cut fixes the lower bound even when the newest samples are deleted later.
            run.naive.floor = Math.max(run.naive.floor, floorOf(run));
          }
          run.check();
          const middle = run.clock.time - (seed % 60_000);
          run.check(middle - 20_000, middle);
          await run.store.close();
          if (!onDisk) return;
          await run.open();
          run.check();
          await run.store.close();
        },
      ),
      { numRuns: onDisk ? RUNS : 5 * RUNS },
    );
  }, 600_000);
}

function floorOf(run: Run): number {
  const { headMinTime, blocks } = run.store.stats();
  return blocks > 0 && headMinTime < 2 ** 60 ? Math.floor(headMinTime / RANGE_MS) * RANGE_MS : -Infinity;
}

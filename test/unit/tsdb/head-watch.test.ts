import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { silentLogger, type Logger } from "../../../src/base/index.ts";
import {
  bitsOf,
  fillAbsent,
  labelsFromRecord,
  labelValue,
  millis,
  setStaleAt,
  type ColumnId,
} from "../../../src/model/index.ts";
import type { Store, TableWriter } from "../../../src/storage/index.ts";
import { batchOf, HandClock, readAll, T0, testStore, type ReadSeries } from "./model.ts";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "narthex-limits-"));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

interface LogLine {
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A logger that keeps what it is told of limits. */
function keepingLogger(lines: LogLine[]): Logger {
  const keep = (message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
    if (message.includes("limit")) lines.push({ message, fields });
  };
  return { ...silentLogger, info: keep, warn: keep };
}

/** A target: writes a row of its columns, 1 for each series that the store takes. */
class Target {
  readonly #store: Store;
  readonly #key: string;
  #writer: TableWriter;
  #live = new Map<string, ColumnId>();

  constructor(store: Store, key: string) {
    this.#store = store;
    this.#key = key;
    this.#writer = store.openTable(key);
  }

  /** Writes samples of `names`, and markers for what went. Returns how many series the store did not take. */
  scrape(time: number, names: readonly string[]): number {
    let refused = 0;
    const live = new Map<string, ColumnId>();
    for (const name of names) {
      const labels = labelsFromRecord({ __name__: "m", id: name, job: this.#key });
      const column = this.#live.get(name) ?? this.#writer.column(labels);
      if (column === undefined) refused++;
      else live.set(name, column);
    }
    const values = new Float64Array(this.#writer.columnCount);
    const bits = bitsOf(values);
    fillAbsent(bits, 0, values.length);
    for (const [name, column] of this.#live) if (!live.has(name)) setStaleAt(bits, column);
    for (const column of live.values()) values[column] = 1;
    this.#writer.append({ time: millis(time), values });
    this.#live = live;
    return refused;
  }

  /** Lets go of the columns of what went. */
  reopen(): void {
    this.#writer.close();
    this.#writer = this.#store.openTable(this.#key);
    this.#live = new Map();
  }
}

function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}_${i}`);
}

interface IdSeries {
  readonly id: string;
  readonly points: ReadSeries["points"];
}

function seriesOf(store: Store, job: string): IdSeries[] {
  return readAll(store, [{ kind: "=", name: "job", value: job }]).map(({ labels, points }) => ({
    id: labelValue(labels, "id"),
    points,
  }));
}

function countPoints(store: Store, job: string): number {
  return seriesOf(store, job).reduce((sum, { points }) => sum + points.length, 0);
}

describe("a target that makes new series without end", () => {
  test("is refused at the limit, while the others lose nothing and may make a few", async () => {
    const clock = new HandClock(T0);
    const lines: LogLine[] = [];
    const store = await testStore({ clock, logger: keepingLogger(lines), headBytesMax: 4 * 2 ** 20 });
    const good = names("x", 10).map((name) => new Target(store, name));
    const bad = new Target(store, "bad");
    let refused = 0;
    for (let scrape = 0; scrape < 40; scrape++) {
      clock.advance(15_000);
      for (const target of good) expect(target.scrape(clock.now(), names("s", 20 + scrape))).toBe(0);
      refused += bad.scrape(clock.now(), names(`scrape_${scrape}`, 2000));
      expect(store.stats().budget!.bytes).toBeLessThan(1.1 * 4 * 2 ** 20);
    }
    expect(refused).toBeGreaterThan(40_000);
    expect(countPoints(store, "x_3")).toBe(40 * 20 + (39 * 40) / 2);
    const { budget } = store.stats();
    expect(budget).toMatchObject({ pressure: "full", seriesRefused: refused });
    expect(budget!.worstSources[0]!.name).toBe("bad");
    expect(lines.map(({ message }) => message)).toEqual([
      "head is near its limit: blocks are cut early",
      "head is at its limit: who made the most new series lately makes no more",
    ]);
    expect(lines[1]!.fields["new_series_by_source"]).toMatch(/^bad: \d+; /);
    expect(lines[1]!.fields["storage.head.memory-limit"]).toBe(4 * 2 ** 20);
    await store.close();
  });

  test("may make series again once blocks have taken over the old ones", async () => {
    const clock = new HandClock(T0);
    const lines: LogLine[] = [];
    const logger = keepingLogger(lines);
    const store = await testStore({ directory, clock, logger, headSeriesMax: 15_000 });
    const bad = new Target(store, "bad");
    let refused = 0;
    for (let scrape = 0; scrape < 10; scrape++) {
      clock.advance(MINUTE_MS);
      refused += bad.scrape(clock.now(), ["alone", ...names(`scrape_${scrape}`, 2000)]);
    }
    expect(refused).toBeGreaterThan(0);
    const before = countPoints(store, "bad");
    bad.reopen();
    for (let minute = 0; minute < 100; minute++) {
      clock.advance(MINUTE_MS);
      bad.scrape(clock.now(), ["alone"]);
    }
    await store.maintain();
    expect(store.stats()).toMatchObject({ blocks: 1, budget: { pressure: "normal" } });
    expect(lines.at(-1)!.message).toBe("head is within its limit again");
    expect(bad.scrape(clock.now() + 1, names("later", 1000))).toBe(0);
    expect(countPoints(store, "bad")).toBe(before + 100 + 1000 + 1);
    await store.close();
  });
});

describe("a limit on series", () => {
  test("is not exceeded; a batch keeps its known series and names those that are refused", async () => {
    const store = await testStore({ headSeriesMax: 3000 });
    const labels = names("s", 4000).map((id) => ({ __name__: "m", id, job: "sender" }));
    const first = labels.map((one) => batchOf(one, [[T0, 1]]));
    const outcome = await store.appendBatch(first, "all-or-nothing");
    expect(outcome.appended + outcome.refusals.length).toBe(4000);
    expect(outcome.refusals[0]).toMatchObject({ time: T0 });
    expect(outcome.refusals[0]!.reason).toMatch(/takes no new series .*--storage\.head\.max-series/);
    expect(store.stats().headSeries).toBe(outcome.appended);
    expect(outcome.appended).toBeLessThanOrEqual(3000);
    const second = labels.map((one) => batchOf(one, [[T0 + 1000, 2]]));
    const again = await store.appendBatch(second, "all-or-nothing");
    expect(again.appended).toBe(outcome.appended);
    expect(countPoints(store, "sender")).toBe(2 * outcome.appended);
    const { budget } = store.stats();
    expect(budget).toMatchObject({ seriesMax: 3000, seriesRefused: 2 * outcome.refusals.length });
    await store.close();
  });

  test("does not let a batch with a sample out of order in", async () => {
    const store = await testStore({ headSeriesMax: 2 });
    await store.appendBatch(
      [batchOf({ __name__: "a" }, [[T0, 1]]), batchOf({ __name__: "b" }, [[T0, 1]])],
      "partial",
    );
    const mixed = [
      batchOf({ __name__: "a" }, [[T0 - 1000, 1]]),
      batchOf({ __name__: "b" }, [[T0 + 1000, 1]]),
    ];
    const outcome = await store.appendBatch(
      [...mixed, batchOf({ __name__: "c" }, [[T0, 1]])],
      "all-or-nothing",
    );
    expect(outcome.refusals.map(({ reason }) => reason)).toEqual(["out of order sample"]);
    expect(outcome.appended).toBe(0);
    await store.close();
  });
});

/** Notes how many samples each series of a target has; none may have fewer than before. */
function count(store: Store, job: string, counts: Map<string, number>): void {
  for (const { id, points } of seriesOf(store, job)) {
    expect(points.length).toBeGreaterThanOrEqual(counts.get(`${job} ${id}`) ?? 0);
    counts.set(`${job} ${id}`, points.length);
  }
}

test("known series never lose a sample, whatever the limit refuses", async () => {
  const step = fc.record({
    target: fc.nat(3),
    from: fc.nat(400),
    asked: fc.nat(60),
    minutes: fc.integer({ min: 1, max: 40 }),
    next: fc.constantFrom("nothing", "late", "maintain", "reopen", "restart"),
  });
  const limits = fc.record({
    headSeriesMax: fc.integer({ min: 1, max: 300 }),
    headBytesMax: fc.integer({ min: 20_000, max: 200_000 }),
    tuning: fc.constantFrom({}, { outOfOrderWindowMs: 3 * HOUR_MS }),
  });
  await fc.assert(
    fc.asyncProperty(limits, fc.array(step, { minLength: 10, maxLength: 60 }), async (options, steps) => {
      const path = mkdtempSync(join(directory, "run-"));
      const clock = new HandClock(T0);
      let store = await testStore({ directory: path, clock, ...options });
      const open = (): Target[] => names("t", 4).map((key) => new Target(store, key));
      let targets = open();
      const counts = new Map<string, number>(); // Samples by target and series.
      for (const { target, from, asked, minutes, next } of steps) {
        clock.advance(minutes * MINUTE_MS);
        const job = `t_${target}`;
        const known = new Map(seriesOf(store, job).map(({ id, points }) => [id, points.at(-1)![0]]));
        targets[target]!.scrape(
          clock.now(),
          Array.from({ length: asked }, (_, i) => String(from + i)),
        );
        count(store, job, counts);
        for (const { id, points } of seriesOf(store, job)) {
          // The head knows a series for an hour at least.
          const isAsked = Number(id) >= from && Number(id) < from + asked;
          const isKnown = isAsked && known.get(id)! > clock.now() - HOUR_MS;
          expect(!isKnown || points.at(-1)![0] === clock.now()).toBe(true);
        }
        if (next === "late") {
          const late = seriesOf(store, job).map(({ id }) => id);
          const ages = [20, 55, 95, 170].map((age) => clock.now() - age * MINUTE_MS + 7);
          const items = late.map((id) =>
            batchOf(
              { __name__: "m", id, job },
              ages.map((time) => [time, 2]),
            ),
          );
          await store.appendBatch(items, "partial");
          count(store, job, counts);
        }
        if (next === "maintain") await store.maintain();
        if (next === "reopen") targets[target]!.reopen();
        if (next === "restart") {
          await store.close();
          store = await testStore({ directory: path, clock, ...options });
          targets = open();
        }
      }
      for (const job of names("t", 4)) {
        for (const { id, points } of seriesOf(store, job)) {
          expect(points).toHaveLength(counts.get(`${job} ${id}`)!);
          counts.delete(`${job} ${id}`);
        }
      }
      expect(counts.size).toBe(0);
      await store.close();
    }),
    { numRuns: 20 },
  );
});

async function withStale(threshold: number): Promise<Store> {
  const clock = new HandClock(T0);
  const store = await testStore({ directory, clock, tuning: { staleSeriesThreshold: threshold } });
  const target = new Target(store, "a");
  target.scrape(clock.now(), names("gone", 60));
  for (let scrape = 0; scrape < 240; scrape++) {
    clock.advance(20_000);
    target.scrape(clock.now(), names("stays", 40));
  }
  target.reopen();
  await store.maintain();
  return store;
}

describe("stale series", () => {
  test("are counted", async () => {
    const store = await withStale(0);
    expect(store.stats()).toMatchObject({ staleSeries: 60, headSeries: 100, blocks: 0 });
    await store.close();
  });

  test("leave the head early when there are many, and can be read as before", async () => {
    const store = await withStale(0.5);
    const points = countPoints(store, "a");
    expect(points).toBe(60 + 60 + 240 * 40);
    await store.maintain();
    expect(store.stats()).toMatchObject({ headSeries: 40, blocks: 1 });
    expect(countPoints(store, "a")).toBe(points);
    await store.maintain();
    expect(store.stats()).toMatchObject({ staleSeries: 0, blocks: 1 });
    await store.close();
  });

  test("stay while they are fewer than the threshold, which may change", async () => {
    const store = await withStale(0.7);
    await store.maintain();
    expect(store.stats()).toMatchObject({ headSeries: 100, blocks: 0 });
    store.reconfigure({ staleSeriesThreshold: 0.6 });
    await store.maintain();
    expect(store.stats()).toMatchObject({ headSeries: 40, blocks: 1 });
    await store.close();
  });
});

test("blocks that are cut early follow each other, and merge as others do", async () => {
  const clock = new HandClock(Math.ceil(T0 / (6 * HOUR_MS)) * 6 * HOUR_MS);
  const started = clock.now();
  let store = await testStore({ directory, clock, headSeriesMax: 120 });
  let target = new Target(store, "a");
  let spanMs = 0;
  let early = 0;
  for (let minute = 1; minute <= 14 * 60; minute++) {
    clock.advance(MINUTE_MS);
    target.scrape(clock.now(), names("s", 100));
    if (minute % 10 === 0) {
      await store.maintain();
      const { headMinTime, headMaxTime } = store.stats();
      spanMs = Math.max(spanMs, headMaxTime - headMinTime);
      early = Math.max(early, store.blocks().length);
    }
    if (minute % 300 === 0) {
      await store.close();
      store = await testStore({ directory, clock, headSeriesMax: 120 });
      target = new Target(store, "a");
    }
  }
  expect(store.stats().budget!.pressure).toBe("pressed");
  expect(spanMs).toBeLessThanOrEqual(80 * MINUTE_MS);
  const blocks = store.blocks();
  expect(early).toBeGreaterThan(20);
  for (let i = 1; i < blocks.length; i++) expect(blocks[i]!.from).toBe(blocks[i - 1]!.to);
  expect(blocks[0]).toMatchObject({ to: started + 6 * HOUR_MS, samples: { float: 359 * 100 } });
  expect(countPoints(store, "a")).toBe(14 * 60 * 100);
  await store.close();
}, 60_000);

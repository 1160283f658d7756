import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import {
  bitsOf,
  createHistogram,
  labelsFromRecord,
  millis,
  setAbsentAt,
  setStaleAt,
  type ColumnId,
  type Histogram,
} from "../../../../src/model/index.ts";
import type { SeriesBatch, Store, StoreSharing } from "../../../../src/storage/index.ts";
import { HandClock, T0, testStore } from "../model.ts";
import { readAll } from "./read-all.ts";

const COLUMNS = 70;
const STEP_MS = 10_000;
const RANGE_MS = 600_000;

let state = 7;
function random(below: number): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
}

function histogramOf(count: number): Histogram {
  return createHistogram({
    count,
    sum: count / 3,
    positiveSpans: [{ offset: 0, length: 2 }],
    positiveBuckets: [count, 2],
  });
}

/** Appends whatever a store takes: rows, rows filled by several batches, histograms, late samples. */
class Feeder {
  readonly #store: Store;
  #row = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  get time(): number {
    return T0 + this.#row * STEP_MS;
  }

  /** `look` is called in the middle of it, when some cells of the newest row are still absent. */
  async step(look: () => void): Promise<void> {
    this.#row++;
    for (let target = 0; target < 3; target++) this.#scrape(target);
    // Several senders fill the same row one after the other, under the eyes of readers.
    for (let part = 0; part < 4; part++) {
      await this.#store.appendBatch([this.#pushed(part)], "partial");
      if (part === 1) look();
    }
    if (this.#row % 5 === 0) {
      const times = Float64Array.of(this.time - 3 * STEP_MS - 1);
      const batch = { ...this.#pushed(random(4)), times, values: Float64Array.of(this.#row) };
      await this.#store.appendBatch([batch], "partial");
    }
  }

  #scrape(target: number): void {
    // Targets come and go, and so do columns.
    const table = this.#store.openTable(`target ${target} ${Math.floor(this.#row / 100)}`);
    const columns: ColumnId[] = [];
    for (let c = 0; c < COLUMNS; c++) {
      const generation = c % 7 === 0 ? Math.floor(this.#row / 90) : 0;
      const record = { __name__: `m${c % 9}`, c: `${c}`, target: `${target}`, generation: `${generation}` };
      columns.push(table.column(labelsFromRecord(record))!);
    }
    const values = new Float64Array(table.columnCount);
    const bits = bitsOf(values);
    for (let i = 0; i < values.length; i++) setAbsentAt(bits, i);
    columns.forEach((column, c) => {
      if (random(20) > 0) values[column] = c % 3 === 0 ? 7 : this.#row * c + random(5);
      if (random(50) === 0) setStaleAt(bits, column);
    });
    setAbsentAt(bits, columns[1]!);
    const histograms = new Map([[columns[1]!, histogramOf(this.#row)]]);
    table.append({ time: millis(this.time + target), values, histograms });
    if (this.#row % 100 === 99) table.close();
  }

  #pushed(part: number): SeriesBatch {
    return {
      labels: labelsFromRecord({ __name__: "pushed", job: "j", instance: "i", part: `${part}` }),
      times: Float64Array.of(this.time),
      values: Float64Array.of(this.#row * 10 + part),
      histograms: [],
    };
  }
}

/** Asks the thread what it reads in selections that are made now. */
class Reader {
  readonly #store: Store;
  readonly #worker = new Worker(new URL("./reader-entry.ts", import.meta.url));
  readonly #sharing: StoreSharing;
  readonly #waiting = new Map<number, (answers: readonly string[]) => void>();
  #asked = 0;

  constructor(store: Store) {
    this.#store = store;
    this.#sharing = store.shareWith!();
    this.#worker.on("message", ({ id, answers }: { id: number; answers: readonly string[] }) => {
      this.#waiting.get(id)!(answers);
    });
  }

  /** Resolves when the thread has read what a selection of this moment says. */
  async check(
    matcher: { readonly name: string; readonly value: string },
    spanMs: number,
    now: number,
  ): Promise<void> {
    const matchers = [{ kind: "=~" as const, ...matcher }];
    const selection = this.#store.select({ matchers, from: millis(now - spanMs), to: millis(now) });
    const expected = JSON.stringify(readAll(selection));
    const id = this.#asked++;
    const answered = new Promise<readonly string[]>((resolve) => this.#waiting.set(id, resolve));
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    this.#worker.postMessage({ id, update: this.#sharing.next(), description: selection.describe!() });
    const answers = await answered;
    // What was read first in this thread, before anything else happened, is what it still says now.
    expect(answers).toEqual([expected]);
    expect(JSON.stringify(readAll(selection))).toBe(expected);
    selection.close();
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}

test("another thread reads what was there when a selection began, whatever the head does meanwhile", async () => {
  const directory = mkdtempSync(join(tmpdir(), "narthex-selections-"));
  const clock = new HandClock(T0);
  const tuning = { outOfOrderWindowMs: 200_000 };
  const store = await testStore({ directory, clock, blockRangeMs: RANGE_MS, tuning });
  const feeder = new Feeder(store);
  const reader = new Reader(store);
  try {
    let checks: Promise<void>[] = [];
    for (let round = 0; round < 60; round++) {
      for (let k = 0; k < 8; k++) {
        await feeder.step(() => {
          if (k % 3 !== 0) return;
          const matcher = { name: "__name__", value: k === 0 ? ".+" : `m${random(9)}|pushed` };
          checks.push(reader.check(matcher, random(3 * RANGE_MS), feeder.time));
        });
        clock.advance(STEP_MS);
      }
      if (round % 6 === 0) void store.maintain();
      if (round % 2 === 1) {
        await Promise.all(checks);
        checks = [];
      }
    }
    await Promise.all(checks);
    expect(store.stats().blocks).toBeGreaterThan(2);
  } finally {
    await reader.close();
    await store.close();
    rmSync(directory, { recursive: true });
  }
}, 60_000);

import { silentLogger, type Clock, type Logger } from "../../../src/base/index.ts";
import {
  bitsOf,
  labelsFromRecord,
  labelsKey,
  millis,
  type Labels,
  type Matcher,
} from "../../../src/model/index.ts";
import { createSeriesSamples, type SeriesBatch, type Store } from "../../../src/storage/index.ts";
import { openStore, type StoreOptions } from "../../../src/tsdb/index.ts";

export const T0 = 1_700_000_000_000;

/** A clock that stands still until it is moved; timers run when it passes them. */
export class HandClock implements Clock {
  time: number;
  #timers: { at: number; run: () => void }[] = [];

  constructor(time: number) {
    this.time = time;
  }

  now(): number {
    return this.time;
  }

  monotonic(): number {
    return this.time;
  }

  after(delayMs: number, run: () => void): { cancel(): void } {
    const timer = { at: this.time + delayMs, run };
    this.#timers.push(timer);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
  }

  advance(ms: number): void {
    this.time += ms;
    const due = this.#timers.filter((timer) => timer.at <= this.time);
    this.#timers = this.#timers.filter((timer) => timer.at > this.time);
    for (const timer of due) timer.run();
  }
}

export function testStore(
  options: Partial<StoreOptions> & { clock?: Clock; logger?: Logger } = {},
): Promise<Store> {
  return openStore({
    directory: undefined,
    clock: new HandClock(T0 + 3_600_000),
    logger: silentLogger,
    retentionMs: 0,
    retentionBytes: 0,
    // A thread a store would make the tests slow; those of the worker have one.
    hasWorker: false,
    ...options,
  });
}

export function batchOf(
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

function hex(word: number): string {
  return word.toString(16).padStart(8, "0");
}

/** Bits of a value as text, so that NaNs can be compared. */
export function bitText(bits: Uint32Array, index: number): string {
  return hex(bits[2 * index + 1]!) + hex(bits[2 * index]!);
}

export interface ReadSeries {
  readonly labels: Labels;
  readonly points: readonly (readonly [time: number, bits: string])[];
  readonly timeline: number;
  readonly histograms: number;
}

/** Everything a select gives, checked for what holds of every answer. */
export function readAll(
  store: Store,
  matchers: readonly Matcher[] = [],
  from: number = -(2 ** 52),
  to: number = 2 ** 52,
): ReadSeries[] {
  const selection = store.select({ matchers, from: millis(from), to: millis(to) });
  const found: ReadSeries[] = [];
  const keys = new Set<string>();
  const timelines = new Map<number, string>();
  for (let i = 0; i < selection.seriesCount; i++) {
    const samples = createSeriesSamples();
    selection.read(i, samples);
    const bits = bitsOf(samples.values);
    const points: [number, string][] = [];
    let histograms = 0;
    for (let k = 0; k < samples.count; k++) {
      points.push([samples.times[k]!, bitText(bits, k)]);
      if (samples.histograms?.[k] !== undefined) histograms++;
      if (k > 0 && !(samples.times[k]! > samples.times[k - 1]!)) throw new Error("times do not ascend");
    }
    const labels = selection.labels(i);
    if (keys.has(labelsKey(labels))) throw new Error("a label set stands twice");
    keys.add(labelsKey(labels));
    const times = points.map(([time]) => time).join();
    if (samples.timeline >= 0 && samples.count > 0) {
      if ((timelines.get(samples.timeline) ?? times) !== times)
        throw new Error("one timeline, two columns of times");
      timelines.set(samples.timeline, times);
    }
    found.push({ labels, points, timeline: samples.timeline, histograms });
  }
  selection.close();
  return found;
}

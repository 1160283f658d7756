// From samples in the order of time or of a file to blocks, in bounded memory: a first pass counts how many fall into
// each slot of time, and then as many blocks are collected at once as there is room for.

import type { BlockInput } from "./block-input.ts";
import { Collector, type Window } from "./collector.ts";
import type { LabelSets } from "./label-sets.ts";
import type { TimeRange } from "./sample-buffer.ts";

/** Samples collected at once unless told otherwise; 24 bytes each. */
export const SAMPLES_MAX: number = 2 ** 24;

/** How many samples fall into each slot of time. */
export class SlotCounts {
  readonly slotMs: number;
  minTime: number = Infinity; // Millis.
  maxTime: number = -Infinity;
  samples = 0;
  readonly #counts = new Map<number, number>(); // By start of the slot / slotMs.
  // The slot added to last, which is not in the map yet: samples mostly stay in one for a while.
  #slot = 0;
  #count = 0;

  constructor(slotMs: number) {
    this.slotMs = slotMs;
  }

  add(time: number): void {
    const slot = Math.floor(time / this.slotMs);
    if (slot !== this.#slot) {
      this.#flush();
      this.#slot = slot;
    }
    this.#count++;
    this.samples++;
    if (time < this.minTime) this.minTime = time;
    if (time > this.maxTime) this.maxTime = time;
  }

  #flush(): void {
    if (this.#count > 0) this.#counts.set(this.#slot, (this.#counts.get(this.#slot) ?? 0) + this.#count);
    this.#count = 0;
  }

  /** Slots with samples, ascending: start in ms and how many. */
  slots(): { readonly from: number; readonly count: number }[] {
    this.#flush();
    return Array.from(this.#counts, ([slot, count]) => ({ from: slot * this.slotMs, count })).toSorted(
      (a, b) => a.from - b.from,
    );
  }
}

/** A window with the number of its samples. */
export interface CountedWindow extends Window {
  readonly count: number;
}

/**
 * Windows aligned to `blockMs`, a multiple of the slots, cut further where one would hold more than `samplesMax`.
 */
export function planWindows(counts: SlotCounts, blockMs: number, samplesMax: number): CountedWindow[] {
  const windows: { from: number; count: number }[] = [];
  for (const { from, count } of counts.slots()) {
    const last = windows.at(-1);
    const isSameBlock = last !== undefined && Math.floor(last.from / blockMs) === Math.floor(from / blockMs);
    if (isSameBlock && last.count + count <= samplesMax) last.count += count;
    else windows.push({ from, count });
  }
  return windows.map(({ from, count }, i) => {
    const block = Math.floor(from / blockMs) * blockMs;
    const before = windows[i - 1];
    const next = windows[i + 1];
    const end = next !== undefined && next.from < block + blockMs ? next.from : block + blockMs;
    return {
      from: before === undefined || before.from < block ? block : from,
      to: end,
      count,
    };
  });
}

/** Where samples come from: each call of `load` goes through them once. */
export interface SampleSource {
  readonly counts: SlotCounts;
  readonly labels: LabelSets;
  readonly deleted: ReadonlyMap<number, readonly TimeRange[]>;
  /** All samples, where they fitted into memory while they were counted; then `load` is not called. */
  readonly whole?: Collector | undefined;
  /** Adds all samples of the range, or more, in an order in which the first of equals is the one to keep. */
  load(range: Window, into: Collector): void;
}

/** The blocks of a source, oldest first; each is to be written before the next is asked for. */
export function* transpose(
  source: SampleSource,
  options: { readonly blockMs: number; readonly samplesMax: number },
): Generator<BlockInput> {
  const { counts, labels, deleted } = source;
  const windows = planWindows(counts, options.blockMs, options.samplesMax);
  if (source.whole !== undefined) {
    yield* source.whole.inputs(windows, labels, deleted);
    return;
  }
  for (let first = 0; first < windows.length;) {
    const group = [windows[first]!];
    let samples = group[0]!.count;
    for (let next = first + 1; next < windows.length; next++) {
      if (samples + windows[next]!.count > options.samplesMax) break;
      group.push(windows[next]!);
      samples += windows[next]!.count;
    }
    first += group.length;
    const range = { from: group[0]!.from, to: group.at(-1)!.to };
    const collector = new Collector(range, samples);
    source.load(range, collector);
    yield* collector.inputs(group, labels, deleted);
  }
}

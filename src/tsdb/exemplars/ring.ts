// Exemplars of all series in one ring: the newest push out those that came first. The slots of a series form a list in
// order of time, so that late ones find their place and readers need no sorting.
//
// | column  | of each slot                                              |
// | ------- | --------------------------------------------------------- |
// | times   | ms                                                        |
// | values  | the exemplar's value                                      |
// | ownTime | 1 when the time is its own                                |
// | labels  | of the exemplar                                           |
// | owners  | its series                                                |
// | befores | slot of the one before it in its series, or -1            |
// | afters  | slot of the one after it in its series, or -1             |

import { labelsKey, millis, type Labels } from "../../model/index.ts";
import type { Exemplar } from "../../storage/index.ts";

/** A series with exemplars. */
export interface ExemplarSeries {
  /** Never given twice by a ring. */
  readonly number: number;
  readonly key: string; // labelsKey of its labels.
  readonly labels: Labels;
  /** Slots of the first and the last exemplar in time. */
  first: number;
  last: number;
}

const FIRST_ROOM = 256;

/** Holds up to `max` exemplars, which is 1 or more; memory grows as they come. */
export class ExemplarRing {
  readonly #max: number;
  readonly #series = new Map<string, ExemplarSeries>(); // By key.
  #numbers = 0;
  #next = 0; // Slot that is written next; before the ring is full, those from here on are unused.
  #count = 0;
  #times = new Float64Array(0);
  #values = new Float64Array(0);
  #ownTime = new Uint8Array(0);
  #befores = new Int32Array(0);
  #afters = new Int32Array(0);
  readonly #labels: Labels[] = [];
  readonly #owners: ExemplarSeries[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  get count(): number {
    return this.#count;
  }

  get seriesCount(): number {
    return this.#series.size;
  }

  /** Series with at least one exemplar, in the order in which they came. */
  series(): Iterable<ExemplarSeries> {
    return this.#series.values();
  }

  /** The series with this key, if it has exemplars. */
  find(key: string): ExemplarSeries | undefined {
    return this.#series.get(key);
  }

  at(slot: number): Exemplar {
    return {
      labels: this.#labels[slot]!,
      value: this.#values[slot]!,
      time: millis(this.#times[slot]!),
      hasOwnTime: this.#ownTime[slot] === 1,
    };
  }

  /** Slot before `slot` in its series, or -1. */
  before(slot: number): number {
    return this.#befores[slot]!;
  }

  /** Slot after `slot` in its series, or -1. */
  after(slot: number): number {
    return this.#afters[slot]!;
  }

  /** All exemplars, first come first. */
  *all(): Generator<{ readonly series: ExemplarSeries; readonly exemplar: Exemplar }> {
    const start = this.#count === this.#max ? this.#next : 0;
    for (let i = 0; i < this.#count; i++) {
      const slot = (start + i) % this.#max;
      yield { series: this.#owners[slot]!, exemplar: this.at(slot) };
    }
  }

  /** Puts an exemplar behind all of its series that are not later. */
  put(labels: Labels, exemplar: Exemplar): ExemplarSeries {
    if (this.#count === this.#max) this.#unlink(this.#next);
    else this.#count++;
    this.#makeRoom();
    const slot = this.#next;
    this.#next = (slot + 1) % this.#max;
    this.#times[slot] = exemplar.time;
    this.#values[slot] = exemplar.value;
    this.#ownTime[slot] = exemplar.hasOwnTime ? 1 : 0;
    this.#labels[slot] = exemplar.labels;
    const series = this.#link(slot, labels);
    this.#owners[slot] = series;
    return series;
  }

  #link(slot: number, labels: Labels): ExemplarSeries {
    const key = labelsKey(labels);
    let series = this.#series.get(key);
    if (series === undefined) {
      series = { number: this.#numbers++, key, labels, first: slot, last: slot };
      this.#series.set(key, series);
      this.#befores[slot] = -1;
      this.#afters[slot] = -1;
      return series;
    }
    let before = series.last;
    while (before >= 0 && this.#times[before]! > this.#times[slot]!) before = this.#befores[before]!;
    const after = before < 0 ? series.first : this.#afters[before]!;
    this.#befores[slot] = before;
    this.#afters[slot] = after;
    if (before < 0) series.first = slot;
    else this.#afters[before] = slot;
    if (after < 0) series.last = slot;
    else this.#befores[after] = slot;
    return series;
  }

  #unlink(slot: number): void {
    const series = this.#owners[slot]!;
    const before = this.#befores[slot]!;
    const after = this.#afters[slot]!;
    if (before < 0) series.first = after;
    else this.#afters[before] = after;
    if (after < 0) series.last = before;
    else this.#befores[after] = before;
    if (series.first < 0) this.#series.delete(series.key);
  }

  #makeRoom(): void {
    const room = this.#times.length;
    if (this.#count <= room) return;
    const wanted = Math.min(this.#max, Math.max(FIRST_ROOM, 2 * room));
    const times = new Float64Array(wanted);
    times.set(this.#times);
    this.#times = times;
    const values = new Float64Array(wanted);
    values.set(this.#values);
    this.#values = values;
    const ownTime = new Uint8Array(wanted);
    ownTime.set(this.#ownTime);
    this.#ownTime = ownTime;
    const befores = new Int32Array(wanted);
    befores.set(this.#befores);
    this.#befores = befores;
    const afters = new Int32Array(wanted);
    afters.set(this.#afters);
    this.#afters = afters;
  }
}

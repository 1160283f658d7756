// Which times a store's writes touched, in bounded memory. The suffix minima of the times by version are kept as a
// stack: both columns ascend, so that the first entry above a version has the oldest time since.

import type { StoreChanges } from "../storage/index.ts";

const ENTRIES_MAX = 1024;

/** Written by whatever changes what queries see; one call costs some 10 ns. */
export class ChangeTimes implements StoreChanges {
  #version = 0;
  #count = 0;
  readonly #versions = new Float64Array(ENTRIES_MAX); // Ascending.
  readonly #times = new Float64Array(ENTRIES_MAX); // Millis, ascending.

  get version(): number {
    return this.#version;
  }

  /** A sample of this time was written. */
  note(time: number): void {
    let count = this.#count;
    while (count > 0 && this.#times[count - 1]! >= time) count--;
    if (count === ENTRIES_MAX) count = this.#halve();
    this.#times[count] = time;
    this.#versions[count] = ++this.#version;
    this.#count = count + 1;
  }

  /** Anything else changed: no answer made before holds for certain. */
  noteAll(): void {
    this.note(-Infinity);
  }

  earliestSince(version: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#versions[middle]! > version) high = middle;
      else low = middle + 1;
    }
    return low < this.#count ? this.#times[low]! : Infinity;
  }

  // Two neighbours become one with the older time and the newer version, which only makes the answer earlier. What is
  // older is halved, so that recent versions stay exact.
  #halve(): number {
    const kept = ENTRIES_MAX / 4;
    for (let entry = 0; entry < kept; entry++) {
      this.#times[entry] = this.#times[2 * entry]!;
      this.#versions[entry] = this.#versions[2 * entry + 1]!;
    }
    this.#times.copyWithin(kept, 2 * kept);
    this.#versions.copyWithin(kept, 2 * kept);
    return ENTRIES_MAX - kept;
  }
}

import { fillAbsent } from "../model/index.ts";
import type { InputColumn } from "./block-input.ts";
import type { SampleBuffer } from "./sample-buffer.ts";

// Timelines kept to compare with; a source has about one for each of its targets.
const KEPT_MAX = 8192;
const KEPT_BYTES_MAX = 128 * 2 ** 20;
// A series that has fewer of a timeline's rows gets its own.
const SHARE_MIN = 0.5;

interface Timeline {
  readonly number: number;
  readonly key: number;
  readonly times: Float64Array;
}

/**
 * Finds series that have the same times, since a block stores those once. A series that lacks some of the times of its
 * source shares them with gaps.
 */
export class Timelines {
  #count = 0;
  #bytes = 0;
  readonly #byTimes = new Map<number, Timeline>(); // By checksum of the times.
  readonly #bySource = new Map<string, Timeline>();
  #last: Timeline | undefined; // What `read` was given last.
  #values = new Float64Array(0);

  /** Times of the timeline that `place` gave last. */
  times(): Float64Array {
    return this.#last!.times;
  }

  /** Fills `into` with the samples, at least one, times ascending. `source` tells what shares times, as a guess. */
  place(samples: SampleBuffer, source: string, into: InputColumn): void {
    const { count, times, values, histograms } = samples;
    const key = checksum(times, count);
    let timeline = this.#byTimes.get(key);
    if (timeline === undefined || !isSame(timeline.times, times, count)) {
      const other = this.#bySource.get(source);
      if (
        other !== undefined &&
        count >= SHARE_MIN * other.times.length &&
        this.#spread(samples, other, into)
      ) {
        this.#last = other;
        return;
      }
      timeline = this.#add(key, times.slice(0, count), source);
    }
    this.#last = timeline;
    into.timeline = timeline.number;
    into.count = count;
    into.times = times;
    into.values = values;
    into.histograms = histograms;
  }

  #add(key: number, times: Float64Array, source: string): Timeline {
    if (this.#byTimes.size >= KEPT_MAX || this.#bytes >= KEPT_BYTES_MAX) {
      this.#byTimes.clear();
      this.#bySource.clear();
      this.#bytes = 0;
    }
    const timeline = { number: this.#count++, key, times };
    this.#byTimes.set(key, timeline);
    this.#bytes += times.byteLength;
    const longest = this.#bySource.get(source);
    if (longest === undefined || longest.times.length < times.length) this.#bySource.set(source, timeline);
    return timeline;
  }

  // False when some time is not among the timeline's.
  #spread(samples: SampleBuffer, timeline: Timeline, into: InputColumn): boolean {
    const { times } = timeline;
    if (this.#values.length < times.length) this.#values = new Float64Array(2 * times.length);
    const bits = new Uint32Array(this.#values.buffer, 0, 2 * times.length);
    fillAbsent(bits, 0, times.length);
    const histograms =
      samples.histograms === undefined ? undefined : Array.from<undefined>({ length: times.length });
    let row = 0;
    for (let i = 0; i < samples.count; i++) {
      const time = samples.times[i]!;
      while (row < times.length && times[row]! < time) row++;
      if (times[row] !== time) return false;
      bits[2 * row] = samples.bits[2 * i]!;
      bits[2 * row + 1] = samples.bits[2 * i + 1]!;
      if (histograms !== undefined) (histograms as unknown[])[row] = samples.histograms![i];
    }
    into.timeline = timeline.number;
    into.count = times.length;
    into.times = times;
    into.values = this.#values;
    into.histograms = histograms;
    return true;
  }
}

function isSame(a: Float64Array, b: Float64Array, count: number): boolean {
  if (a.length !== count) return false;
  for (let i = 0; i < count; i++) if (a[i] !== b[i]) return false;
  return true;
}

// Of whole numbers; not for anything but telling most timelines apart.
function checksum(times: Float64Array, count: number): number {
  let sum = count;
  for (let i = 0; i < count; i++) sum = (Math.imul(sum, 31) + (times[i]! % 4_294_967_296)) | 0;
  return sum;
}

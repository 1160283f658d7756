import { bitsOf, isAbsentAt, setAbsentAt, setNormalNaNAt, type Histogram } from "../model/index.ts";

const CAPACITY = 1024;

/** The samples of one series: columns that grow, and a histogram instead of a value where there is one. */
export class SampleBuffer {
  count = 0;
  times: Float64Array = new Float64Array(CAPACITY); // Millis.
  values: Float64Array = new Float64Array(CAPACITY);
  bits: Uint32Array = bitsOf(this.values);
  /** One a row; undefined: all rows are floats. */
  histograms: (Histogram | undefined)[] | undefined;

  clear(): void {
    this.count = 0;
    this.histograms = undefined;
  }

  /** Makes room for `rows` more; whoever fills them adds to `count` by `addedFloats`. */
  reserve(rows: number): void {
    const needed = this.count + rows;
    if (needed <= this.times.length) return;
    const times = new Float64Array(Math.max(needed, 2 * this.times.length));
    times.set(this.times.subarray(0, this.count));
    this.times = times;
    const bits = new Uint32Array(2 * times.length);
    bits.set(this.bits.subarray(0, 2 * this.count));
    this.bits = bits;
    this.values = new Float64Array(bits.buffer);
  }

  /** Counts `rows` floats that were put behind the last row. Our marker for no sample becomes an ordinary NaN. */
  addedFloats(rows: number): void {
    for (let row = this.count; row < this.count + rows; row++) {
      if (isAbsentAt(this.bits, row)) setNormalNaNAt(this.bits, row);
      this.histograms?.push(undefined);
    }
    this.count += rows;
  }

  addHistogram(time: number, histogram: Histogram): void {
    this.reserve(1);
    this.histograms ??= Array.from({ length: this.count });
    this.times[this.count] = time;
    setAbsentAt(this.bits, this.count);
    this.histograms.push(histogram);
    this.count++;
  }

  /** Puts the rows in order of time; of several with one time the first stays. */
  sort(): void {
    if (this.#isAscending()) return;
    const rows = Uint32Array.from({ length: this.count }, (_, row) => row);
    const { times, bits, histograms } = this;
    rows.sort((a, b) => times[a]! - times[b]! || a - b);
    const kept = rows.filter((row, i) => i === 0 || times[row] !== times[rows[i - 1]!]);
    this.times = Float64Array.from(kept, (row) => times[row]!);
    this.bits = new Uint32Array(2 * kept.length);
    kept.forEach((row, i) => {
      this.bits[2 * i] = bits[2 * row]!;
      this.bits[2 * i + 1] = bits[2 * row + 1]!;
    });
    this.values = new Float64Array(this.bits.buffer);
    if (histograms !== undefined) this.histograms = Array.from(kept, (row) => histograms[row]);
    this.count = kept.length;
  }

  #isAscending(): boolean {
    const { times, count } = this;
    for (let row = 1; row < count; row++) if (!(times[row]! > times[row - 1]!)) return false;
    return true;
  }

  /** Drops the rows whose time lies in one of the closed ranges (ms). */
  drop(ranges: readonly TimeRange[]): void {
    const { times, bits, histograms } = this;
    let kept = 0;
    for (let row = 0; row < this.count; row++) {
      const time = times[row]!;
      if (ranges.some(({ from, to }) => time >= from && time <= to)) continue;
      times[kept] = time;
      bits[2 * kept] = bits[2 * row]!;
      bits[2 * kept + 1] = bits[2 * row + 1]!;
      if (histograms !== undefined) histograms[kept] = histograms[row];
      kept++;
    }
    this.count = kept;
    histograms?.splice(kept);
  }
}

/** A closed range of time, ms. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

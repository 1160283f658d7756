import { bitsOf, isAbsentAt, setNormalNaNAt, type Histogram } from "../../model/index.ts";
import { ByteWriter } from "../../base/index.ts";
import { encodeHistogram } from "../codec/index.ts";
import type { TableId } from "../table/table-id.ts";
import { histogramsOf, type LateShare } from "./reader.ts";
import { LateRecordWriter, type LateSamples } from "./records.ts";
import { createRunOf, mergeLateRuns, runBytes, type LateRun } from "./run.ts";
import { findSample } from "./sort.kernel.ts";

// Samples that are sorted together at first.
const BUFFER_SAMPLES = 8192;
// Runs are merged up to this many samples: more would take the main thread too long at a time.
const RUN_SAMPLES_MAX = 2 ** 17;

/** Samples of one column, ascending in time. */
export interface ColumnSamples {
  readonly column: number;
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly histograms: readonly (Histogram | undefined)[] | undefined;
}

/** Late samples that become blocks together: a buffer of the newest and runs, whose sizes fall by half at least. */
export class Generation {
  readonly table: TableId;
  /** Name of its part of the log. */
  readonly part: string;
  readonly records: LateRecordWriter = new LateRecordWriter();
  minTime: number = Infinity; // Millis.
  maxTime: number = -Infinity;
  #runs: readonly LateRun[] = []; // Oldest first; replaced and never changed.
  // The buffer; grows up to BUFFER_SAMPLES.
  #count = 0;
  #columns = new Uint32Array(64);
  #times = new Float64Array(64);
  #values = new Float64Array(64);
  #bits: Uint32Array = bitsOf(this.#values);
  #places: Uint32Array | undefined;
  #histograms: ByteWriter | undefined;

  constructor(number: number, table: TableId) {
    this.table = table;
    this.part = `late_${number}`;
  }

  /** Samples held, those that are held twice counted twice. */
  get count(): number {
    let count = this.#count;
    for (const run of this.#runs) count += run.count;
    return count;
  }

  get bytes(): number {
    let bytes = 20 * this.#times.length + (this.#histograms?.buffer.length ?? 0);
    for (const run of this.#runs) bytes += runBytes(run);
    return bytes;
  }

  add({ column, times, values, histograms }: LateSamples): void {
    const source = bitsOf(values);
    for (let i = 0; i < times.length; i++) {
      const at = this.#place();
      const time = times[i]!;
      this.#columns[at] = column;
      this.#times[at] = time;
      if (time < this.minTime) this.minTime = time;
      if (time > this.maxTime) this.maxTime = time;
      if (histograms === undefined) {
        // The marker that stands for no sample may come from outside.
        if (isAbsentAt(source, i)) {
          setNormalNaNAt(this.#bits, at);
          continue;
        }
        this.#bits[2 * at] = source[2 * i]!;
        this.#bits[2 * at + 1] = source[2 * i + 1]!;
        continue;
      }
      this.#values[at] = 0;
      this.#histograms ??= new ByteWriter();
      this.#places ??= new Uint32Array(this.#times.length);
      this.#places[at] = 1 + this.#histograms.length;
      encodeHistogram(histograms[i]!, this.#histograms);
    }
  }

  /** How many lie at `from` (ms) or later, those that are held twice counted twice. */
  countFrom(from: number): number {
    let count = 0;
    for (const { times } of this.share().runs) for (const time of times) if (time >= from) count++;
    return count;
  }

  /** The samples at `from` (ms) or later: stretches of one column each, first come first. */
  *samplesFrom(from: number): Generator<ColumnSamples> {
    for (const run of this.share().runs) {
      for (let start = 0, end = 0; start < run.count; start = end) {
        const column = run.columns[start]!;
        end = findSample(run.columns, run.times, run.count, column, Infinity);
        start = findSample(run.columns, run.times, run.count, column, from);
        if (start === end) continue;
        const times = run.times.subarray(start, end);
        yield {
          column,
          times,
          values: run.values.subarray(start, end),
          histograms: histogramsOf(run, start, end),
        };
      }
    }
  }

  /** Everything so far, as it stays. */
  share(): LateShare {
    this.#sort();
    return { table: this.table, runs: this.#runs };
  }

  // Number of the next free place of the buffer.
  #place(): number {
    if (this.#count === BUFFER_SAMPLES) this.#sort();
    if (this.#count === this.#times.length) this.#grow();
    return this.#count++;
  }

  #grow(): void {
    const room = 2 * this.#times.length;
    const columns = new Uint32Array(room);
    columns.set(this.#columns);
    this.#columns = columns;
    const times = new Float64Array(room);
    times.set(this.#times);
    this.#times = times;
    const values = new Float64Array(room);
    const bits = bitsOf(values);
    bits.set(this.#bits);
    this.#values = values;
    this.#bits = bits;
    if (this.#places === undefined) return;
    const places = new Uint32Array(room);
    places.set(this.#places);
    this.#places = places;
  }

  // Makes the buffer a run. Neighbours of similar size are merged, so that a sample is moved a dozen times at most and
  // a reader has a dozen runs to look at besides the longest.
  #sort(): void {
    if (this.#count === 0) return;
    const runs = [
      ...this.#runs,
      createRunOf({
        count: this.#count,
        columns: this.#columns,
        times: this.#times,
        values: this.#values,
        places: this.#places,
        histograms: this.#histograms?.written(),
      }),
    ];
    this.#count = 0;
    this.#places = undefined;
    this.#histograms = undefined;
    while (runs.length > 1) {
      const [older, newer] = runs.slice(-2) as [LateRun, LateRun];
      if (older.count >= 2 * newer.count || older.count + newer.count > RUN_SAMPLES_MAX) break;
      runs.splice(-2, 2, mergeLateRuns(older, newer));
    }
    this.#runs = runs;
  }
}

// Late samples: older than their series' newest, or than the head takes in order, but within the out-of-order window
// (TSDB-4). They come one by one in any order, so rows of a table are no place for them. A generation of them is a
// table that has columns and never a row; its samples are collected, sorted into runs, and written as blocks together.

import type { ByteWriter } from "../../base/index.ts";
import { seriesId, type ColumnId, type Histogram, type SeriesId } from "../../model/index.ts";
import { tableId, type TableId } from "../table/table-id.ts";
import type { LateGeneration } from "./block-source.ts";
import { Generation } from "./generation.ts";
import type { LateRange, LateShare } from "./reader.ts";
import { readLateRecords, type LateSamples } from "./records.ts";

/** What the store needs of the head. */
export interface LateHost {
  createTable(key: undefined): TableId;
  columnOf(table: TableId, series: SeriesId): ColumnId;
  hasColumn(table: TableId, column: number): boolean;
  /** The series of each column of a table. */
  seriesOfColumns(table: TableId): Uint32Array;
  removeTable(table: TableId): void;
}

/** What hears of late samples before they are taken: appends a record to a part of the log. */
export interface LateLog {
  side(part: string, write: (out: ByteWriter) => void): void;
}

/** Late samples of one series in the sender's order; histograms where `histograms` has one. */
export interface LateBatch {
  readonly series: SeriesId;
  readonly times: Float64Array; // Millis.
  readonly values: Float64Array; // Not read where a histogram is.
  readonly histograms: readonly (Histogram | undefined)[] | undefined;
}

// So many samples, of 20 bytes each, are worth blocks of their own before the next one is cut.
const SAMPLES_DUE = 2 ** 22;

// Samples carried on in one step, which takes some milliseconds.
const STEP_SAMPLES = 16_384;

/** All generations of late samples of a head. */
export class LateStore {
  readonly #host: LateHost;
  readonly #generations = new Map<number, Generation>(); // Ascending.
  readonly #tables = new Set<TableId>();
  #generation = 1; // The one that takes samples.
  log: LateLog | undefined;

  constructor(host: LateHost) {
    this.#host = host;
  }

  /** Whether the table is one of a generation. */
  owns(table: TableId): boolean {
    return this.#tables.has(table);
  }

  get sampleCount(): number {
    let count = 0;
    for (const generation of this.#generations.values()) count += generation.count;
    return count;
  }

  /** Bytes of memory in use. */
  get bytes(): number {
    let bytes = 0;
    for (const generation of this.#generations.values()) bytes += generation.bytes;
    return bytes;
  }

  /** Millis of the oldest sample; Infinity without any. */
  get minTime(): number {
    let time = Infinity;
    for (const generation of this.#generations.values()) time = Math.min(time, generation.minTime);
    return time;
  }

  /** Millis of the newest sample; -Infinity without any. */
  get maxTime(): number {
    let time = -Infinity;
    for (const generation of this.#generations.values()) time = Math.max(time, generation.maxTime);
    return time;
  }

  /** Whether there is so much that it should not wait for the next cut. */
  get isDue(): boolean {
    return this.sampleCount >= SAMPLES_DUE;
  }

  /** Whether a sample may lie in the closed range. */
  overlaps(from: number, to: number): boolean {
    for (const { minTime, maxTime } of this.#generations.values()) {
      if (from <= maxTime && to >= minTime) return true;
    }
    return false;
  }

  /** Takes all samples. One whose time the series has a late sample for already changes nothing. */
  add(batches: readonly LateBatch[]): void {
    if (batches.length === 0) return;
    const generation = this.#open();
    const samples: LateSamples[] = [];
    for (const batch of batches) {
      const { times, values, histograms } = batch;
      const column = this.#host.columnOf(generation.table, batch.series);
      if (histograms === undefined) {
        samples.push({ table: generation.table, column, times, values, histograms: undefined });
      } else samples.push(...splitKinds(batch, generation.table, column));
    }
    // One call for all, since each costs as much as a sample.
    this.log?.side(generation.part, (out) => {
      for (const one of samples) generation.records.write(one, out);
    });
    for (const one of samples) generation.add(one);
  }

  #open(): Generation {
    let generation = this.#generations.get(this.#generation);
    if (generation === undefined) {
      generation = new Generation(this.#generation, this.#host.createTable(undefined));
      this.#tables.add(generation.table);
      this.#generations.set(this.#generation, generation);
    }
    return generation;
  }

  /**
   * Takes the samples of a blob of the log back; definitions of their columns must have been read.
   * @throws MalformedBytesError when the bytes are not whole records; those before are taken.
   */
  replay(number: number, records: Uint8Array): void {
    this.#generation = Math.max(this.#generation, number);
    readLateRecords(records, (samples) => {
      const table = tableId(samples.table);
      if (!this.#host.hasColumn(table, samples.column)) return;
      let generation = this.#generations.get(number);
      if (generation === undefined) {
        generation = new Generation(number, table);
        this.#tables.add(table);
        this.#generations.set(number, generation);
      }
      if (generation.table === table) generation.add(samples);
    });
  }

  /** Ends the generation that takes samples; gives the numbers of all that can be written, oldest first. */
  begin(): number[] {
    if (this.#generations.has(this.#generation)) this.#generation++;
    return [...this.#generations.keys()];
  }

  /** Ranges `[from, to)` of `rangeMs`, aligned to it, in which the generation has samples; ascending. */
  ranges(number: number, rangeMs: number): LateRange[] {
    const starts = new Set<number>();
    for (const { times } of this.share(number)?.runs ?? []) {
      let start = NaN;
      for (const time of times) {
        if (time >= start && time < start + rangeMs) continue;
        start = Math.floor(time / rangeMs) * rangeMs;
        starts.add(start);
      }
    }
    return [...starts].toSorted((a, b) => a - b).map((from) => ({ from, to: from + rangeMs }));
  }

  /**
   * Where blocks of an ended generation should end: at `headFrom` (ms), so that what comes later is carried on to the
   * next generation, unless most of a large one would be.
   */
  flushEnd(number: number, headFrom: number): number {
    const generation = this.#generations.get(number);
    if (generation === undefined || generation.count < SAMPLES_DUE / 4) return headFrom;
    return generation.countFrom(headFrom) > generation.count / 2 ? Infinity : headFrom;
  }

  /** Takes the samples of an ended generation from `from` (ms) on into the one that takes samples now, in steps. */
  *carry(number: number, from: number): Generator<void> {
    const ended = this.#generations.get(number);
    if (ended === undefined || ended.maxTime < from) return;
    const series = this.#host.seriesOfColumns(ended.table);
    let steps = 0;
    for (const { column, ...samples } of ended.samplesFrom(from)) {
      this.add([{ series: seriesId(series[column]!), ...samples }]);
      steps += samples.times.length;
      if (steps < STEP_SAMPLES) continue;
      steps = 0;
      yield;
    }
  }

  /** The samples of a generation so far. */
  share(number: number): LateShare | undefined {
    return this.#generations.get(number)?.share();
  }

  /** What blocks are written of; series must keep their numbers until they are. */
  generation(number: number): LateGeneration | undefined {
    const share = this.share(number);
    if (share === undefined) return undefined;
    return { share, series: this.#host.seriesOfColumns(tableId(share.table)) };
  }

  /** What is there now, for a `LateReader`; undefined when there is nothing in the closed range. */
  shares(from: number, to: number): LateShare[] | undefined {
    if (!this.overlaps(from, to)) return undefined;
    return Array.from(this.#generations.values(), (generation) => generation.share());
  }

  /**
   * Forgets a generation, whose samples blocks hold now. What it returns removes its table, and is to be called when
   * nobody reads pieces of series any more that he found before.
   */
  drop(number: number): () => void {
    const generation = this.#generations.get(number);
    if (generation === undefined) return () => undefined;
    this.#generations.delete(number);
    return () => {
      this.#tables.delete(generation.table);
      this.#host.removeTable(generation.table);
    };
  }
}

// Stretches of floats and of histograms.
function splitKinds(
  { times, values, histograms = [] }: LateBatch,
  table: TableId,
  column: ColumnId,
): LateSamples[] {
  const stretches: LateSamples[] = [];
  for (let from = 0, to = 0; from < times.length; from = to) {
    const isHistogram = histograms[from] !== undefined;
    while (to < times.length && (histograms[to] !== undefined) === isHistogram) to++;
    stretches.push({
      table,
      column,
      times: times.subarray(from, to),
      values: values.subarray(from, to),
      histograms: isHistogram ? (histograms.slice(from, to) as Histogram[]) : undefined,
    });
  }
  return stretches;
}

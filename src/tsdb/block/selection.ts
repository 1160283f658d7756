import {
  afterOther,
  bitsOf,
  isAbsentAt,
  isStaleAt,
  setAbsentAt,
  type Histogram,
  type Labels,
} from "../../model/index.ts";
import type { SeriesSamples } from "../../storage/index.ts";
import type { BlockIndex } from "./block-index.ts";
import { HAS_ABSENT, HAS_STALE } from "./column-chunk.ts";
import type { ColumnReader, Window } from "./column-reader.ts";
import type { BlockColumn, BlockSelection, DescribedSelection } from "./contract.ts";
import { BlockReadError, damageWarning } from "./errors.ts";
import { GROUP_SIZE } from "./groups.ts";
import type { Root } from "./header.ts";

/** A closed range of time whose samples are deleted. */
export interface DeletedRange {
  readonly from: number; // Millis.
  readonly to: number;
}

/** What a selection reads from. */
export interface SelectionSource {
  readonly path: string;
  /** How often a damaged page of the block was asked for so far. */
  readonly losses: () => number;
  /** Whether selecting met a damaged page. */
  readonly isIncomplete: boolean;
  readonly index: BlockIndex;
  readonly columns: ColumnReader;
  readonly root: Root;
  readonly from: number; // Millis, closed range.
  readonly to: number;
  /** Deleted ranges by series number. */
  readonly deleted: ReadonlyMap<number, readonly DeletedRange[]>;
  readonly onClose: () => void;
}

// Arrays behind each caller's object. Not `into`'s own: those may be another store's memory.
const scratch = new WeakMap<SeriesSamples | BlockColumn, Float64Array>();
const NO_VALUES = new Float64Array(0);
const WINDOWS_BYTES = 32 * 2 ** 20;
const NO_WINDOW: Window = { times: NO_VALUES, parts: [] };

/** Series of a block whose labels can be read, in the block's order. */
export class OpenSelection implements BlockSelection {
  readonly #source: SelectionSource;
  readonly #numbers: Uint32Array;
  readonly #windows = new Map<number, Window>();
  #windowBytes = 0;
  #isIncomplete: boolean;
  #closed = false;

  /** @param numbers Series whose labels can be read. */
  constructor(source: SelectionSource, numbers: Uint32Array) {
    this.#source = source;
    this.#numbers = numbers;
    this.#isIncomplete = source.isIncomplete;
  }

  get seriesCount(): number {
    return this.#numbers.length;
  }

  seriesNumber(index: number): number {
    return this.#numbers[index]!;
  }

  labelPairs(index: number): Uint32Array {
    const { index: blockIndex, root, path } = this.#source;
    const pairs = blockIndex.pairs(root, this.#numbers[index]!);
    if (pairs === undefined) throw new BlockReadError(path, `with series ${this.#numbers[index]}`);
    return pairs;
  }

  describe(): DescribedSelection {
    const { path, from, to, deleted } = this.#source;
    return { path, numbers: this.#numbers, from, to, deleted, isIncomplete: this.#isIncomplete };
  }

  labels(index: number): Labels {
    const { index: blockIndex, root } = this.#source;
    const labels = blockIndex.labels(root, this.#numbers[index]!);
    // It could be read when the series was selected, but its page may have left the cache and gone bad since.
    if (labels === undefined) {
      throw new BlockReadError(this.#source.path, `with the labels of series ${this.#numbers[index]}`);
    }
    return labels;
  }

  read(index: number, into: SeriesSamples): void {
    const flags = this.#readRows(index, into);
    const ranges = this.#source.deleted.get(this.#numbers[index]!);
    if ((flags & HAS_ABSENT) !== 0 || ranges !== undefined) compact(into, ranges ?? []);
    into.hasStale = (flags & HAS_STALE) !== 0 && hasStaleValue(into);
    if (into.histograms !== undefined) finishHistograms(into, into.histograms);
  }

  readColumn(index: number, into: BlockColumn): void {
    this.#readRows(index, into);
    const ranges = this.#source.deleted.get(this.#numbers[index]!);
    if (ranges !== undefined) blankDeleted(into, ranges);
  }

  // Fills `into` with all rows of the window, gaps included; returns the flags of the chunks.
  #readRows(index: number, into: SeriesSamples | BlockColumn): number {
    const losses = this.#source.losses();
    const flags = this.#fillRows(index, into);
    if (this.#source.losses() > losses) this.#isIncomplete = true;
    return flags;
  }

  #fillRows(index: number, into: SeriesSamples | BlockColumn): number {
    const { index: blockIndex, columns, root } = this.#source;
    const number = this.#numbers[index]!;
    const entry = number % GROUP_SIZE;
    const group = blockIndex.seriesGroup(root, number);
    const timeline = group?.timelines[entry] ?? -1;
    const window = timeline < 0 ? NO_WINDOW : this.#window(timeline);
    const rows = window.times.length;
    let values = scratch.get(into) ?? NO_VALUES;
    if (values.length < rows) {
      values = new Float64Array(Math.max(rows, 2 * values.length));
      scratch.set(into, values);
    }
    into.timeline = timeline;
    into.count = rows;
    into.times = window.times;
    into.values = values;
    into.histograms = undefined;
    if (group === undefined) return 0;
    const contents = columns.readColumn(group, entry, window, values);
    into.histograms = contents.histograms;
    return contents.flags;
  }

  #window(timeline: number): Window {
    let window = this.#windows.get(timeline);
    if (window !== undefined) return window;
    window = this.#source.columns.window(timeline, this.#source.from, this.#source.to);
    // Windows that many series share are soon back; those of one series each would fill the memory.
    this.#windowBytes += window.times.byteLength;
    if (this.#windowBytes > WINDOWS_BYTES) {
      this.#windows.clear();
      this.#windowBytes = window.times.byteLength;
    }
    this.#windows.set(timeline, window);
    return window;
  }

  warnings(): readonly string[] {
    return this.#isIncomplete ? [damageWarning(this.#source.path)] : [];
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#source.onClose();
  }
}

// Drops rows without a sample and deleted ones; when any is dropped, the series gets times of its own.
function compact(samples: SeriesSamples, deleted: readonly DeletedRange[]): void {
  const { count, times, values, histograms } = samples;
  const bits = bitsOf(values);
  let kept = 0;
  let ownTimes: Float64Array | undefined;
  let ownHistograms: (Histogram | undefined)[] | undefined;
  let isAfterDeleted = false;
  for (let row = 0; row < count; row++) {
    const isGone =
      (histograms?.[row] === undefined && isAbsentAt(bits, row)) || isDeleted(times[row]!, deleted);
    if (isGone) {
      ownTimes ??= times.slice(0, count);
      ownHistograms ??= histograms?.slice(0, row);
      isAfterDeleted ||= deleted.length > 0;
      continue;
    }
    if (ownTimes !== undefined) {
      ownTimes[kept] = times[row]!;
      // As words: a marker copied as a number may lose its payload.
      bits[2 * kept] = bits[2 * row]!;
      bits[2 * kept + 1] = bits[2 * row + 1]!;
      ownHistograms?.push(isAfterDeleted ? afterOther(histograms?.[row]) : histograms?.[row]);
      isAfterDeleted = false;
    }
    kept++;
  }
  if (ownTimes === undefined) return;
  samples.count = kept;
  samples.times = ownTimes;
  samples.timeline = -1;
  samples.histograms = ownHistograms;
}

function blankDeleted(column: BlockColumn, deleted: readonly DeletedRange[]): void {
  const bits = bitsOf(column.values);
  const histograms = column.histograms?.slice();
  let isAfterDeleted = false;
  for (let row = 0; row < column.count; row++) {
    if (isDeleted(column.times[row]!, deleted)) {
      setAbsentAt(bits, row);
      if (histograms !== undefined) histograms[row] = undefined;
      isAfterDeleted = true;
    } else if (isAfterDeleted && histograms?.[row] !== undefined) {
      histograms[row] = afterOther(histograms[row]);
      isAfterDeleted = false;
    }
  }
  column.histograms = histograms;
}

function isDeleted(time: number, ranges: readonly DeletedRange[]): boolean {
  for (const range of ranges) if (time >= range.from && time <= range.to) return true;
  return false;
}

function hasStaleValue(samples: SeriesSamples): boolean {
  const bits = bitsOf(samples.values);
  for (let row = 0; row < samples.count; row++) if (isStaleAt(bits, row)) return true;
  return false;
}

function finishHistograms(samples: SeriesSamples, histograms: readonly (Histogram | undefined)[]): void {
  let count = 0;
  for (let row = 0; row < samples.count; row++) {
    const histogram = histograms[row];
    if (histogram === undefined) continue;
    count++;
    samples.values[row] = 0;
    if (histogram.stale) samples.hasStale = true;
  }
  if (count === 0) samples.histograms = undefined;
}

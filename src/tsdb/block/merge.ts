import { assert } from "../../base/index.ts";
import { afterOther, bitsOf, fillAbsent, isAbsentAt, millis, type Histogram } from "../../model/index.ts";
import type {
  BlockColumn,
  BlockMeta,
  BlockReader,
  BlockSelection,
  BlockSource,
  WriteBlockOptions,
} from "./contract.ts";
import { mergePairs, mergeSeries, type MergedPairs, type MergedSeries } from "./merge-order.ts";
import { BREATH_SERIES, type Breathe } from "./write-order.ts";
import { writeBlock } from "./write.ts";

const UNIONS_BYTES = 64 * 2 ** 20;

/**
 * Writes all samples of several blocks, or of one, as one block; deletions set on the readers are applied. Of two
 * samples for one series and time, the one from the earlier reader stays: give the first-written block first.
 * Undefined: nothing is left. What damaged pages held is not in the result; `stats().pagesDamaged` of the readers
 * tells, and the caller decides whether it parts with their files.
 * @throws BlockWriteError, BlockReadError
 */
export async function mergeBlocks(
  directory: string,
  readers: readonly BlockReader[],
  options: WriteBlockOptions,
): Promise<BlockMeta | undefined> {
  assert(readers.length > 0, "a block to merge");
  const selections = readers.map((reader) => reader.select([], reader.meta.minTime, reader.meta.maxTime));
  try {
    const source = await mergedSource(readers, selections, options.breathe);
    return await writeBlock(directory, source, options);
  } finally {
    for (const selection of selections) selection.close();
  }
}

async function mergedSource(
  readers: readonly BlockReader[],
  selections: readonly BlockSelection[],
  breathe: Breathe,
): Promise<BlockSource> {
  const { symbols, names, values, ...merged } = symbolsOf(mergePairs(readers));
  const series = await mergeSeries(selections, merged, breathe);
  const labelPairs = (number: number): Uint32Array => {
    const block = series.indexes.findIndex((indexes) => indexes[number]! >= 0);
    const pairs = selections[block]!.labelPairs(series.indexes[block]![number]!);
    return pairs.map((pair) => merged.numbers[block]![pair]!);
  };
  let labelsMax = 0;
  for (let number = 0; number < series.count; number++) {
    labelsMax = Math.max(labelsMax, labelPairs(number).length);
    if (number % BREATH_SERIES === 0) await breathe?.();
  }
  const timelines = new MergedTimelines(readers.length);
  const columns = new MergedColumns(selections, series, timelines);
  return {
    from: millis(Math.min(...readers.map(({ meta }) => meta.from))),
    to: millis(Math.max(...readers.map(({ meta }) => meta.to))),
    seriesCount: series.count,
    symbolCount: symbols.length,
    symbol: (id) => symbols[id]!,
    labelsMax,
    labelSymbols(number, into) {
      const pairs = labelPairs(number);
      for (let i = 0; i < pairs.length; i++) {
        into[2 * i] = names[pairs[i]!]!;
        into[2 * i + 1] = values[pairs[i]!]!;
      }
      return 2 * pairs.length;
    },
    timelineCount: series.count,
    timeline: (number) => timelines.timesOf(number),
    read: (number, into) => columns.read(number, into),
  };
}

/** Merged pairs with the symbols of their names and values. */
interface PairSymbols extends MergedPairs {
  readonly symbols: readonly string[];
  readonly names: Uint32Array; // Symbol of each pair's name.
  readonly values: Uint32Array;
}

function symbolsOf(merged: MergedPairs): PairSymbols {
  const symbols: string[] = [];
  const ids = new Map<string, number>();
  const idOf = (text: string): number => {
    let id = ids.get(text);
    if (id === undefined) {
      id = symbols.length;
      ids.set(text, id);
      symbols.push(text);
    }
    return id;
  };
  const names = Uint32Array.from(merged.pairs, ({ name }) => idOf(name));
  const values = Uint32Array.from(merged.pairs, ({ value }) => idOf(value ?? ""));
  return { ...merged, symbols, names, values };
}

/** The rows of several timelines as one. */
interface Union {
  readonly times: Float64Array;
  readonly rows: readonly Uint32Array[]; // Row of the union for each row of each part.
  readonly isChain: boolean; // The parts follow each other.
}

// Samples of several blocks lie between each other, and what a hint says holds for one block's.
function forgetHints(histograms: (Histogram | undefined)[]): void {
  histograms.forEach((histogram, row) => {
    histograms[row] = afterOther(histogram);
  });
}

/** Numbers each combination of the blocks' timelines, so that series sharing them all share the union. */
class MergedTimelines {
  #count = 0;
  // Number of a combination of the first n timelines and the next one → number of the longer combination.
  readonly #combinations: Map<number, number>[];
  readonly #unions = new Map<number, Union>();
  #unionBytes = 0;
  #nextCombination = 1;

  constructor(blockCount: number) {
    this.#combinations = Array.from({ length: blockCount }, () => new Map<number, number>());
  }

  /** Number for the parts' timelines, -1 where a block has no part, and the union of their times. */
  unite(timelines: readonly number[], times: readonly Float64Array[]): { number: number; union: Union } {
    const number = this.#numberOf(timelines);
    let union = this.#unions.get(number);
    if (union === undefined) {
      union = uniteTimes(times);
      this.#unionBytes += 16 * union.times.length;
      if (this.#unionBytes > UNIONS_BYTES) {
        this.#unions.clear();
        this.#unionBytes = 16 * union.times.length;
      }
      this.#unions.set(number, union);
    }
    return { number, union };
  }

  /** Times of a number that `unite` gave last. */
  timesOf(number: number): Float64Array {
    const union = this.#unions.get(number);
    assert(union !== undefined, "a timeline just united");
    return union.times;
  }

  #numberOf(timelines: readonly number[]): number {
    const last = timelines.length - 1;
    let combination = 0;
    for (let b = 0; b < last; b++) {
      const key = combination * 2 ** 26 + timelines[b]! + 1;
      let next = this.#combinations[b]!.get(key);
      if (next === undefined) {
        next = this.#nextCombination++;
        this.#combinations[b]!.set(key, next);
      }
      combination = next;
    }
    const key = combination * 2 ** 26 + timelines[last]! + 1;
    let number = this.#combinations[last]!.get(key);
    if (number === undefined) {
      number = this.#count++;
      this.#combinations[last]!.set(key, number);
    }
    return number;
  }
}

function uniteTimes(parts: readonly Float64Array[]): Union {
  const all = new Float64Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  all.sort();
  let count = 0;
  for (let i = 0; i < all.length; i++) {
    if (count === 0 || all[i] !== all[count - 1]) all[count++] = all[i]!;
  }
  const times = all.slice(0, count);
  const rows = parts.map((part) => {
    let row = 0;
    return Uint32Array.from(part, (time) => {
      while (times[row]! < time) row++;
      return row;
    });
  });
  const isChain = rows.every((list) => list.length === 0 || list.length - 1 === list.at(-1)! - list[0]!);
  return { times, rows, isChain: isChain && count === all.length };
}

/** Reads a series from all blocks that have it. */
class MergedColumns {
  readonly #selections: readonly BlockSelection[];
  readonly #series: MergedSeries;
  readonly #timelines: MergedTimelines;
  readonly #parts: BlockColumn[];
  #values = new Float64Array(0);

  constructor(selections: readonly BlockSelection[], series: MergedSeries, timelines: MergedTimelines) {
    this.#selections = selections;
    this.#series = series;
    this.#timelines = timelines;
    this.#parts = selections.map(() => ({
      timeline: -1,
      count: 0,
      times: new Float64Array(0),
      values: new Float64Array(0),
      histograms: undefined,
    }));
  }

  read(number: number, into: BlockColumn): void {
    const parts = this.#parts;
    const timelines: number[] = [];
    const times: Float64Array[] = [];
    this.#selections.forEach((selection, b) => {
      const index = this.#series.indexes[b]![number]!;
      parts[b]!.count = 0;
      if (index >= 0) selection.readColumn(index, parts[b]!);
      timelines.push(index >= 0 ? parts[b]!.timeline : -1);
      times.push(parts[b]!.times.subarray(0, parts[b]!.count));
    });
    const { number: timeline, union } = this.#timelines.unite(timelines, times);
    into.timeline = timeline;
    into.count = union.times.length;
    into.times = union.times;
    if (this.#values.length < into.count) this.#values = new Float64Array(2 * into.count);
    into.values = this.#values;
    into.histograms = parts.some(({ count, histograms }) => count > 0 && histograms !== undefined)
      ? this.#placeHistograms(union)
      : undefined;
    if (union.isChain) this.#chainValues(union, into.values);
    else this.#placeValues(union, into);
  }

  #chainValues(union: Union, values: Float64Array): void {
    this.#parts.forEach((part, b) => {
      if (part.count > 0) values.set(part.values.subarray(0, part.count), union.rows[b]![0]);
    });
  }

  // The earliest block's samples come last and so stay.
  #placeValues(union: Union, into: BlockColumn): void {
    const bits = bitsOf(into.values);
    fillAbsent(bits, 0, into.count);
    for (let b = this.#parts.length - 1; b >= 0; b--) {
      const part = this.#parts[b]!;
      const partBits = bitsOf(part.values);
      const rows = union.rows[b]!;
      for (let row = 0; row < part.count; row++) {
        if (isAbsentAt(partBits, row)) continue;
        bits[2 * rows[row]!] = partBits[2 * row]!;
        bits[2 * rows[row]! + 1] = partBits[2 * row + 1]!;
      }
    }
  }

  #placeHistograms(union: Union): (Histogram | undefined)[] {
    const histograms: (Histogram | undefined)[] = Array.from({ length: union.times.length });
    for (let b = this.#parts.length - 1; b >= 0; b--) {
      const part = this.#parts[b]!;
      const partBits = bitsOf(part.values);
      for (let row = 0; row < part.count; row++) {
        const histogram = part.histograms?.[row];
        if (histogram !== undefined || !isAbsentAt(partBits, row))
          histograms[union.rows[b]![row]!] = histogram;
      }
    }
    if (!union.isChain) forgetHints(histograms);
    return histograms;
  }
}

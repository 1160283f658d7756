// A stretch of a generation's samples as a block takes it in, in any thread.

import { millis, seriesId } from "../../model/index.ts";
import type { BlockColumn, BlockSource } from "../block/index.ts";
import { labelSymbolsOf, type SeriesLabels } from "../head/series-labels.ts";
import { createRun, dropRanges, type Run, type TimeRange } from "../query/run.ts";
import { LateReader, type LateRange, type LateShare } from "./reader.ts";

/** A generation that blocks are written of. Postable. */
export interface LateGeneration {
  readonly share: LateShare;
  /** The series of each column. */
  readonly series: Uint32Array;
}

/** The samples in `range` that are not deleted. Arrays are valid until the next call. */
export function lateBlockSource(
  labels: SeriesLabels,
  { share, series }: LateGeneration,
  range: LateRange,
  deleted: ReadonlyMap<number, readonly TimeRange[]>,
): BlockSource {
  const reader = new LateReader([share]);
  const run = createRun();
  const read = (column: number): Run => {
    reader.read(share.table, column, { from: range.from, to: range.to - 1 }, run);
    dropRanges(run, deleted.get(series[column]!) ?? []);
    return run;
  };
  const shared = sharedTimes(series.length, read);
  return {
    from: millis(range.from),
    to: millis(range.to),
    seriesCount: series.length,
    symbolCount: labels.symbols.count,
    symbol: (id) => labels.symbols.text(id),
    labelsMax: labels.labelsMax,
    labelSymbols: (column, into) => labelSymbolsOf(labels, seriesId(series[column]!), into),
    timelineCount: shared.timelines.length,
    timeline: (index) => shared.timelines[index]!,
    read: (column, into) => fill(into, read(column), shared, column),
  };
}

/** Times that several columns have. */
interface SharedTimes {
  readonly timelines: readonly Float64Array[];
  readonly numbers: Int32Array; // Of each column; -1: times of its own.
}

function fill(into: BlockColumn, run: Run, shared: SharedTimes, column: number): void {
  into.timeline = shared.numbers[column]!;
  into.count = run.count;
  into.times = run.times;
  into.values = run.values;
  into.histograms = run.histograms;
}

// A backfill sends series after series with the same times, which a block then holds once.
function sharedTimes(columnCount: number, read: (column: number) => Run): SharedTimes {
  const firsts = new Map<string, number>(); // First column of each hash; its times are not kept until a second comes.
  const timelines: Float64Array[] = [];
  const numbers = new Int32Array(columnCount).fill(-1);
  for (let column = 0; column < columnCount; column++) {
    const { count, times } = read(column);
    if (count === 0) continue;
    const key = hashOf(times, count);
    const first = firsts.get(key);
    if (first === undefined) {
      firsts.set(key, column);
      continue;
    }
    const own = times.slice(0, count);
    if (numbers[first] === -1) {
      const before = read(first);
      if (!sameTimes(before.times.subarray(0, before.count), own)) continue;
      numbers[first] = timelines.push(own) - 1;
    }
    if (sameTimes(timelines[numbers[first]!]!, own)) numbers[column] = numbers[first]!;
  }
  return { timelines, numbers };
}

function hashOf(times: Float64Array, count: number): string {
  let hash = 0;
  for (let i = 0; i < count; i++) hash = (Math.imul(hash, 31) + (times[i]! % 2 ** 32)) | 0;
  return `${count} ${times[0]} ${times[count - 1]} ${hash}`;
}

function sameTimes(a: Float64Array, b: Float64Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

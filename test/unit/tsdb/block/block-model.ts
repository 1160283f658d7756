import {
  bitsOf,
  compareLabels,
  compareText,
  isAbsentAt,
  isStaleAt,
  labelsKey,
  labelValue,
  millis,
  type CompiledMatcher,
  type Histogram,
  type Labels,
} from "../../../../src/model/index.ts";
import { createSeriesSamples } from "../../../../src/storage/index.ts";
import type { BlockReader } from "../../../../src/tsdb/block/index.ts";
import type { ListedSeries } from "./list-source.ts";
import type { RandomBlock } from "./random-source.ts";

export interface PlainSample {
  readonly time: number;
  readonly bits: string; // Of a float.
  readonly histogram: Histogram | undefined;
}

function samplesOf(
  columns: {
    readonly times: Float64Array;
    readonly values: Float64Array;
    readonly histograms?: readonly (Histogram | undefined)[] | undefined;
  },
  count: number,
  range: { readonly from: number; readonly to: number },
): PlainSample[] {
  const bits = bitsOf(columns.values);
  const samples: PlainSample[] = [];
  for (let row = 0; row < count; row++) {
    const time = columns.times[row]!;
    const histogram = columns.histograms?.[row];
    if (time < range.from || time > range.to) continue;
    if (histogram === undefined && isAbsentAt(bits, row)) continue;
    const word = histogram === undefined ? `${bits[2 * row + 1]}:${bits[2 * row]}` : "";
    samples.push({ time, bits: word, histogram });
  }
  return samples;
}

export function expectedSamples(
  block: RandomBlock,
  series: ListedSeries,
  range: { from: number; to: number },
): PlainSample[] {
  const times = typeof series.times === "number" ? block.timelines[series.times]! : series.times;
  return samplesOf({ ...series, times }, series.values.length, range);
}

export const EVER = { from: -1e15, to: 1e15 };

export function blockOrder(a: Labels, b: Labels): number {
  return compareText(labelValue(a, "__name__"), labelValue(b, "__name__")) || compareLabels(a, b);
}

export function passes(labels: Labels, matchers: readonly CompiledMatcher[]): boolean {
  return matchers.every((matcher) => matcher.matches(labelValue(labels, matcher.matcher.name)));
}

/** Samples by label set, without series that have none in the range. */
export function expectedAnswer(
  block: RandomBlock,
  matchers: readonly CompiledMatcher[],
  range: { from: number; to: number },
): Map<string, PlainSample[]> {
  const answer = new Map<string, PlainSample[]>();
  for (const series of block.series.toSorted((a, b) => blockOrder(a.labels, b.labels))) {
    const samples = expectedSamples(block, series, range);
    if (samples.length > 0 && passes(series.labels, matchers)) answer.set(labelsKey(series.labels), samples);
  }
  return answer;
}

/** The same from a block, in its order; also what its columns claim wrongly. */
export function answerOf(
  reader: BlockReader,
  matchers: readonly CompiledMatcher[],
  range: { from: number; to: number },
): { samples: Map<string, PlainSample[]>; wrongClaims: string[] } {
  const samples = new Map<string, PlainSample[]>();
  const wrongClaims: string[] = [];
  const timesOfTimeline = new Map<number, string>();
  const selection = reader.select(matchers, millis(range.from), millis(range.to));
  const into = createSeriesSamples();
  for (let index = 0; index < selection.seriesCount; index++) {
    const key = labelsKey(selection.labels(index));
    selection.read(index, into);
    if (into.count > 0) samples.set(key, samplesOf(into, into.count, EVER));
    const bits = bitsOf(into.values);
    let stale = false;
    for (let row = 0; row < into.count; row++) {
      stale ||= into.histograms?.[row] === undefined ? isStaleAt(bits, row) : into.histograms[row]!.stale;
    }
    if (into.hasStale !== stale) wrongClaims.push(`${key} hasStale`);
    if (into.timeline < 0) continue;
    const times = into.times.slice(0, into.count).join();
    if ((timesOfTimeline.get(into.timeline) ?? times) !== times) wrongClaims.push(`${key} timeline`);
    timesOfTimeline.set(into.timeline, times);
  }
  selection.close();
  return { samples, wrongClaims };
}

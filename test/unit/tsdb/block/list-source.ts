import { labelEntries, millis, type Histogram, type Labels } from "../../../../src/model/index.ts";
import type { BlockColumn, BlockSource } from "../../../../src/tsdb/block/index.ts";

/** A series as a test writes it down. */
export interface ListedSeries {
  readonly labels: Labels;
  /** Number of a shared timeline, or times of its own. */
  readonly times: number | Float64Array;
  readonly values: Float64Array; // One a row, absent markers allowed.
  readonly histograms?: readonly (Histogram | undefined)[];
}

/** A source over plain lists. */
export function listSource(input: {
  readonly from: number;
  readonly to: number;
  readonly timelines: readonly Float64Array[];
  readonly series: readonly ListedSeries[];
}): BlockSource {
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
  const pairs = input.series.map(({ labels }) =>
    [...labelEntries(labels)].flatMap(([name, value]) => [idOf(name), idOf(value)]),
  );
  return {
    from: millis(input.from),
    to: millis(input.to),
    seriesCount: input.series.length,
    symbolCount: symbols.length,
    symbol: (id) => symbols[id]!,
    labelsMax: Math.max(0, ...pairs.map((ids) => ids.length / 2)),
    labelSymbols(series, into) {
      into.set(pairs[series]!);
      return pairs[series]!.length;
    },
    timelineCount: input.timelines.length,
    timeline: (index) => input.timelines[index]!,
    read(number, into: BlockColumn) {
      const series = input.series[number]!;
      into.timeline = typeof series.times === "number" ? series.times : -1;
      into.times = typeof series.times === "number" ? new Float64Array(0) : series.times;
      into.count = series.values.length;
      into.values = series.values;
      into.histograms = series.histograms;
    },
  };
}

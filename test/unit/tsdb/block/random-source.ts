import * as fc from "fast-check";
import {
  bitsOf,
  labelsFromRecord,
  setAbsentAt,
  setStaleAt,
  type Histogram,
} from "../../../../src/model/index.ts";
import type { ListedSeries } from "./list-source.ts";

/** A small random stream with a seed, so that big inputs need no big fast-check values. */
export function randomStream(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

export interface RandomBlock {
  readonly from: number;
  readonly to: number;
  readonly timelines: readonly Float64Array[];
  readonly series: readonly ListedSeries[];
}

/** What a random block is made from. */
export interface BlockShape {
  readonly seed: number;
  readonly from: number;
  readonly seriesCount: number;
  readonly rowsMax: number;
}

export const blockShape: fc.Arbitrary<BlockShape> = fc.record({
  seed: fc.integer(),
  from: fc.constantFrom(0, 7_200_000, 1_700_000_000_000, -7_200_000),
  seriesCount: fc.constantFrom(0, 1, 3, 64, 65, 150),
  rowsMax: fc.constantFrom(1, 30, 129, 512, 513, 1300),
});

/** Sources of values: each gives value `row` of a series. */
const WAYS: readonly ((random: () => number, row: number) => number)[] = [
  () => 7,
  () => -0,
  (_, row) => row * 5,
  (random, row) => row * 1000 + Math.floor(random() * 10),
  (random) => Math.floor(random() * 1000) / 10,
  (random) => random() * 1e9,
  (random) => (random() < 0.95 ? 3 : 2 ** 50),
  (random) => Math.floor(2 ** (random() * random() * 34)),
  (random) => Math.round(500_000 + 40_000 * (random() + random() + random() + random() - 2) ** 3) / 1e9,
  (random) => [Infinity, -Infinity, 0, 1e300, 5e-324][Math.floor(random() * 5)]!,
];

/** The block that `shape` stands for; always the same for the same shape. */
export function randomBlock(shape: BlockShape): RandomBlock {
  const random = randomStream(shape.seed + shape.from);
  const pick = (count: number): number => Math.floor(random() * count);
  // Of their own, so that one seed gives the same label sets whatever the times.
  const labelRandom = randomStream(shape.seed);
  const pickLabel = (count: number): number => Math.floor(labelRandom() * count);
  const to = shape.from + 7_200_000;
  const timelines = Array.from({ length: 1 + pick(4) }, () => randomTimes(random, shape, to));
  const series: ListedSeries[] = [];
  const labelSets = new Set<string>();
  while (series.length < shape.seriesCount) {
    const record: Record<string, string> = {};
    if (labelRandom() < 0.95) record["__name__"] = `metric_${pickLabel(5)}`;
    for (let i = pickLabel(5); i > 0; i--) {
      record[`label_${pickLabel(4)}`] = ["a", "b", "ü🚀", "", "z"][pickLabel(5)]!;
    }
    record["id"] = `${pickLabel(100_000)}`;
    const key = JSON.stringify(labelsFromRecord(record));
    if (labelSets.has(key)) continue;
    labelSets.add(key);
    const times = random() < 0.8 ? pick(timelines.length) : randomTimes(random, shape, to);
    const rows = typeof times === "number" ? timelines[times]!.length : times.length;
    series.push({ labels: labelsFromRecord(record), times, ...randomColumn(random, rows) });
  }
  return { from: shape.from, to, timelines, series };
}

function randomTimes(random: () => number, shape: BlockShape, to: number): Float64Array {
  const count = 1 + Math.floor(random() * shape.rowsMax);
  const step = Math.floor((to - shape.from) / count);
  const jitter = random() < 0.5 ? 1 : step;
  return Float64Array.from(
    { length: count },
    (_, row) => shape.from + row * step + Math.floor(random() * jitter),
  );
}

function randomColumn(random: () => number, rows: number): Pick<ListedSeries, "values" | "histograms"> {
  const values = new Float64Array(rows);
  const bits = bitsOf(values);
  const way = WAYS[Math.floor(random() * WAYS.length)]!;
  const absent = random() < 0.4 ? random() : 0;
  const stale = random() < 0.2 ? 0.1 : 0;
  const wild = random() < 0.1 ? 0.3 : 0;
  for (let row = 0; row < rows; row++) {
    if (random() < absent) setAbsentAt(bits, row);
    else if (random() < stale) setStaleAt(bits, row);
    else if (random() < wild) {
      bits[2 * row] = random() * 2 ** 32;
      bits[2 * row + 1] = random() * 2 ** 32;
    } else values[row] = way(random, row);
  }
  if (random() > 0.15) return { values };
  const share = random();
  const histograms = Array.from({ length: rows }, () =>
    random() < share ? randomHistogram(random) : undefined,
  );
  return { values, histograms };
}

function randomHistogram(random: () => number): Histogram {
  const floats = random() < 0.3;
  const count = (): number => (floats ? random() * 100 : Math.floor(random() * 1000));
  const buckets = Array.from({ length: Math.floor(random() * 6) }, count);
  return {
    schema: Math.floor(random() * 12) - 3,
    resetHint: (["unknown", "reset", "not_reset", "gauge"] as const)[Math.floor(random() * 4)]!,
    count: count(),
    sum: random() * 1e6,
    stale: false,
    zeroThreshold: random() < 0.5 ? 0 : 1e-128,
    zeroCount: random() < 0.5 ? 0 : count(),
    positiveSpans: buckets.length === 0 ? [] : [{ offset: -3, length: buckets.length }],
    positiveBuckets: buckets,
    negativeSpans:
      random() < 0.5
        ? []
        : [
            { offset: 1, length: 1 },
            { offset: 4, length: 1 },
          ],
    negativeBuckets: [],
    customBounds: random() < 0.8 ? [] : [0.5, 1, 2.5],
  };
}

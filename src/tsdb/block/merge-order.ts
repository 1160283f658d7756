import { compareText, METRIC_NAME } from "../../model/index.ts";
import type { BlockReader, BlockSelection, LabelPair } from "./contract.ts";
import { BREATH_SERIES, type Breathe } from "./write-order.ts";

/** Label pairs of several blocks under one numbering, by name, then value. */
export interface MergedPairs {
  readonly pairs: readonly LabelPair[];
  readonly numbers: readonly Uint32Array[]; // Merged number of each block's pairs.
  readonly metrics: Uint8Array; // 1 for pairs that are a metric's name.
}

/** Series of all blocks in order; `indexes[b][s]` is series `s`'s place in block `b`'s selection, or -1. */
export interface MergedSeries {
  readonly count: number;
  readonly indexes: readonly Int32Array[];
}

/** Numbers the pairs of all blocks. */
export function mergePairs(readers: readonly BlockReader[]): MergedPairs {
  const lists = readers.map((reader) => [...reader.pairs()]);
  const numbers = lists.map((list) => new Uint32Array(list.length));
  const heads = lists.map(() => 0);
  const pairs: LabelPair[] = [];
  for (;;) {
    let least: LabelPair | undefined;
    for (const [b, list] of lists.entries()) {
      const head = list[heads[b]!];
      if (head !== undefined && (least === undefined || comparePairs(head, least) < 0)) least = head;
    }
    if (least === undefined) break;
    for (const [b, list] of lists.entries()) {
      const head = list[heads[b]!];
      if (head === undefined || comparePairs(head, least) !== 0) continue;
      numbers[b]![heads[b]!++] = pairs.length;
    }
    pairs.push(least);
  }
  return { pairs, numbers, metrics: Uint8Array.from(pairs, ({ name }) => (name === METRIC_NAME ? 1 : 0)) };
}

// A value that cannot be read may stand anywhere: no series of a selection has it.
function comparePairs(a: LabelPair, b: LabelPair): number {
  return compareText(a.name, b.name) || compareText(a.value ?? "", b.value ?? "");
}

/** Series of all selections, which are in the block's order each, so that the smallest head of all is always next. */
export async function mergeSeries(
  selections: readonly BlockSelection[],
  merged: MergedPairs,
  breathe: Breathe,
): Promise<MergedSeries> {
  const places = selections.map(() => 0);
  const indexes: number[][] = selections.map(() => []);
  const headOf = (b: number): Uint32Array | undefined =>
    places[b]! < selections[b]!.seriesCount
      ? selections[b]!.labelPairs(places[b]!).map((pair) => merged.numbers[b]![pair]!)
      : undefined;
  const heads = selections.map((_, b) => headOf(b));
  let count = 0;
  for (;;) {
    let least: Uint32Array | undefined;
    for (const head of heads) {
      if (head !== undefined && (least === undefined || compareSeries(head, least, merged.metrics) < 0)) {
        least = head;
      }
    }
    if (least === undefined) break;
    for (let b = 0; b < heads.length; b++) {
      const head = heads[b];
      const isSame =
        head !== undefined && (head === least || compareSeries(head, least, merged.metrics) === 0);
      indexes[b]!.push(isSame ? places[b]! : -1);
      if (!isSame) continue;
      places[b]!++;
      heads[b] = headOf(b);
    }
    count++;
    if (count % BREATH_SERIES === 0) await breathe?.();
  }
  return { count, indexes: indexes.map((list) => Int32Array.from(list)) };
}

// By metric name, series without one first, then pair by pair.
function compareSeries(a: Uint32Array, b: Uint32Array, metrics: Uint8Array): number {
  const byMetric = metricOf(a, metrics) - metricOf(b, metrics);
  if (byMetric !== 0) return byMetric;
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}

function metricOf(pairs: Uint32Array, metrics: Uint8Array): number {
  for (const pair of pairs) if (metrics[pair] === 1) return pair;
  return -1;
}

import { compareText, METRIC_NAME } from "../../model/index.ts";
import type { BlockSource } from "./contract.ts";

/** Lets other work of the thread run; see `WriteBlockOptions.breathe`. */
export type Breathe = (() => Promise<void>) | undefined;

/** Series after which a loop over all of them breathes: some 5 ms. */
export const BREATH_SERIES = 2048;

/** Symbols of a source by their order as text. */
export interface SymbolRanks {
  readonly ranks: Uint32Array; // Rank of each symbol id that a series uses; ranks ascend with the texts' bytes.
  readonly texts: readonly string[]; // Text of each rank.
}

/** Ranks the symbols that the source's series use. */
export async function rankSymbols(source: BlockSource, breathe: Breathe): Promise<SymbolRanks> {
  const used = new Uint8Array(source.symbolCount);
  const pairs = new Uint32Array(2 * source.labelsMax);
  for (let series = 0; series < source.seriesCount; series++) {
    const count = source.labelSymbols(series, pairs);
    for (let i = 0; i < count; i++) used[pairs[i]!] = 1;
    if (series % BREATH_SERIES === 0) await breathe?.();
  }
  const symbols: { readonly id: number; readonly text: string }[] = [];
  for (let id = 0; id < used.length; id++) if (used[id] === 1) symbols.push({ id, text: source.symbol(id) });
  const sorted = symbols.toSorted((a, b) => compareText(a.text, b.text));
  const ranks = new Uint32Array(source.symbolCount);
  sorted.forEach((symbol, rank) => {
    ranks[symbol.id] = rank;
  });
  return { ranks, texts: sorted.map((symbol) => symbol.text) };
}

/** Series of a source in the order of a block: by metric name, then by all labels. */
export async function orderSeries(
  source: BlockSource,
  symbols: SymbolRanks,
  breathe: Breathe,
): Promise<Uint32Array> {
  const { seriesCount } = source;
  const pairs = new Uint32Array(2 * source.labelsMax);
  const nameRank = symbols.texts.indexOf(METRIC_NAME);
  // Metric rank and series number in one number, so that the engine's own sort of numbers does most of the work.
  const keys = new Float64Array(seriesCount);
  for (let series = 0; series < seriesCount; series++) {
    const count = source.labelSymbols(series, pairs);
    let metric = 0; // Series without a name come first.
    for (let i = 0; i < count; i += 2) {
      if (symbols.ranks[pairs[i]!] === nameRank) metric = symbols.ranks[pairs[i + 1]!]! + 1;
    }
    keys[series] = metric * 2 ** 32 + series;
    if (series % BREATH_SERIES === 0) await breathe?.();
  }
  keys.sort();
  const order = new Uint32Array(seriesCount);
  for (let i = 0; i < seriesCount; i++) order[i] = keys[i]! % 2 ** 32;
  for (let from = 0; from < seriesCount;) {
    const metric = Math.floor(keys[from]! / 2 ** 32);
    let to = from + 1;
    while (to < seriesCount && Math.floor(keys[to]! / 2 ** 32) === metric) to++;
    if (to - from > 1) sortByLabels(source, symbols.ranks, order.subarray(from, to));
    if (Math.floor(to / BREATH_SERIES) > Math.floor(from / BREATH_SERIES)) await breathe?.();
    from = to;
  }
  return order;
}

// Sorts series of one metric; only these labels are in memory at a time.
function sortByLabels(source: BlockSource, ranks: Uint32Array, series: Uint32Array): void {
  const pairs = new Uint32Array(2 * source.labelsMax);
  const ends = new Uint32Array(series.length + 1);
  let all = new Uint32Array(series.length * 16);
  series.forEach((number, i) => {
    const count = source.labelSymbols(number, pairs);
    const start = ends[i]!;
    if (start + count > all.length) {
      const grown = new Uint32Array(2 * (start + count));
      grown.set(all);
      all = grown;
    }
    for (let k = 0; k < count; k++) all[start + k] = ranks[pairs[k]!]!;
    ends[i + 1] = start + count;
  });
  const positions = Uint32Array.from(series, (_, i) => i);
  positions.sort((a, b) => {
    const startA = ends[a]!;
    const startB = ends[b]!;
    const shared = Math.min(ends[a + 1]! - startA, ends[b + 1]! - startB);
    for (let k = 0; k < shared; k++) {
      const difference = all[startA + k]! - all[startB + k]!;
      if (difference !== 0) return difference;
    }
    return ends[a + 1]! - startA - (ends[b + 1]! - startB);
  });
  series.set(Uint32Array.from(positions, (position) => series[position]!));
}

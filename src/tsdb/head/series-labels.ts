import type { SeriesId } from "../../model/index.ts";

/** Labels of series as numbers: the index of a head, or a copy of it in another thread. */
export interface SeriesLabels {
  readonly symbols: { readonly count: number; text(id: number): string };
  readonly pairs: { nameOf(pair: number): number; valueOf(pair: number): number };
  readonly labelsMax: number;
  labelCount(series: SeriesId): number;
  pairAt(series: SeriesId, index: number): number;
}

/** Writes the symbols of a series' names and values in turns to `into`; returns how many. */
export function labelSymbolsOf(labels: SeriesLabels, series: SeriesId, into: Uint32Array): number {
  const count = labels.labelCount(series);
  for (let i = 0; i < count; i++) {
    const pair = labels.pairAt(series, i);
    into[2 * i] = labels.pairs.nameOf(pair);
    into[2 * i + 1] = labels.pairs.valueOf(pair);
  }
  return 2 * count;
}

// Giving the series new numbers without those that are gone, so that an index does not grow with all that ever was.

import { seriesId, type SeriesId } from "../../model/index.ts";
import { SeriesIndex } from "../index/series-index.ts";
import type { Head } from "./head.ts";

/**
 * Renumbers the series that are alive or have a column, in their order. Nobody may hold an old number over the call.
 * Returns the new number of each old one, -1 for those that are gone.
 */
export function compactSeries(head: Head): Int32Array {
  const old = head.index;
  const index = new SeriesIndex();
  const newIds = new Int32Array(old.count).fill(-1);
  const newPairs = new Int32Array(old.pairs.count).fill(-1);
  const newSymbols = new Int32Array(old.symbols.count).fill(-1);
  const symbolOf = (symbol: number): number => {
    if (newSymbols[symbol] === -1) newSymbols[symbol] = index.symbols.intern(old.symbols.text(symbol));
    return newSymbols[symbol]!;
  };
  const scratch = new Uint32Array(old.labelsMax);
  for (let id = 0; id < old.count; id++) {
    const series = seriesId(id);
    if (old.isRemoved(series) && head.columns.first(series) === 0) continue;
    const length = old.labelCount(series);
    for (let i = 0; i < length; i++) {
      const pair = old.pairAt(series, i);
      if (newPairs[pair] === -1) {
        const name = symbolOf(old.pairs.nameOf(pair));
        newPairs[pair] = index.pairs.intern({ name, value: symbolOf(old.pairs.valueOf(pair)) });
      }
      scratch[i] = newPairs[pair]!;
    }
    const added: SeriesId = index.internPairs(scratch, length);
    if (old.isRemoved(series)) index.remove(added);
    newIds[id] = added;
  }
  head.renumberSeries(index, newIds);
  return newIds;
}

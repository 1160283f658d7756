// Label names, values and label sets of the series that pass a set of matchers.

import { compareText, seriesId, type CompiledMatcher, type Labels } from "../../model/index.ts";
import { resolveMatchers } from "./resolve.ts";
import type { SeriesIndex } from "./series-index.ts";

/** Label sets in order of creation. */
export function lookUpSeries(index: SeriesIndex, matchers: readonly CompiledMatcher[]): Labels[] {
  return Array.from(resolveMatchers(index, matchers), (id) => index.labels(seriesId(id)));
}

/** Label names, in no order. */
export function lookUpNames(index: SeriesIndex, matchers: readonly CompiledMatcher[]): string[] {
  const { pairs, symbols } = index;
  if (matchers.length === 0 && index.removedCount === 0) {
    return Array.from(pairs.nameSymbols(), (name) => symbols.text(name));
  }
  const names = new Set<number>();
  for (const id of resolveMatchers(index, matchers)) {
    const series = seriesId(id);
    for (let i = 0; i < index.labelCount(series); i++) names.add(pairs.nameOf(index.pairAt(series, i)));
  }
  return Array.from(names, (name) => symbols.text(name));
}

/** Values of a label in the order in which the series came that have them, the first `limit` of them. */
export function lookUpValues(
  index: SeriesIndex,
  name: string,
  matchers: readonly CompiledMatcher[],
  limit: number,
): string[] {
  const { pairs, symbols } = index;
  const nameSymbol = symbols.find(name);
  const ofName = nameSymbol < 0 ? undefined : pairs.ofName(nameSymbol);
  if (ofName === undefined) return [];
  if (matchers.length === 0 && index.removedCount === 0) {
    const first = ofName.pairs.subarray(0, Math.min(ofName.count, limit));
    return Array.from(first, (pair) => symbols.text(pairs.valueOf(pair)));
  }
  const found = new Set<number>();
  for (const id of resolveMatchers(index, matchers)) {
    const pair = index.pairOfName(seriesId(id), nameSymbol);
    if (pair >= 0) found.add(pair);
    if (found.size >= limit) break;
  }
  return Array.from(found, (pair) => symbols.text(pairs.valueOf(pair)));
}

const SURROGATE = /[\ud800-\udfff]/;

/** Sorted by bytes. */
export function sortTexts(texts: readonly string[]): string[] {
  // The engine's own order is that of the bytes except for surrogates, and twice as fast as a comparison
  // of ours.
  return texts.some((text) => SURROGATE.test(text)) ? texts.toSorted(compareText) : texts.toSorted();
}

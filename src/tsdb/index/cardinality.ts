// What makes the head large: lists for the status page. Spec TSDB-40.

import { compareText, METRIC_NAME, seriesId } from "../../model/index.ts";
import type { CardinalityStats, NamedCount } from "../../storage/index.ts";
import type { SeriesIndex } from "./series-index.ts";

/**
 * The `limit` largest of each list, descending; series that were removed are left out. The bytes of a label name are
 * those of the name and its value in every series, as Prometheus keeps them, where none are shared.
 * Source: Prometheus tsdb/index/postings.go, Stats.
 */
export function measureCardinality(index: SeriesIndex, limit: number): CardinalityStats {
  const { pairs, symbols } = index;
  const counts = pairCounts(index);
  const seriesByMetric: NamedCount[] = [];
  const valuesByLabel: NamedCount[] = [];
  const bytesByLabel: NamedCount[] = [];
  const seriesByPair: NamedCount[] = [];
  let labelPairs = 0;
  for (const nameSymbol of pairs.nameSymbols()) {
    const name = symbols.text(nameSymbol);
    const ofName = pairs.ofName(nameSymbol)!;
    let values = 0;
    let bytes = 0;
    for (let i = 0; i < ofName.count; i++) {
      const pair = ofName.pairs[i]!;
      const series = counts[pair]!;
      if (series === 0) continue;
      const value = symbols.text(pairs.valueOf(pair));
      values++;
      bytes += (storedBytes(name) + storedBytes(value)) * series;
      seriesByPair.push({ name: `${name}=${value}`, value: series });
      if (name === METRIC_NAME) seriesByMetric.push({ name: value, value: series });
    }
    if (values === 0) continue;
    labelPairs += values;
    valuesByLabel.push({ name, value: values });
    bytesByLabel.push({ name, value: bytes });
  }
  return {
    labelPairs,
    seriesByMetric: largest(seriesByMetric, limit),
    valuesByLabel: largest(valuesByLabel, limit),
    bytesByLabel: largest(bytesByLabel, limit),
    seriesByPair: largest(seriesByPair, limit),
  };
}

// With the length in front: one byte, or four for a long text.
function storedBytes(text: string): number {
  const bytes = Buffer.byteLength(text);
  return bytes + (bytes < 255 ? 1 : 4);
}

// Series alive by pair.
function pairCounts(index: SeriesIndex): Uint32Array {
  const counts = new Uint32Array(index.pairs.count);
  for (let pair = 0; pair < counts.length; pair++) counts[pair] = index.pairs.seriesCountOf(pair);
  if (index.removedCount === 0) return counts;
  for (let id = 0; id < index.count; id++) {
    const series = seriesId(id);
    if (!index.isRemoved(series)) continue;
    for (let i = 0; i < index.labelCount(series); i++) {
      const pair = index.pairAt(series, i);
      counts[pair] = counts[pair]! - 1;
    }
  }
  return counts;
}

function largest(items: readonly NamedCount[], limit: number): NamedCount[] {
  return items.toSorted((a, b) => b.value - a.value || compareText(a.name, b.name)).slice(0, limit);
}

// Putting the series of head and blocks into one list, each label set once.

import { labelsKey, type CompiledMatcher } from "../../model/index.ts";
import type { BlockSelection } from "../block/index.ts";
import { resolveMatchers } from "../index/resolve.ts";
import type { SeriesIndex } from "../index/series-index.ts";
import type { BlockPart } from "./selection.ts";

/** Which series of the head a block's series are; found as they are needed and kept. */
export class BlockSeriesMap {
  readonly #headIds: Int32Array; // By number in the block; -1: none when it was last looked up.
  readonly #lookedUp: Float64Array; // Series that the head had then, plus 1; 0: never.

  constructor(seriesCount: number) {
    this.#headIds = new Int32Array(seriesCount);
    this.#lookedUp = new Float64Array(seriesCount);
  }

  /** Id in the head of series `i` of a selection of the block, or -1. */
  headId(index: SeriesIndex, selection: BlockSelection, i: number): number {
    const number = selection.seriesNumber(i);
    const seen = this.#lookedUp[number]!;
    if (seen > 0 && (this.#headIds[number]! >= 0 || seen === index.count + 1)) return this.#headIds[number]!;
    const id = index.find(selection.labels(i));
    this.#headIds[number] = id;
    this.#lookedUp[number] = index.count + 1;
    return id;
  }
}

export interface UnitedSeries {
  readonly headSeries: Uint32Array; // Ascending ids.
  readonly blockOnly: Uint32Array; // As in `SelectionState`.
  readonly blocks: BlockPart[];
}

/** Series that pass the matchers: those of the head (when `inHead`), and those of the blocks' selections. */
export function uniteSeries(
  index: SeriesIndex,
  matchers: readonly CompiledMatcher[],
  inHead: boolean,
  selections: readonly { readonly selection: BlockSelection; readonly map: BlockSeriesMap }[],
): UnitedSeries {
  const ofHead = inHead ? resolveMatchers(index, matchers) : new Uint32Array(0);
  const ids = selections.map(({ selection, map }) => {
    const found = new Int32Array(selection.seriesCount);
    for (let i = 0; i < found.length; i++) found[i] = map.headId(index, selection, i);
    return found;
  });
  const headSeries = unite(ofHead, ids);
  const blockOnly: number[] = [];
  const placeOfKey = new Map<string, number>();
  const places = selections.map(({ selection }, part) =>
    ids[part]!.map((id, i) => {
      if (id >= 0) return placeOf(headSeries, id);
      const key = labelsKey(selection.labels(i));
      let place = placeOfKey.get(key);
      if (place === undefined) {
        place = headSeries.length + blockOnly.length / 2;
        placeOfKey.set(key, place);
        blockOnly.push(part, i);
      }
      return place;
    }),
  );
  const total = headSeries.length + blockOnly.length / 2;
  const blocks = selections.map(({ selection }, part) => {
    const indexes = new Int32Array(total).fill(-1);
    places[part]!.forEach((place, i) => (indexes[place] = i));
    return { selection, indexes };
  });
  return { headSeries, blockOnly: Uint32Array.from(blockOnly), blocks };
}

// Both ascending and unique; most often the blocks name no series that the head does not.
function unite(ofHead: Uint32Array, ids: readonly Int32Array[]): Uint32Array {
  const missing = new Set<number>();
  for (const found of ids) for (const id of found) if (id >= 0 && placeOf(ofHead, id) < 0) missing.add(id);
  if (missing.size === 0) return ofHead;
  const united = new Uint32Array(ofHead.length + missing.size);
  united.set(ofHead);
  united.set(Uint32Array.from(missing), ofHead.length);
  return united.toSorted();
}

// Where `id` stands among ascending ids, or -1.
function placeOf(ids: Uint32Array, id: number): number {
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ids[middle]! < id) low = middle + 1;
    else high = middle;
  }
  return ids[low] === id ? low : -1;
}

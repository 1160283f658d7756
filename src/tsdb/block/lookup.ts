import type { CompiledMatcher } from "../../model/index.ts";
import type { BlockIndex } from "./block-index.ts";
import { GROUP_SIZE, type SeriesGroup } from "./groups.ts";
import type { Root } from "./header.ts";
import { allNumbers, intersect, subtract, unite } from "./postings.ts";

/**
 * Numbers of the series passing all matchers, ascending. A missing label counts as "". A series whose labels a
 * damaged page held may be among them.
 */
export function findSeries(index: BlockIndex, root: Root, matchers: readonly CompiledMatcher[]): Uint32Array {
  const wanted: PairSet[] = []; // A series must have a pair of each.
  const unwanted: number[] = []; // Pairs none of which a series may have.
  for (const matcher of matchers) {
    if (matcher.matchesEmpty) {
      unwanted.push(...pairsOf(index, root, matcher, false));
      continue;
    }
    const pairs = pairsOf(index, root, matcher, true);
    if (pairs.length === 0) return new Uint32Array(0);
    wanted.push({ pairs, bytes: postingsBytes(index, root, pairs) });
  }
  let found: Uint32Array | undefined;
  for (const { pairs, bytes } of wanted.toSorted((a, b) => a.bytes - b.bytes)) {
    if (found === undefined) found = seriesWithAny(index, root, pairs);
    else if (found.length * SERIES_COST < bytes) found = keepByLabels(index, root, found, pairs, true);
    else found = intersect(found, seriesWithAny(index, root, pairs));
    if (found.length === 0) return found;
  }
  found ??= allNumbers(index.header.seriesCount);
  if (unwanted.length === 0) return found;
  if (found.length * SERIES_COST < postingsBytes(index, root, unwanted)) {
    return keepByLabels(index, root, found, unwanted, false);
  }
  return subtract(found, seriesWithAny(index, root, unwanted));
}

/** Pairs of one label, any of which will do. */
interface PairSet {
  readonly pairs: readonly number[];
  readonly bytes: number; // Of their postings.
}

// Looking at the labels of one series takes as long as reading this many bytes of postings.
const SERIES_COST = 8;

function postingsBytes(index: BlockIndex, root: Root, pairs: readonly number[]): number {
  let bytes = 0;
  for (const pair of pairs) bytes += index.postingsBytes(root, pair) ?? 0;
  return bytes;
}

// Series that have (or do not have) any of the pairs. Those whose labels cannot be read are out.
function keepByLabels(
  index: BlockIndex,
  root: Root,
  series: Uint32Array,
  pairs: readonly number[],
  having: boolean,
): Uint32Array {
  const wanted = new Set(pairs);
  return series.filter((number) => {
    const group = index.seriesGroup(root, number);
    return group !== undefined && hasAny(group, number % GROUP_SIZE, wanted) === having;
  });
}

function hasAny(group: SeriesGroup, entry: number, pairs: ReadonlySet<number>): boolean {
  for (let i = group.pairEnds[entry]!; i < group.pairEnds[entry + 1]!; i++) {
    if (pairs.has(group.pairs[i]!)) return true;
  }
  return false;
}

// Pairs of the matcher's label whose value it passes (or does not).
function pairsOf(index: BlockIndex, root: Root, compiled: CompiledMatcher, passing: boolean): number[] {
  const { matcher, regex } = compiled;
  const name = root.names.indexOf(matcher.name);
  if (name < 0) return [];
  const exact = matcher.kind === "=" || matcher.kind === "!=" ? [matcher.value] : regex?.literals;
  // "=" and the literals of "=~" name what passes, "!=" and those of "!~" what does not.
  const named = matcher.kind === "=" || matcher.kind === "=~";
  const pairs: number[] = [];
  if (exact !== undefined && named === passing) {
    for (const value of exact) {
      const pair = index.findPair(root, name, value);
      if (pair >= 0) pairs.push(pair);
    }
    return pairs;
  }
  for (let pair = root.firstPairs[name]!; pair < root.firstPairs[name + 1]!; pair++) {
    const value = index.value(root, pair);
    if (value !== undefined && compiled.matches(value) === passing) pairs.push(pair);
  }
  return pairs;
}

function seriesWithAny(index: BlockIndex, root: Root, pairs: readonly number[]): Uint32Array {
  const lists: Uint32Array[] = [];
  for (const pair of pairs) {
    const postings = index.postings(root, pair);
    // Labels say the same as postings, only slower.
    if (postings === undefined) return scanForAny(index, root, new Set(pairs));
    lists.push(postings);
  }
  return unite(lists, index.header.seriesCount);
}

function scanForAny(index: BlockIndex, root: Root, pairs: ReadonlySet<number>): Uint32Array {
  const found: number[] = [];
  for (let first = 0; first < index.header.seriesCount; first += GROUP_SIZE) {
    const group = index.seriesGroup(root, first);
    if (group === undefined) continue;
    for (let entry = 0; entry < group.timelines.length; entry++) {
      if (hasAny(group, entry, pairs)) found.push(first + entry);
    }
  }
  return Uint32Array.from(found);
}

/** Pairs that any of the series has, ascending; all pairs in `within` are looked for only. */
export function pairsOfSeries(
  index: BlockIndex,
  root: Root,
  series: Uint32Array,
  within: { readonly from: number; readonly to: number },
): number[] {
  const seen = new Set<number>();
  for (const number of series) {
    const group = index.seriesGroup(root, number);
    if (group === undefined) continue;
    const entry = number % GROUP_SIZE;
    for (let i = group.pairEnds[entry]!; i < group.pairEnds[entry + 1]!; i++) {
      const pair = group.pairs[i]!;
      if (pair >= within.from && pair < within.to) seen.add(pair);
    }
  }
  return [...seen].toSorted((a, b) => a - b);
}

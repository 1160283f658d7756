// From matchers to series ids. A condition that some value must meet gives a list of ids to start from; the
// smallest such list is filtered by the label sets of its series, each distinct pair tested once.

import { seriesId, type CompiledMatcher } from "../../model/index.ts";
import type { SeriesIndex } from "./series-index.ts";

/** Ids of the series that pass all matchers, ascending, removed series left out. */
export function resolveMatchers(index: SeriesIndex, matchers: readonly CompiledMatcher[]): Uint32Array {
  const equal: number[] = []; // Pairs that a series must carry.
  const others: Condition[] = [];
  for (const matcher of matchers) {
    const name = index.symbols.find(matcher.matcher.name);
    if (name < 0) {
      // No series has the label.
      if (!matcher.matchesEmpty) return NO_SERIES;
      continue;
    }
    if (matcher.matcher.kind === "=" && !matcher.matchesEmpty) {
      const pair = index.pairs.find({ name, value: index.symbols.find(matcher.matcher.value) });
      if (pair < 0) return NO_SERIES;
      equal.push(pair);
    } else others.push({ matcher, name, verdicts: new Map() });
  }
  const { start, used, rarest } = startingSeries(index, equal, others);
  // What the start does not warrant is looked up in the label sets of its series.
  const carried = equal.filter((pair) => pair !== rarest);
  const rest = others.filter((condition) => condition !== used);
  return filterSeries(index, start, carried, rest);
}

const VALUES_PER_SERIES = 8;
const NO_SERIES = new Uint32Array(0);

interface Condition {
  readonly matcher: CompiledMatcher;
  readonly name: number; // Symbol.
  readonly verdicts: Map<number, boolean>; // By pair.
}

interface Start {
  readonly start: Uint32Array;
  readonly used: Condition | undefined; // The condition that every series of the start meets.
  readonly rarest: number | undefined; // The pair that every series of the start carries.
}

function startingSeries(index: SeriesIndex, equal: readonly number[], others: readonly Condition[]): Start {
  const { pairs } = index;
  const rarest = equal.toSorted((a, b) => pairs.seriesCountOf(a) - pairs.seriesCountOf(b))[0];
  const size = rarest === undefined ? Infinity : pairs.seriesCountOf(rarest);
  let best: { condition: Condition; pairs: number[]; total: number } | undefined;
  for (const condition of others) {
    if (condition.matcher.matchesEmpty) continue;
    // Testing all values of a label pays only when there are far fewer of them than series to filter.
    if (VALUES_PER_SERIES * (pairs.ofName(condition.name)?.count ?? 0) > size) continue;
    const passing = passingPairs(index, condition);
    let total = 0;
    for (const pair of passing) total += pairs.seriesCountOf(pair);
    if (total < (best?.total ?? size)) best = { condition, pairs: passing, total };
  }
  if (best !== undefined)
    return { start: unionOf(index, best.pairs, best.total), used: best.condition, rarest: undefined };
  if (rarest === undefined) return { start: allSeries(index.count), used: undefined, rarest };
  const start = new Uint32Array(size);
  pairs.readPostings(rarest, start, 0);
  return { start, used: undefined, rarest };
}

function allSeries(count: number): Uint32Array {
  const all = new Uint32Array(count);
  for (let id = 0; id < count; id++) all[id] = id;
  return all;
}

/** Pairs of the condition's name whose value passes, each value tested at most once. */
function passingPairs(index: SeriesIndex, condition: Condition): number[] {
  const { pairs, symbols } = index;
  const { regex, matcher } = condition.matcher;
  if (matcher.kind === "=~" && regex?.literals !== undefined) {
    const passing: number[] = [];
    for (const literal of regex.literals) {
      const pair = pairs.find({ name: condition.name, value: symbols.find(literal) });
      if (pair >= 0) passing.push(pair);
    }
    return passing;
  }
  const passing: number[] = [];
  const ofName = pairs.ofName(condition.name);
  if (ofName === undefined) return passing;
  for (const pair of ofName.pairs.subarray(0, ofName.count)) {
    if (passes(index, condition, pair)) passing.push(pair);
  }
  return passing;
}

function passes(index: SeriesIndex, condition: Condition, pair: number): boolean {
  const known = condition.verdicts.get(pair);
  if (known !== undefined) return known;
  const verdict = condition.matcher.matches(index.symbols.text(index.pairs.valueOf(pair)));
  condition.verdicts.set(pair, verdict);
  return verdict;
}

// Pairs of one name never share a series, so this is a merge without duplicates.
function unionOf(index: SeriesIndex, pairs: readonly number[], total: number): Uint32Array {
  const union = new Uint32Array(total);
  let at = 0;
  for (const pair of pairs) at += index.pairs.readPostings(pair, union, at);
  return pairs.length > 1 ? union.toSorted() : union;
}

function filterSeries(
  index: SeriesIndex,
  start: Uint32Array,
  carried: readonly number[],
  conditions: readonly Condition[],
): Uint32Array {
  if (carried.length === 0 && conditions.length === 0 && index.removedCount === 0) return start;
  const carriedNames = carried.map((pair) => index.pairs.nameOf(pair));
  let kept = 0;
  for (const id of start) {
    const series = seriesId(id);
    if (index.isRemoved(series)) continue;
    let passing = true;
    for (let i = 0; passing && i < carried.length; i++) {
      passing = index.pairOfName(series, carriedNames[i]!) === carried[i];
    }
    for (let i = 0; passing && i < conditions.length; i++) {
      const condition = conditions[i]!;
      const pair = index.pairOfName(series, condition.name);
      passing = pair < 0 ? condition.matcher.matchesEmpty : passes(index, condition, pair);
    }
    if (passing) start[kept++] = id;
  }
  return start.subarray(0, kept);
}

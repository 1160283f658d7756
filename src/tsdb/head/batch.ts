// Batches of loose samples: checked as a whole against the series as they are, then stored.

import { bitsOf, millis, type Histogram, type SeriesId } from "../../model/index.ts";
import type { AppendOutcome, BatchOutcome, Refusal, SeriesBatch } from "../../storage/index.ts";
import type { Head } from "./head.ts";
import type { Lanes, LooseSamples } from "./lanes.ts";
import { AHEAD_MS_MAX, judgeFloat, judgeHistogram, newestOf, sameHistogram } from "./order.ts";
import type { Bounds, Verdict } from "./order.ts";

/** A batch's outcome while it is counted. */
type Tally = { -readonly [Key in keyof AppendOutcome]: AppendOutcome[Key] } & { refusals: Refusal[] };

/** What one series of the batch keeps after the check. */
interface Kept {
  readonly item: SeriesBatch;
  readonly series: SeriesId | -1; // -1: not known yet.
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly histograms: readonly (Histogram | undefined)[] | undefined;
}

function emptyTally(): Tally {
  return { appended: 0, outOfOrder: 0, duplicates: 0, outOfBounds: 0, tooOld: 0, refusals: [] };
}

/** Stores what can be stored of a batch, or with "all-or-nothing" all of it or nothing. */
export function appendBatch(
  head: Head,
  lanes: Lanes,
  batch: readonly SeriesBatch[],
  options: { readonly mode: "all-or-nothing" | "partial"; readonly nowMs: number },
): BatchOutcome {
  const bounds = { low: head.lowerBound(), high: options.nowMs + AHEAD_MS_MAX };
  const tally = emptyTally();
  const kept: Kept[] = [];
  for (const item of batch) {
    const checked = checkItem(head, item, bounds, tally);
    if (checked !== undefined) kept.push(checked);
  }
  if (options.mode === "all-or-nothing" && tally.refusals.length > 0) return { ...tally, appended: 0 };
  const taken = new Set<SeriesId>();
  const first: LooseSamples[] = [];
  const again: SeriesBatch[] = [];
  for (const { item, series, times, values, histograms } of kept) {
    const id = series === -1 ? head.series(item.labels) : series;
    // A series that the batch names twice is checked again once its first samples are stored.
    if (taken.has(id)) again.push(item);
    else first.push({ series: id, labels: item.labels, times, values, histograms });
    taken.add(id);
  }
  for (const samples of first) tally.appended += samples.times.length;
  lanes.store(first);
  for (const item of again) {
    storeAgain(head, lanes, item, { bounds, tally });
  }
  return tally;
}

// What the batch's earlier samples of the same series made late is left out and counted, but not refused.
function storeAgain(
  head: Head,
  lanes: Lanes,
  item: SeriesBatch,
  context: { readonly bounds: Bounds; readonly tally: Tally },
): void {
  const recheck = emptyTally();
  const rest = checkItem(head, item, context.bounds, recheck);
  const { tally } = context;
  tally.appended += recheck.appended;
  tally.outOfOrder += recheck.outOfOrder + recheck.duplicates;
  if (rest === undefined) return;
  const { times, values, histograms } = rest;
  tally.appended += times.length;
  lanes.store([{ series: head.series(item.labels), labels: item.labels, times, values, histograms }]);
}

// Undefined when nothing of it is to be stored.
function checkItem(head: Head, item: SeriesBatch, bounds: Bounds, tally: Tally): Kept | undefined {
  const series = head.index.find(item.labels);
  const newest = newestOf(head, series);
  const { times, values, histograms } = item;
  if (histograms.length === 0 && areFresh(times, Math.max(newest.time, bounds.low - 1), bounds.high)) {
    return times.length === 0 ? undefined : { item, series, times, values, histograms: undefined };
  }
  const bits = bitsOf(values);
  const rows: Row[] = [];
  for (let index = 0; index < times.length; index++) {
    const time = times[index]!;
    const verdict = judgeFloat(newest, bounds, time, bits, index);
    if (verdict.kind === "fresh") rows.push({ time, index, histogram: undefined });
    else refuse(verdict, item, time, tally);
  }
  for (const { time, histogram } of histograms) {
    const verdict = judgeHistogram(newest, bounds, time, histogram);
    if (verdict.kind === "fresh") rows.push({ time, index: -1, histogram });
    else refuse(verdict, item, time, tally);
  }
  const inOrder = orderRows(rows, bits, tally);
  return inOrder.length === 0 ? undefined : keepRows(item, series, inOrder);
}

/** A sample of an item: float `index`, or a histogram. */
interface Row {
  readonly time: number;
  readonly index: number;
  readonly histogram: Histogram | undefined;
}

// All in order, above the newest sample and in bounds: what nearly every item is.
function areFresh(times: Float64Array, above: number, high: number): boolean {
  let previous = above;
  for (let i = 0; i < times.length; i++) {
    if (!(times[i]! > previous)) return false;
    previous = times[i]!;
  }
  return previous <= high || times.length === 0;
}

function refuse(verdict: Verdict, item: SeriesBatch, time: number, tally: Tally): void {
  const refusal = (reason: string): void => {
    tally.refusals.push({ labels: item.labels, time: millis(time), reason });
  };
  switch (verdict.kind) {
    case "fresh":
      break;
    case "repeated":
      tally.appended++;
      break;
    case "conflict":
      tally.duplicates++;
      refusal(verdict.reason);
      break;
    case "late":
      tally.outOfOrder++;
      refusal("out of order sample");
      break;
    case "below":
      tally.outOfBounds++;
      refusal("out of bounds");
      break;
    case "ahead":
      tally.outOfBounds++;
      refusal("out of bounds: timestamp is too far in the future");
      break;
  }
}

// What is out of order within the batch itself is left out and counted, but not refused: Prometheus compares with
// what was stored before the request. A histogram may stand anywhere among the floats, which come as a list apart.
function orderRows(rows: readonly Row[], bits: Uint32Array, tally: Tally): Row[] {
  const ordered: Row[] = [];
  const floats = rows.filter((row) => row.histogram === undefined);
  const histograms = rows.filter((row) => row.histogram !== undefined);
  const ascending = [ascendingRows(floats, bits, tally), ascendingRows(histograms, bits, tally)] as const;
  let next = 0;
  for (const row of ascending[0]) {
    while (next < ascending[1].length && ascending[1][next]!.time < row.time)
      ordered.push(ascending[1][next++]!);
    ordered.push(row);
    if (ascending[1][next]?.time !== row.time) continue;
    next++;
    tally.outOfOrder++;
  }
  return [...ordered, ...ascending[1].slice(next)];
}

function ascendingRows(rows: readonly Row[], bits: Uint32Array, tally: Tally): Row[] {
  const kept: Row[] = [];
  for (const row of rows) {
    const last = kept.at(-1);
    if (last === undefined || row.time > last.time) kept.push(row);
    else if (row.time === last.time && isSame(row, last, bits)) tally.appended++;
    else tally.outOfOrder++;
  }
  return kept;
}

function isSame(a: Row, b: Row, bits: Uint32Array): boolean {
  if (a.histogram !== undefined && b.histogram !== undefined) return sameHistogram(a.histogram, b.histogram);
  return bits[2 * a.index] === bits[2 * b.index] && bits[2 * a.index + 1] === bits[2 * b.index + 1];
}

function keepRows(item: SeriesBatch, series: SeriesId | -1, rows: readonly Row[]): Kept {
  const times = new Float64Array(rows.length);
  const values = new Float64Array(rows.length);
  const to = bitsOf(values);
  const from = bitsOf(item.values);
  rows.forEach((row, i) => {
    times[i] = row.time;
    if (row.histogram !== undefined) return;
    to[2 * i] = from[2 * row.index]!;
    to[2 * i + 1] = from[2 * row.index + 1]!;
  });
  const hasHistograms = rows.some((row) => row.histogram !== undefined);
  const histograms = hasHistograms ? rows.map((row) => row.histogram) : undefined;
  return { item, series, times, values, histograms };
}

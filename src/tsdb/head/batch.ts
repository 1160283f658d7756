// Batches of loose samples: checked as a whole against the series as they are, then stored.

import { bitsOf, millis, type Histogram, type SeriesId } from "../../model/index.ts";
import type { BatchOutcome, Refusal, SeriesBatch } from "../../storage/index.ts";
import type { LateBatch } from "../late/late-store.ts";
import { admitSeries, OVER_BUDGET } from "./admission.ts";
import type { Head } from "./head.ts";
import { sourceOf, type Lanes, type LooseSamples } from "./lanes.ts";
import { boundsOf, judgeFloat, judgeHistogram, newestOf, sameHistogram } from "./order.ts";
import type { Bounds, Verdict } from "./order.ts";
import { addExemplars, addOutcome, countStored, countVerdict, createTally, type Tally } from "./outcome.ts";

/** Samples of one series as parallel columns. */
type Columns = Omit<LateBatch, "series">;

/** What the check of one item of a batch says. */
interface Checked {
  readonly item: SeriesBatch;
  series: SeriesId | -1; // -1: not known yet.
  readonly fresh: Columns | undefined; // Times ascending.
  readonly late: Columns | undefined; // In the sender's order.
  readonly counts: Tally | undefined; // Of those that are not to be stored; undefined: there are none.
}

/** What an item is checked against and where its refusals go. */
interface CheckContext {
  readonly head: Head;
  readonly bounds: Bounds;
  readonly refusals: Refusal[];
}

/** Stores what can be stored of a batch, or with "all-or-nothing" all of it or nothing. */
export function appendBatch(
  head: Head,
  lanes: Lanes,
  batch: readonly SeriesBatch[],
  options: { readonly mode: "all-or-nothing" | "partial"; readonly nowMs: number },
): BatchOutcome {
  const refusals: Refusal[] = [];
  const context = { head, bounds: boundsOf(head, options.nowMs), refusals };
  const tally = createTally();
  const checked: Checked[] = [];
  for (const item of batch) {
    const one = checkItem(item, context);
    if (one.counts !== undefined) addOutcome(tally, one.counts);
    checked.push(one);
  }
  if (options.mode === "all-or-nothing" && refusals.length > 0) {
    const { appended: _, ...counts } = tally;
    return { ...counts, appended: 0, histograms: { ...tally.histograms, appended: 0 }, refusals };
  }
  const taken = new Set<SeriesId>();
  const first: Checked[] = [];
  const again: Checked[] = [];
  for (const one of checked) {
    if (one.fresh === undefined && one.late === undefined) continue;
    if (one.series === -1 || head.index.isRemoved(one.series)) {
      const { labels } = one.item;
      const admitted = admitSeries(head, labels, sourceOf(labels));
      if (admitted === undefined) {
        const { times } = one.fresh ?? one.late!;
        refusals.push({ labels, time: millis(times[0]!), reason: OVER_BUDGET });
        continue;
      }
      one.series = admitted;
    }
    // A series that the batch names twice is checked again once its first samples are stored.
    if (taken.has(one.series)) again.push(one);
    else first.push(one);
    taken.add(one.series);
  }
  store(first, { head, lanes, tally });
  for (const one of again) {
    // What the batch's earlier samples of the same series made disordered is left out and counted, but not refused.
    const now = checkItem(one.item, { ...context, refusals: [] });
    if (one.counts !== undefined) addOutcome(tally, one.counts, -1);
    if (now.counts !== undefined) addOutcome(tally, now.counts);
    store([now], { head, lanes, tally });
  }
  for (const { labels, exemplars } of batch) {
    if (exemplars !== undefined && head.index.find(labels) !== -1) {
      addExemplars(tally, head.addExemplars(labels, exemplars));
    }
  }
  return { ...tally, refusals };
}

function store(
  checked: readonly Checked[],
  { head, lanes, tally }: { readonly head: Head; readonly lanes: Lanes; readonly tally: Tally },
): void {
  const loose: LooseSamples[] = [];
  for (const { item, series, fresh } of checked) {
    if (fresh === undefined || series === -1) continue;
    const { times, values, histograms } = fresh;
    loose.push({ series, labels: item.labels, times, values, histograms });
    countStored(tally, fresh.times.length, countHistograms(fresh));
  }
  lanes.store(loose);
  const lateBatches: LateBatch[] = [];
  for (const { series, late } of checked) {
    if (late === undefined || series === -1) continue;
    const { times, values, histograms } = late;
    lateBatches.push({ series, times, values, histograms });
    tally.late += late.times.length;
    countStored(tally, late.times.length, countHistograms(late));
  }
  head.addLate(lateBatches);
}

function countHistograms({ histograms }: Columns): number {
  let count = 0;
  for (const histogram of histograms ?? []) if (histogram !== undefined) count++;
  return count;
}

function checkItem(item: SeriesBatch, context: CheckContext): Checked {
  const { head, bounds } = context;
  const series = head.index.find(item.labels);
  const newest = newestOf(head, series);
  const { times, values, histograms } = item;
  if (histograms.length === 0) {
    const whole = times.length === 0 ? undefined : { times, values, histograms: undefined };
    if (whole === undefined || areFresh(times, Math.max(newest.time, bounds.low - 1), bounds.high)) {
      return { item, series, fresh: whole, late: undefined, counts: undefined };
    }
    if (areLate(times, bounds.lateLow, Math.max(newest.time, bounds.low))) {
      return { item, series, fresh: undefined, late: whole, counts: undefined };
    }
  }
  const counts = createTally();
  const bits = bitsOf(values);
  const fresh: Row[] = [];
  const late: Row[] = [];
  const judge = (verdict: Verdict, row: Row): void => {
    if (verdict.kind === "fresh") fresh.push(row);
    else if (verdict.kind === "late") late.push(row);
    else {
      countVerdict(counts, verdict, row.histogram !== undefined);
      refuse(verdict, { labels: item.labels, time: millis(row.time) }, context.refusals);
    }
  };
  for (let index = 0; index < times.length; index++) {
    const time = times[index]!;
    judge(judgeFloat(newest, bounds, time, bits, index), { time, index, histogram: undefined });
  }
  for (const { time, histogram } of histograms) {
    judge(judgeHistogram(newest, bounds, time, histogram), { time, index: -1, histogram });
  }
  const ordered = orderRows(fresh, { bits, bounds, late, counts });
  return { item, series, fresh: columnsOf(item, ordered), late: columnsOf(item, late), counts };
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
  return previous <= high;
}

// All within the out-of-order window and below what is fresh: most of a backfill.
function areLate(times: Float64Array, low: number, below: number): boolean {
  for (let i = 0; i < times.length; i++) if (!(times[i]! >= low && times[i]! < below)) return false;
  return true;
}

function refuse(verdict: Verdict, sample: Omit<Refusal, "reason">, refusals: Refusal[]): void {
  const { labels, time } = sample;
  switch (verdict.kind) {
    case "fresh":
    case "late":
    case "repeated":
      break;
    case "conflict":
      refusals.push({ labels, time, reason: verdict.reason });
      break;
    case "disordered":
      refusals.push({ labels, time, reason: "out of order sample" });
      break;
    case "too old":
      refusals.push({ labels, time, reason: "too old sample" });
      break;
    case "below":
      refusals.push({ labels, time, reason: "out of bounds" });
      break;
    case "ahead":
      refusals.push({ labels, time, reason: "out of bounds: timestamp is too far in the future" });
      break;
  }
}

/** What a batch's fresh rows are put in order with. */
interface Ordering {
  readonly bits: Uint32Array; // Of the item's values.
  readonly bounds: Bounds;
  readonly late: Row[]; // Gets rows that are late within the batch.
  readonly counts: Tally;
}

// What is out of order within the batch itself is late, or left out and counted, but not refused: Prometheus compares
// with what was stored before the request. A histogram may stand anywhere among the floats, which come as a list apart.
function orderRows(rows: readonly Row[], ordering: Ordering): Row[] {
  const floats = ascendingRows(
    rows.filter((row) => row.histogram === undefined),
    ordering,
  );
  const histograms = ascendingRows(
    rows.filter((row) => row.histogram !== undefined),
    ordering,
  );
  if (histograms.length === 0) return floats;
  const ordered: Row[] = [];
  let next = 0;
  for (const row of floats) {
    while (next < histograms.length && histograms[next]!.time < row.time) ordered.push(histograms[next++]!);
    ordered.push(row);
    if (histograms[next]?.time !== row.time) continue;
    next++;
    countVerdict(ordering.counts, { kind: "conflict", reason: "" }, true);
  }
  return [...ordered, ...histograms.slice(next)];
}

function ascendingRows(rows: readonly Row[], { bits, bounds, late, counts }: Ordering): Row[] {
  const kept: Row[] = [];
  for (const row of rows) {
    const last = kept.at(-1);
    const isHistogram = row.histogram !== undefined;
    if (last === undefined || row.time > last.time) kept.push(row);
    else if (row.time === last.time) {
      const kind = isSame(row, last, bits) ? "repeated" : "conflict";
      countVerdict(counts, { kind, reason: "" }, isHistogram);
    } else if (row.time >= bounds.lateLow) late.push(row);
    else countVerdict(counts, { kind: bounds.lateLow === Infinity ? "disordered" : "too old" }, isHistogram);
  }
  return kept;
}

function isSame(a: Row, b: Row, bits: Uint32Array): boolean {
  if (a.histogram !== undefined && b.histogram !== undefined) return sameHistogram(a.histogram, b.histogram);
  return bits[2 * a.index] === bits[2 * b.index] && bits[2 * a.index + 1] === bits[2 * b.index + 1];
}

function columnsOf(item: SeriesBatch, rows: readonly Row[]): Columns | undefined {
  if (rows.length === 0) return undefined;
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
  return { times, values, histograms: hasHistograms ? rows.map((row) => row.histogram) : undefined };
}

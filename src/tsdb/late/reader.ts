// Reading late samples, in any thread.

import { ByteReader } from "../../base/index.ts";
import { bitsOf, type Histogram } from "../../model/index.ts";
import { decodeHistogram } from "../codec/index.ts";
import { HAS_STALE, scanMarkers } from "../query/column-scan.kernel.ts";
import { createRun, mergeRuns, type Run } from "../query/run.ts";
import { samplesBetween, type LateRun } from "./run.ts";

/** The samples of one generation, as they were when it was made. Postable. */
export interface LateShare {
  readonly table: number; // The table whose columns the runs name.
  readonly runs: readonly LateRun[]; // Oldest first.
}

/** A range of time `[from, to)`, ms. */
export interface LateRange {
  readonly from: number;
  readonly to: number;
}

/** A closed range of time, ms. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/** Reads columns of late tables, as they were when the shares were made. */
export class LateReader {
  readonly #runs = new Map<number, readonly LateRun[]>(); // By table.
  readonly #parts: Run[] = [];

  constructor(shares: readonly LateShare[]) {
    for (const { table, runs } of shares) this.#runs.set(table, runs);
  }

  /** Whether the table's samples are to be read here. */
  has(table: number): boolean {
    return this.#runs.has(table);
  }

  /** Fills `into` with the samples of a column in the range; its times and values may be views that stay unchanged. */
  read(table: number, column: number, range: Range, into: Run): void {
    let used = 0;
    for (const run of this.#runs.get(table) ?? []) {
      const { first, end } = samplesBetween(run, column, range);
      if (first === end) continue;
      viewStretch(run, first, end, (this.#parts[used] ??= createRun()));
      used++;
    }
    if (used === 1) {
      const own = { ownTimes: into.ownTimes, own: into.own };
      Object.assign(into, this.#parts[0]!, own);
      return;
    }
    into.count = 0;
    into.timeline = -1;
    into.hasStale = false;
    into.histograms = undefined;
    if (used > 1) mergeRuns(this.#parts.slice(0, used), into);
  }
}

function viewStretch(run: LateRun, first: number, end: number, into: Run): void {
  into.count = end - first;
  into.times = run.times.subarray(first, end);
  into.values = run.values.subarray(first, end);
  into.timeline = -1;
  into.histograms = histogramsOf(run, first, end);
  into.hasStale =
    (scanMarkers(bitsOf(into.values), 0, into.count) & HAS_STALE) !== 0 ||
    into.histograms?.some((histogram) => histogram?.stale === true) === true;
}

/** Histograms of samples `[first, end)`, one element a sample; undefined when all are floats. */
export function histogramsOf(
  run: LateRun,
  first: number,
  end: number,
): (Histogram | undefined)[] | undefined {
  const { places, histograms } = run;
  if (places === undefined || histograms === undefined) return undefined;
  let items: (Histogram | undefined)[] | undefined;
  for (let i = first; i < end; i++) {
    if (places[i] === 0) continue;
    items ??= Array.from({ length: end - first }, () => undefined);
    items[i - first] = decodeHistogram(new ByteReader(histograms, places[i]! - 1));
  }
  return items;
}

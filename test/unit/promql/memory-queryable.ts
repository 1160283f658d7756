import {
  compareText,
  compileMatcher,
  labelEntries,
  labelsFromRecord,
  labelsKey,
  labelValue,
  bitsOf,
  isStaleAt,
  setStaleAt,
  type Histogram,
  type Labels,
  type Matcher,
} from "../../../src/model/index.ts";
import type {
  LookupRequest,
  Queryable,
  Selection,
  SelectRequest,
  SeriesSamples,
} from "../../../src/storage/index.ts";

export type Point = number | "stale" | Histogram;

interface StoredSeries {
  readonly labels: Labels;
  readonly times: number[];
  readonly points: Point[];
}

/**
 * The simplest store: arrays in the order of creation. Series with equal times share a timeline, as a real
 * store's do. Reads copy, so that nobody can write into it.
 */
export class MemoryQueryable implements Queryable {
  readonly #series: StoredSeries[] = [];
  readonly #byKey = new Map<string, StoredSeries>();
  openSelections = 0;
  /** What selections warn of once they were read. */
  damage: string | undefined;

  /** Adds samples of one series, times ascending. */
  add(
    labels: Labels | Readonly<Record<string, string>>,
    times: readonly number[],
    points: readonly Point[],
  ): void {
    const set = Array.isArray(labels)
      ? (labels as Labels)
      : labelsFromRecord(labels as Record<string, string>);
    const key = labelsKey(set);
    let stored = this.#byKey.get(key);
    if (stored === undefined) {
      stored = { labels: set, times: [], points: [] };
      this.#byKey.set(key, stored);
      this.#series.push(stored);
    }
    stored.times.push(...times);
    stored.points.push(...points);
  }

  clear(): void {
    this.#series.length = 0;
    this.#byKey.clear();
  }

  select({ matchers, from, to }: SelectRequest): Selection {
    const found = this.#matching(matchers);
    const timelines = new Map<string, number>();
    this.openSelections++;
    let isOpen = true;
    let isRead = false;
    return {
      seriesCount: found.length,
      labels: (index) => found[index]!.labels,
      read: (index, into) => {
        isRead = true;
        readSeries(found[index]!, { from, to, timelines }, into);
      },
      warnings: () => (isRead && this.damage !== undefined ? [this.damage] : []),
      close: () => {
        if (isOpen) this.openSelections--;
        isOpen = false;
      },
    };
  }

  series({ matchers }: LookupRequest): Labels[] {
    return this.#matching(matchers).map(({ labels }) => labels);
  }

  labelNames(request: LookupRequest): string[] {
    const names = this.series(request).flatMap((labels) => [...labelEntries(labels)].map(([name]) => name));
    return [...new Set(names)].toSorted(compareText);
  }

  labelValues(name: string, request: LookupRequest): string[] {
    const values = this.series(request).map((labels) => labelValue(labels, name));
    return [...new Set(values.filter((value) => value !== ""))].toSorted(compareText);
  }

  #matching(matchers: readonly Matcher[]): StoredSeries[] {
    const compiled = matchers.map(compileMatcher);
    return this.#series.filter(({ labels }) =>
      compiled.every((matcher) => matcher.matches(labelValue(labels, matcher.matcher.name))),
    );
  }
}

interface ReadRange {
  readonly from: number;
  readonly to: number;
  readonly timelines: Map<string, number>;
}

function readSeries({ times, points }: StoredSeries, range: ReadRange, into: SeriesSamples): void {
  const rows = times.flatMap((time, row) => (time >= range.from && time <= range.to ? [row] : []));
  into.count = rows.length;
  into.times = Float64Array.from(rows, (row) => times[row]!);
  into.values = new Float64Array(rows.length);
  into.hasStale = false;
  const bits = bitsOf(into.values);
  const histograms: (Histogram | undefined)[] = [];
  for (const [at, row] of rows.entries()) {
    const point = points[row]!;
    if (point === "stale") setStaleAt(bits, at);
    else if (typeof point === "number") into.values[at] = point;
    else histograms[at] = point;
    into.hasStale ||= isStaleAt(bits, at) || histograms[at]?.stale === true;
  }
  const hasHistograms = histograms.some((histogram) => histogram !== undefined);
  into.histograms = hasHistograms ? Array.from(rows, (_row, at) => histograms[at]) : undefined;
  const key = into.times.join(",");
  let timeline = range.timelines.get(key);
  if (timeline === undefined) {
    timeline = range.timelines.size;
    range.timelines.set(key, timeline);
  }
  into.timeline = timeline;
}

import { silentLogger } from "../../../src/base/index.ts";
import {
  bitsOf,
  createHistogram,
  detectReset,
  CUSTOM_BUCKETS_SCHEMA,
  labelsKey,
  labelsToRecord,
  labelsFromRecord,
  labelsText,
  labelValue,
  METRIC_NAME,
  millis,
  setStaleAt,
  withLabel,
  withResetHint,
  type Histogram,
  type Labels,
} from "../../../src/model/index.ts";
import type { SeriesPoint } from "../../../src/promql/parse/index.ts";
import type { Queryable, SeriesBatch, Store } from "../../../src/storage/index.ts";
import {
  openStore,
  SelectionOpener,
  type HeadUpdate,
  type SelectionDescription,
} from "../../../src/tsdb/index.ts";
import { MemoryQueryable, type Point } from "../../unit/promql/memory-queryable.ts";
import type { LoadCommand } from "./script.ts";

type Loaded = Map<string, { readonly labels: Labels; readonly points: Map<number, Point> }>;

/** A series with its samples, times ascending. */
export interface StoredSeries {
  readonly labels: Labels;
  readonly samples: readonly [number, Point][];
}

export interface OpenedStore {
  readonly queryable: Queryable;
  close(): Promise<void>;
}

export type StoreBuilder = (series: readonly StoredSeries[]) => Promise<OpenedStore>;

/** What the load commands since the last clear have stored. */
export class ScriptStore {
  readonly #build: StoreBuilder;
  #series: Loaded = new Map();
  #opened: OpenedStore | undefined;

  constructor(build: StoreBuilder) {
    this.#build = build;
  }

  async clear(): Promise<void> {
    this.#series = new Map();
    await this.close();
  }

  async load(command: LoadCommand): Promise<void> {
    // Of two lines for one series the later one counts.
    const loaded: Loaded = new Map();
    for (const { labels, points } of command.series) {
      const samples = samplesOf(points, command.intervalMs);
      loaded.set(labelsKey(labels), { labels, points: samples });
    }
    if (command.withCustomBuckets) addCustomBuckets(loaded);
    for (const [key, { labels, points }] of loaded) {
      const stored = this.#series.get(key) ?? { labels, points: new Map<number, Point>() };
      for (const [time, point] of points) stored.points.set(time, point);
      this.#series.set(key, stored);
    }
    await this.close();
  }

  /** The data as a store that can be asked; made anew after a load. Closed by `close` or the next command. */
  async open(): Promise<Queryable> {
    this.#opened ??= await this.#build(
      [...this.#series.values()].map(({ labels, points }) => ({
        labels,
        samples: withStoredHints([...points].toSorted(([a], [b]) => a - b)),
      })),
    );
    return this.#opened.queryable;
  }

  async close(): Promise<void> {
    await this.#opened?.close();
    this.#opened = undefined;
  }
}

/** The simplest store that tests have. */
export function buildNaive(series: readonly StoredSeries[]): Promise<OpenedStore> {
  const queryable = new MemoryQueryable();
  for (const { labels, samples } of series) {
    if (samples.length === 0) continue;
    const [times, points] = [samples.map(([time]) => time), samples.map(([, point]) => point)];
    queryable.add(labels, times, points);
  }
  return Promise.resolve({ queryable, close: () => Promise.resolve() });
}

const WINDOW_MS = 1_800_000; // Samples come in their order of time, as far as the head asks for it.

/** The product's own store, in memory. */
export async function buildProduct(series: readonly StoredSeries[]): Promise<OpenedStore> {
  const times = series.flatMap(({ samples }) => samples.map(([time]) => time));
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const store = await openStore({
    directory: undefined,
    clock: { now: () => Math.max(0, last), monotonic: () => 0, after: () => ({ cancel: () => {} }) },
    logger: silentLogger,
    retentionMs: 0,
    retentionBytes: 0,
  });
  for (let from = first; from <= last; from += WINDOW_MS) {
    const batch = series.map(({ labels, samples }) =>
      batchOf(
        labels,
        samples.filter(([time]) => time >= from && time < from + WINDOW_MS),
      ),
    );
    const { refusals } = await store.appendBatch(batch, "all-or-nothing");
    if (refusals.length > 0)
      throw new Error(`the store refused ${labelsText(refusals[0]!.labels)}: ${refusals[0]!.reason}`);
  }
  return { queryable: store, close: () => store.close() };
}

/** The same, with all that is selected on its way to another thread: as query workers read it. */
export async function buildDescribed(series: readonly StoredSeries[]): Promise<OpenedStore> {
  const product = await buildProduct(series);
  const { queryable } = product;
  const sharing = (queryable as Store).shareWith!();
  const opener = new SelectionOpener({ cacheBytes: 0 });
  const described: Queryable = {
    select(request) {
      const selection = queryable.select(request);
      const description = structuredClone(selection.describe!()) as SelectionDescription;
      const update = structuredClone(sharing.next()) as HeadUpdate | undefined;
      if (update !== undefined) opener.update(update);
      const opened = opener.open(description);
      return {
        seriesCount: opened.seriesCount,
        labels: (index) => opened.labels(index),
        labelValue: (index, name) => opened.labelValue!(index, name),
        read: (index, into) => opened.read(index, into),
        close: () => {
          opened.close();
          selection.close();
        },
      };
    },
    series: (request) => queryable.series(request),
    labelNames: (request) => queryable.labelNames(request),
    labelValues: (name, request) => queryable.labelValues(name, request),
  };
  return { queryable: described, close: () => product.close() };
}

function batchOf(labels: Labels, samples: readonly [number, Point][]): SeriesBatch {
  const floats = samples.filter(([, point]) => typeof point !== "object");
  const values = new Float64Array(floats.length);
  const bits = bitsOf(values);
  for (const [index, [, point]] of floats.entries()) {
    if (point === "stale") setStaleAt(bits, index);
    else values[index] = point as number;
  }
  return {
    labels,
    times: Float64Array.from(floats, ([time]) => time),
    values,
    histograms: samples.flatMap(([time, point]) =>
      typeof point === "object" ? [{ time: millis(time), histogram: point }] : [],
    ),
  };
}

function samplesOf(points: readonly SeriesPoint[], intervalMs: number): Map<number, Point> {
  const samples = new Map<number, Point>();
  for (const [index, point] of points.entries()) {
    const time = index * intervalMs;
    if (point.kind === "float") samples.set(time, point.value);
    else if (point.kind === "stale") samples.set(time, "stale");
    else if (point.kind === "histogram") samples.set(time, point.histogram);
  }
  return samples;
}

// Prometheus's store says of a counter histogram that it is no reset, or, at the start of a chunk and so after
// each reset, nothing; what was written is kept for gauges only.
function withStoredHints(samples: readonly [number, Point][]): [number, Point][] {
  let previous: Histogram | undefined;
  return samples.map(([time, point]) => {
    const before = previous;
    previous = typeof point === "object" && point.resetHint !== "gauge" ? point : undefined;
    if (previous === undefined) return [time, point];
    const current = withResetHint(previous, "unknown");
    const isReset = before === undefined || previous.resetHint === "reset" || detectReset(current, before);
    return [time, isReset ? current : withResetHint(current, "not_reset")];
  });
}

interface ClassicSample {
  readonly buckets: Map<number, number>; // Cumulative counts by bound.
  count: number | undefined;
  sum: number;
}

// Makes native histograms with custom buckets of the classic ones, under their base name.
function addCustomBuckets(loaded: Loaded): void {
  const groups = new Map<string, { readonly labels: Labels; readonly samples: Map<number, ClassicSample> }>();
  for (const { labels, points } of loaded.values()) {
    const match = /^(.*)_(bucket|count|sum)$/.exec(labelValue(labels, METRIC_NAME));
    const bound = labelValue(labels, "le");
    if (match === null || (match[2] === "bucket" && (bound === "" || Number.isNaN(parseBound(bound)))))
      continue;
    const base = withLabel(withLabel(labels, "le", ""), METRIC_NAME, match[1]!);
    const group = groups.get(labelsKey(base)) ?? { labels: base, samples: new Map() };
    groups.set(labelsKey(base), group);
    for (const [time, point] of points) {
      if (typeof point !== "number") continue;
      const sample = group.samples.get(time) ?? { buckets: new Map(), count: undefined, sum: 0 };
      group.samples.set(time, sample);
      if (match[2] === "bucket") sample.buckets.set(parseBound(bound), point);
      else if (match[2] === "count") sample.count = point;
      else sample.sum = point;
    }
  }
  for (const { labels, samples } of groups.values()) {
    const points = new Map<number, Point>();
    for (const [time, sample] of samples) points.set(time, customBuckets(sample));
    const set = labelsFromRecord(labelsToRecord(labels));
    loaded.set(labelsKey(set), { labels: set, points });
  }
}

function parseBound(text: string): number {
  return /^\+?inf$/i.test(text) ? Infinity : Number(text);
}

function customBuckets({ buckets, count, sum }: ClassicSample): Histogram {
  const bounds = [...buckets.keys()].toSorted((a, b) => a - b);
  const highest = buckets.get(bounds.at(-1) ?? NaN) ?? 0;
  const total = count ?? highest;
  if (bounds.at(-1) !== Infinity) bounds.push(Infinity);
  let previous = 0;
  const counts = bounds.map((bound) => {
    const cumulative = buckets.get(bound) ?? total;
    const own = cumulative - previous;
    previous = cumulative;
    return own;
  });
  return createHistogram({
    schema: CUSTOM_BUCKETS_SCHEMA,
    count: total,
    sum,
    positiveSpans: [{ offset: 0, length: counts.length }],
    positiveBuckets: counts,
    customBounds: bounds.filter((bound) => Number.isFinite(bound)),
  });
}

import type { Clock, Logger } from "../base/index.ts";
import {
  bitsOf,
  compareLabels,
  compareText,
  hasLabel,
  histogramBuckets,
  isStaleAt,
  labelEntries,
  labelsText,
  labelValue,
  METRIC_NAME,
  millis,
  sameLabels,
  usesCustomBuckets,
  type Histogram,
  type Labels,
  type Matcher,
  type Millis,
} from "../model/index.ts";
import { createSeriesSamples, type Queryable, type SeriesSamples } from "../storage/index.ts";
import {
  encodeMetricFamilies,
  type ClassicBucket,
  type Metric,
  type MetricFamily,
  type MetricValue,
} from "../wire/index.ts";
import { contentTypeOf, negotiateFormat, type ExpositionFormat } from "./exposition-format.ts";
import { exposeAsText } from "./exposition-text.ts";
import { escapeName } from "./name-escaping.ts";
import { Turn } from "./turn.ts";

/** What is asked for: the series that pass one of the matcher sets. */
export interface FederationRequest {
  readonly matcherSets: readonly (readonly Matcher[])[];
  readonly accept: string; // The header of that name, "" for none.
  readonly signal: AbortSignal; // Aborted when the client goes away.
}

/** The newest samples of the series, as a scraper reads them; chunks are made while they are read. */
export interface FederationAnswer {
  readonly contentType: string;
  readonly chunks: Generator<Uint8Array, void>;
}

export interface Federation {
  federate(request: FederationRequest): Promise<FederationAnswer>;
  /** Requests that failed here. */
  errorCount(): number;
}

export interface FederationOptions {
  readonly queryable: Queryable;
  /** The configured external labels, asked for at each request. */
  readonly externalLabels: () => Labels;
  readonly lookbackMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A series' newest sample. */
interface Newest {
  readonly name: string;
  readonly labels: Labels;
  readonly time: Millis;
  readonly value: number | Histogram;
}

/** Serves `/federate`. Source: spec FED-1 to FED-7; Prometheus web/federate.go. */
export function createFederation(options: FederationOptions): Federation {
  let errors = 0;
  return {
    async federate(request) {
      try {
        const format = negotiateFormat(request.accept);
        const samples = sayable(await newestSamples(options, request), format, options.logger);
        const families = familiesOf(samples, addedLabels(options.externalLabels()), format);
        const chunks = format.kind === "protobuf" ? encodeMetricFamilies(families) : exposeAsText(families);
        return { contentType: contentTypeOf(format), chunks };
      } catch (error) {
        if (!request.signal.aborted) errors++;
        throw error;
      }
    },
    errorCount: () => errors,
  };
}

// By metric name, then labels. Series whose newest sample is a staleness marker are left out (FED-2).
async function newestSamples(options: FederationOptions, request: FederationRequest): Promise<Newest[]> {
  const to = millis(Math.floor(options.clock.now()));
  const from = millis(to - options.lookbackMs);
  const turn = new Turn(options.clock, request.signal);
  const found: Newest[] = [];
  for (const matchers of request.matcherSets) {
    if (matchers.length === 0) continue; // `{}` selects nothing (FED-1).
    const selection = options.queryable.select({ matchers, from, to });
    const samples = createSeriesSamples();
    try {
      for (let index = 0; index < selection.seriesCount; index++) {
        if (turn.isOver) await turn.pass();
        selection.read(index, samples);
        const last = samples.count - 1;
        if (last < 0) continue;
        const histogram = samples.histograms?.[last];
        if (histogram?.stale === true || isStaleFloat(samples, last)) continue;
        const labels = selection.labels(index);
        const time = millis(samples.times[last]!);
        const value = histogram ?? samples.values[last]!;
        found.push({ name: labelValue(labels, METRIC_NAME), labels, time, value });
      }
    } finally {
      selection.close();
    }
  }
  return request.matcherSets.length > 1 ? withoutTwins(sorted(found)) : sorted(found);
}

// Only staleness markers are looked for bit by bit, and few series have one.
function isStaleFloat({ hasStale, values }: SeriesSamples, row: number): boolean {
  return hasStale && isStaleAt(bitsOf(values), row);
}

// Names are compared once each: a name has many series.
function sorted(samples: readonly Newest[]): Newest[] {
  const byName = Map.groupBy(samples, ({ name }) => name);
  return [...byName.keys()]
    .toSorted(compareText)
    .flatMap((name) => byName.get(name)!.toSorted((a, b) => compareLabels(a.labels, b.labels)));
}

// Each series once, however many selectors found it.
function withoutTwins(samples: readonly Newest[]): Newest[] {
  return samples.filter(({ labels }, i) => i === 0 || !sameLabels(samples[i - 1]!.labels, labels));
}

// Without what the format cannot say: series without a name, native histograms in text (FED-6, FED-7).
function sayable(samples: readonly Newest[], { kind }: ExpositionFormat, logger: Logger): Newest[] {
  return samples.filter(({ name, labels, value }) => {
    if (name === "") {
      logger.warn("Ignoring nameless metric during federation", { metric: labelsText(labels) });
      return false;
    }
    return kind === "protobuf" || typeof value === "number" || usesCustomBuckets(value);
  });
}

type AddedLabels = readonly (readonly [name: string, value: string])[];

// With an empty `instance`, so that a scraper which honours labels does not add its own (FED-4).
function addedLabels(external: Labels): AddedLabels {
  const added = [...labelEntries(external)];
  if (!hasLabel(external, "instance")) added.push(["instance", ""]);
  return added.toSorted((a, b) => compareText(a[0], b[0]));
}

// A name whose samples are of different types gets a family for each run of one type.
function* familiesOf(
  samples: readonly Newest[],
  added: AddedLabels,
  { escaping }: ExpositionFormat,
): Generator<MetricFamily, void> {
  for (let from = 0; from < samples.length;) {
    const { name, value } = samples[from]!;
    const type = familyType(value);
    let to = from + 1;
    while (to < samples.length && samples[to]!.name === name && familyType(samples[to]!.value) === type) to++;
    const metrics = metricsOf(samples.slice(from, to), added, escaping);
    yield { name: escapeName(name, escaping), type, metrics };
    from = to;
  }
}

function* metricsOf(
  samples: readonly Newest[],
  added: AddedLabels,
  escaping: ExpositionFormat["escaping"],
): Generator<Metric, void> {
  for (const { labels, time, value } of samples) {
    const written: string[] = [];
    for (let i = 0; i < labels.length; i += 2) {
      if (labels[i] !== METRIC_NAME) written.push(escapeName(labels[i]!, escaping), labels[i + 1]!);
    }
    for (const [name, text] of added) {
      if (!hasLabel(labels, name)) written.push(escapeName(name, escaping), text);
    }
    yield { labels: written, time, value: metricValue(value) };
  }
}

function familyType(value: number | Histogram): MetricFamily["type"] {
  if (typeof value === "number") return "untyped";
  return value.resetHint === "gauge" ? "gauge_histogram" : "histogram";
}

function metricValue(value: number | Histogram): MetricValue {
  if (typeof value === "number") return { kind: "untyped", value };
  if (!usesCustomBuckets(value)) return { kind: "native", histogram: value };
  return { kind: "classic", count: value.count, sum: value.sum, buckets: classicBuckets(value) };
}

function classicBuckets(histogram: Histogram): ClassicBucket[] {
  const counts = new Map(histogramBuckets(histogram).map(({ upper, count }) => [upper, count]));
  let cumulativeCount = 0;
  return histogram.customBounds.map((upperBound) => {
    cumulativeCount += counts.get(upperBound) ?? 0;
    return { upperBound, cumulativeCount };
  });
}

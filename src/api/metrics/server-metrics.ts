import { Counter, Gauge, Registry, Summary } from "prom-client";
import type { QueryObserver } from "../../query/index.ts";
import { labelledReadings, plainReadings } from "./readings.ts";
import { addRuntimeMetrics } from "./runtime-metrics.ts";
import type { LabelledReading, MetricSources, Reading } from "./sources.ts";

const WINDOW = { maxAgeSeconds: 600, ageBuckets: 5 };

/** Told how scraping keeps its time. Source: spec CLI-111, CLI-112. */
interface ScrapeObserver {
  /** `intervalText` as configured, e.g. "15s"; `seconds` since the scrape before. */
  intervalMeasured(intervalText: string, seconds: number): void;
  syncMeasured(scrapeJob: string, seconds: number): void;
}

/** The server's own metrics. Source: spec API-72, CLI-98 to CLI-126. */
export interface ServerMetrics {
  readonly registry: Registry;
  readonly queries: QueryObserver;
  readonly scrapes: ScrapeObserver;
  /** All metrics in text format 0.0.4. */
  render(): Promise<string>;
}

/** Makes the registry and all metrics in it, except those of HTTP routes. */
export function createServerMetrics(sources: MetricSources): ServerMetrics {
  const registry = new Registry();
  addBuildInfo(registry, sources);
  addRuntimeMetrics(registry, sources.buildInfo.runtimeVersion);
  for (const reading of plainReadings(sources)) registry.registerMetric(metricOf(reading));
  for (const reading of labelledReadings(sources)) registry.registerMetric(labelledMetricOf(reading));
  return {
    registry,
    queries: queryObserver(registry),
    scrapes: scrapeObserver(registry),
    render: () => registry.metrics(),
  };
}

// Source: spec CLI-98.
function addBuildInfo(registry: Registry, { buildInfo }: MetricSources): void {
  const gauge = new Gauge({
    name: "prometheus_build_info",
    help: "Version of the server; always 1.",
    labelNames: ["version", "revision", "branch", "goversion", "goarch", "goos", "tags"],
    registers: [registry],
  });
  const { version, revision, branch, runtimeVersion } = buildInfo;
  const goarch = process.arch === "x64" ? "amd64" : process.arch;
  const labels = { version, revision, branch, goversion: runtimeVersion, goarch, goos: process.platform };
  gauge.set({ ...labels, tags: "unknown" }, 1);
}

function metricOf({ name, help, type, read }: Reading): Gauge | Counter {
  if (type === "gauge") {
    return new Gauge({
      name,
      help,
      registers: [],
      collect() {
        this.set(read());
      },
    });
  }
  return new Counter({
    name,
    help,
    registers: [],
    collect() {
      this.reset();
      this.inc(read());
    },
  });
}

function labelledMetricOf(reading: LabelledReading): Gauge | Counter {
  const { name, help, type, label, fixed = {}, read } = reading;
  const common = { name, help, labelNames: [label, ...Object.keys(fixed)], registers: [] };
  if (type === "gauge") {
    return new Gauge({
      ...common,
      collect() {
        this.reset();
        for (const [value, count] of read()) this.set({ ...fixed, [label]: value }, count);
      },
    });
  }
  return new Counter({
    ...common,
    collect() {
      this.reset();
      for (const [value, count] of read()) this.inc({ ...fixed, [label]: value }, count);
    },
  });
}

// Source: spec CLI-109.
function queryObserver(registry: Registry): QueryObserver {
  const seconds = new Summary({
    name: "prometheus_engine_query_duration_seconds",
    help: "Query timings by part.",
    labelNames: ["slice"],
    percentiles: [0.5, 0.9, 0.99],
    registers: [registry],
    ...WINDOW,
  });
  const samples = new Counter({
    name: "prometheus_engine_query_samples_total",
    help: "Samples that queries read.",
    registers: [registry],
  });
  return {
    queryDone: (timings, samplesRead) => {
      seconds.observe({ slice: "queue_time" }, timings.queueMs / 1000);
      seconds.observe({ slice: "prepare_time" }, timings.preparationMs / 1000);
      seconds.observe({ slice: "inner_eval" }, timings.evaluationMs / 1000);
      seconds.observe({ slice: "result_sort" }, timings.sortMs / 1000);
      samples.inc(samplesRead);
    },
  };
}

function scrapeObserver(registry: Registry): ScrapeObserver {
  const percentiles = [0.01, 0.05, 0.5, 0.9, 0.99];
  const intervals = new Summary({
    name: "prometheus_target_interval_length_seconds",
    help: "Actual intervals between scrapes.",
    labelNames: ["interval"],
    percentiles,
    registers: [registry],
    ...WINDOW,
  });
  const syncs = new Summary({
    name: "prometheus_target_sync_length_seconds",
    help: "How long the targets of a job took to be brought up to date.",
    labelNames: ["scrape_job"],
    percentiles,
    registers: [registry],
    ...WINDOW,
  });
  return {
    intervalMeasured: (intervalText, length) => intervals.observe({ interval: intervalText }, length),
    syncMeasured: (scrapeJob, length) => syncs.observe({ scrape_job: scrapeJob }, length),
  };
}

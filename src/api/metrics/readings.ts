import { storageReadings } from "./storage-readings.ts";
import type { StoreStats } from "../../storage/index.ts";
import { exemplarReadings, orderReadings, refusalReadings } from "./sample-readings.ts";
import type { DiscoveryCounts, LabelledReading, MetricSources, Reading, ScrapeCounters } from "./sources.ts";

const NONE: ReadonlyMap<string, number> = new Map();

/** The metrics without labels. Names and types are Prometheus's. Source: spec CLI-100 to CLI-125, TSDB-55 to TSDB-63. */
export function plainReadings(sources: MetricSources): readonly Reading[] {
  return [
    ...serverReadings(sources),
    ...queryReadings(sources),
    ...headReadings(sources),
    ...orderReadings(sources),
    ...exemplarReadings(sources),
    ...diskReadings(sources),
    ...storageReadings(sources),
    ...scrapeReadings(sources),
    ...remoteReadings(sources),
  ];
}

/** The metrics with one label. Source: spec CLI-101, CLI-113, CLI-115, CLI-116, CLI-122. */
export function labelledReadings(sources: MetricSources): readonly LabelledReading[] {
  return [
    ...refusalReadings(sources),
    {
      name: "prometheus_tsdb_head_samples_appended_total",
      help: "Samples appended to the head.",
      type: "counter",
      label: "type",
      read: () => {
        const appended = sources.store()?.samplesAppended;
        return new Map([
          ["float", appended?.float ?? 0],
          ["histogram", appended?.histogram ?? 0],
        ]);
      },
    },
    {
      name: "prometheus_target_sync_failed_total",
      help: "Targets that could not be used for their labels.",
      type: "counter",
      label: "scrape_job",
      read: () => sources.scrape()?.syncFailures ?? NONE,
    },
    {
      name: "prometheus_target_metadata_cache_entries",
      help: "Metric families whose metadata is kept.",
      type: "gauge",
      label: "scrape_job",
      read: () => sources.scrape()?.metadataEntries ?? NONE,
    },
    {
      name: "prometheus_sd_discovered_targets",
      help: "Targets that discovery found, before relabelling.",
      type: "gauge",
      label: "config",
      fixed: { name: "scrape" },
      read: () => sources.discovery()?.discoveredTargets ?? NONE,
    },
    {
      name: "prometheus_sd_refresh_failures_total",
      help: "Failed refreshes of discovered targets.",
      type: "counter",
      label: "mechanism",
      read: () => sources.discovery()?.refreshFailures ?? NONE,
    },
  ];
}

function serverReadings(sources: MetricSources): readonly Reading[] {
  const reload = (): number => (sources.reload()?.successful === true ? 1 : 0);
  return [
    gauge("prometheus_ready", "Whether the server is ready to answer.", () => (sources.isReady() ? 1 : 0)),
    gauge(
      "prometheus_config_last_reload_successful",
      "Whether the last attempt to load the configuration succeeded.",
      reload,
    ),
    gauge(
      "prometheus_config_last_reload_success_timestamp_seconds",
      "When the configuration was last loaded with success.",
      () => (sources.reload()?.lastSuccessMs ?? 0) / 1000,
    ),
    gauge(
      "prometheus_notifications_alertmanagers_discovered",
      "Alertmanagers that alerts are sent to.",
      () => 0, // No alerts are sent yet.
    ),
  ];
}

function queryReadings(sources: MetricSources): readonly Reading[] {
  return [
    gauge("prometheus_engine_queries", "Queries that run or wait.", () => {
      const load = sources.queries();
      return load === undefined ? 0 : load.running + load.waiting;
    }),
    gauge(
      "prometheus_engine_queries_concurrent_max",
      "Queries that may run at a time.",
      () => sources.queries()?.concurrencyMax ?? 0,
    ),
    counter(
      "narthex_query_cache_hits_total",
      "Range queries of which only the new end was evaluated, or nothing.",
      () => sources.queries()?.cache?.hits ?? 0,
    ),
    counter(
      "narthex_query_cache_misses_total",
      "Range queries that could have been kept and were not.",
      () => sources.queries()?.cache?.misses ?? 0,
    ),
    gauge(
      "narthex_query_cache_bytes",
      "Bytes of the answers that are kept.",
      () => sources.queries()?.cache?.bytes ?? 0,
    ),
    counter(
      "narthex_query_worker_restarts_total",
      "Query workers that ended in the midst of their work and were replaced.",
      () => sources.queries()?.workerRestarts ?? 0,
    ),
  ];
}

function headReadings(sources: MetricSources): readonly Reading[] {
  const stat = (pick: (stats: StoreStats) => number) => (): number => {
    const stats = sources.store();
    return stats === undefined ? 0 : pick(stats);
  };
  const head = "prometheus_tsdb_head";
  return [
    gauge(
      `${head}_series`,
      "Series in the head.",
      stat((s) => s.headSeries),
    ),
    counter(
      `${head}_series_created_total`,
      "Series made in the head.",
      stat((s) => s.headSeriesCreated),
    ),
    counter(
      `${head}_series_removed_total`,
      "Series removed from the head.",
      stat((s) => s.headSeriesRemoved),
    ),
    gauge(
      `${head}_chunks`,
      "Sealed segments and open tiles, a column each.",
      stat((s) => s.headChunks),
    ),
    gauge(
      `${head}_min_time`,
      "First time in the head, in ms.",
      stat((s) => s.headMinTime),
    ),
    gauge(
      `${head}_max_time`,
      "Last time in the head, in ms.",
      stat((s) => s.headMaxTime),
    ),
    gauge(
      `${head}_min_time_seconds`,
      "First time in the head.",
      stat((s) => s.headMinTime / 1000),
    ),
    gauge(
      `${head}_max_time_seconds`,
      "Last time in the head.",
      stat((s) => s.headMaxTime / 1000),
    ),
    gauge(`${head}_active_appenders`, "Appends under way; they are synchronous here.", () => 0),
  ];
}

function diskReadings(sources: MetricSources): readonly Reading[] {
  const stat = (pick: (stats: StoreStats) => number) => (): number => {
    const stats = sources.store();
    return stats === undefined ? 0 : pick(stats);
  };
  const tsdb = "prometheus_tsdb";
  return [
    gauge(
      `${tsdb}_blocks_loaded`,
      "Blocks on disk.",
      stat((s) => s.blocks),
    ),
    gauge(
      `${tsdb}_storage_blocks_bytes`,
      "Size of the blocks on disk.",
      stat((s) => s.blockBytes),
    ),
    gauge(
      `${tsdb}_wal_storage_size_bytes`,
      "Size of the write-ahead log.",
      stat((s) => s.logBytes),
    ),
    gauge(
      "narthex_storage_read_only",
      "1 while samples do not reach the disk.",
      stat((s) => (s.isReadOnly === true ? 1 : 0)),
    ),
    gauge(
      "narthex_storage_durable_timestamp_seconds",
      "Time until which all that was acknowledged survives a power cut.",
      stat((s) => (s.durableTimeMs ?? 0) / 1000),
    ),
    counter(
      "narthex_storage_fsync_failures_total",
      "Syncs of the log that failed.",
      stat((s) => s.fsyncFailures ?? 0),
    ),
    counter(
      `${tsdb}_compactions_total`,
      "Compactions that ran.",
      stat((s) => s.compactions),
    ),
    counter(
      `${tsdb}_compactions_failed_total`,
      "Compactions that failed.",
      stat((s) => s.compactionFailures),
    ),
    gauge(
      `${tsdb}_clean_start`,
      "1 when the last run released its data directory, else 0.",
      stat((s) => (s.cleanStart ? 1 : 0)),
    ),
    gauge(
      `${tsdb}_data_replay_duration_seconds`,
      "How long the write-ahead log took to replay.",
      stat((s) => s.replayMs / 1000),
    ),
  ];
}

function scrapeReadings(sources: MetricSources): readonly Reading[] {
  const count = (pick: (counters: ScrapeCounters) => number) => (): number => {
    const counters = sources.scrape();
    return counters === undefined ? 0 : pick(counters);
  };
  const found = (pick: (counts: DiscoveryCounts) => number) => (): number => {
    const counts = sources.discovery();
    return counts === undefined ? 0 : pick(counts);
  };
  const scrapes = "prometheus_target_scrapes";
  const pool = "prometheus_target_scrape_pool";
  return [
    counter(
      `${scrapes}_exceeded_body_size_limit_total`,
      "Scrapes refused for the size of their body.",
      count((c) => c.bodySizeLimitExceeded),
    ),
    counter(
      `${scrapes}_exceeded_sample_limit_total`,
      "Scrapes refused for the number of their samples.",
      count((c) => c.sampleLimitExceeded),
    ),
    counter(
      `${scrapes}_sample_duplicate_timestamp_total`,
      "Samples refused for another value at the same time.",
      count((c) => c.duplicateTimestamps),
    ),
    counter(
      `${scrapes}_sample_out_of_bounds_total`,
      "Samples refused for lying outside the time range taken.",
      count((c) => c.outOfBounds),
    ),
    counter(
      `${scrapes}_sample_out_of_order_total`,
      "Samples refused for being older than their series' newest.",
      count((c) => c.outOfOrder),
    ),
    counter(
      `${pool}_exceeded_target_limit_total`,
      "How often a job had more targets than allowed.",
      count((c) => c.targetLimitExceeded),
    ),
    counter(
      `${pool}_exceeded_label_limits_total`,
      "How often a target or sample had more labels than allowed.",
      count((c) => c.labelLimitsExceeded),
    ),
    counter(
      "prometheus_sd_dns_lookups_total",
      "DNS look-ups of discovery.",
      found((c) => c.dnsLookups),
    ),
    counter(
      "prometheus_sd_dns_lookup_failures_total",
      "DNS look-ups of discovery that failed.",
      found((c) => c.dnsLookupFailures),
    ),
    counter(
      "prometheus_sd_http_failures_total",
      "Lists of targets that could not be fetched over HTTP.",
      found((c) => c.httpFailures),
    ),
    counter(
      "prometheus_sd_file_read_errors_total",
      "Files with lists of targets that could not be read.",
      found((c) => c.fileReadErrors),
    ),
  ];
}

function remoteReadings(sources: MetricSources): readonly Reading[] {
  return [
    counter(
      "prometheus_api_remote_write_invalid_labels_samples_total",
      "Series received by remote write and left out for their labels.",
      () => sources.remoteWrite()?.invalidLabelsSeries ?? 0,
    ),
    counter(
      "narthex_api_remote_write_samples_total",
      "Samples received by remote write and stored.",
      () => sources.remoteWrite()?.samplesStored ?? 0,
    ),
    counter(
      "narthex_api_remote_write_refused_requests_total",
      "Requests of remote write that were refused as a whole.",
      () => sources.remoteWrite()?.requestsRefused ?? 0,
    ),
    gauge(
      "prometheus_remote_read_handler_queries",
      "Remote reads running and waiting.",
      () => sources.remoteReads() ?? 0,
    ),
    counter(
      "prometheus_web_federation_errors_total",
      "Requests for federation that failed.",
      () => sources.federationErrors() ?? 0,
    ),
    // A store of our own has no warnings to pass on.
    counter("prometheus_web_federation_warnings_total", "Warnings while federating.", () => 0),
  ];
}

function gauge(name: string, help: string, read: () => number): Reading {
  return { name, help, type: "gauge", read };
}

function counter(name: string, help: string, read: () => number): Reading {
  return { name, help, type: "counter", read };
}

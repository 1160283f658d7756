import type { BudgetStats, DiskStats, HeadPressure, StoreStats } from "../../storage/index.ts";
import type { MetricSources, Reading } from "./sources.ts";

// Prometheus counts full pages of its log in these.
const LOG_PAGE_BYTES = 32_768;
// By the value of the metric.
const PRESSURES: readonly HeadPressure[] = ["normal", "pressed", "full"];

/**
 * What the store does to keep samples on disk. Times come as sum and count, without quantiles and buckets. The log is
 * one file here, and chunks are not mapped: what tells of segments and mapped chunks is 0. Source: spec TSDB-55, TSDB-57
 * to TSDB-62, TSDB-64.
 */
export function storageReadings(sources: MetricSources): readonly Reading[] {
  const of = (pick: (stats: StoreStats) => number) => (): number => {
    const stats = sources.store();
    return stats === undefined ? 0 : pick(stats);
  };
  const disk = (pick: (stats: DiskStats) => number): (() => number) =>
    of((stats) => (stats.disk === undefined ? 0 : pick(stats.disk)));
  return [
    ...headReadings(of, disk),
    ...logReadings(of, disk),
    ...compactionReadings(disk),
    ...retentionReadings(disk),
  ];
}

type ReadStore = (pick: (stats: StoreStats) => number) => () => number;
type ReadDisk = (pick: (stats: DiskStats) => number) => () => number;

function lowest(stats: StoreStats): number {
  return stats.lowestTime ?? stats.headMinTime;
}

function headReadings(of: ReadStore, disk: ReadDisk): readonly Reading[] {
  return [
    counter("head_series_not_found_total", "Samples of series that the head did not know.", () => 0),
    gauge(
      "head_chunks_storage_size_bytes",
      "Bytes of samples and series in the head's memory.",
      of((stats) => stats.headBytes ?? 0),
    ),
    gauge(
      "head_stale_series",
      "Series of the head whose newest sample is a staleness marker.",
      of((stats) => stats.staleSeries ?? 0),
    ),
    ...budgetReadings((pick) => of((stats) => (stats.budget === undefined ? 0 : pick(stats.budget)))),
    gauge("lowest_timestamp", "Oldest time in the store, in ms.", of(lowest)),
    gauge(
      "lowest_timestamp_seconds",
      "Oldest time in the store.",
      of((stats) => lowest(stats) / 1000),
    ),
    ...times("head_gc_duration_seconds", "Letting go of what a block has taken over", {
      sumMs: disk((stats) => stats.collectionMs),
      count: disk((stats) => stats.collections),
    }),
    counter(
      "head_truncations_total",
      "Cuts of the head.",
      disk((stats) => stats.truncations),
    ),
    counter("head_truncations_failed_total", "Cuts that the head could not follow.", () => 0),
    counter("mmap_chunks_total", "Chunks mapped from files.", () => 0),
    counter("mmap_chunk_corruptions_total", "Damaged mapped chunks.", () => 0),
    counter("snapshot_replay_error_total", "Snapshots of memory that could not be replayed.", () => 0),
    gauge("isolation_low_watermark", "Oldest append that is not visible; rows become so at once.", () => 0),
    gauge("isolation_high_watermark", "Newest append that is not visible; rows become so at once.", () => 0),
  ];
}

function budgetReadings(of: (pick: (stats: BudgetStats) => number) => () => number): readonly Reading[] {
  return [
    gauge(
      "narthex_storage_head_bytes",
      "Bytes of the head's samples and series.",
      of((stats) => stats.bytes),
    ),
    gauge(
      "narthex_storage_head_limit_bytes",
      "Bytes at which the head takes no new series of those who make many; 0: no limit.",
      of((stats) => finite(stats.bytesMax)),
    ),
    gauge(
      "narthex_storage_head_limit_series",
      "Series at which the head takes no new ones; 0: no limit.",
      of((stats) => finite(stats.seriesMax)),
    ),
    gauge(
      "narthex_storage_head_pressure",
      "1 when the head is near its limit, 2 when it takes no new series of those who make many.",
      of((stats) => PRESSURES.indexOf(stats.pressure)),
    ),
    counter(
      "narthex_storage_series_refused_total",
      "Times that a new series was not taken, since the head was at its limit.",
      of((stats) => stats.seriesRefused),
    ),
  ];
}

function finite(limit: number): number {
  return limit === Infinity ? 0 : limit;
}

function logReadings(of: ReadStore, disk: ReadDisk): readonly Reading[] {
  return [
    gauge("wal_segment_current", "Segment that the log is written to; it has one.", () => 0),
    counter(
      "wal_corruptions_total",
      "Damaged stretches of the log.",
      of((stats) => stats.logCorruptions ?? 0),
    ),
    counter(
      "wal_writes_failed_total",
      "Commits that the disk did not take.",
      of((stats) => stats.logFailures ?? 0),
    ),
    counter(
      "wal_page_flushes_total",
      "Commits to the log.",
      disk((stats) => stats.commits),
    ),
    counter(
      "wal_completed_pages_total",
      "Bytes committed to the log, in pages of 32 KiB.",
      disk((stats) => Math.floor(stats.committedBytes / LOG_PAGE_BYTES)),
    ),
    ...times("wal_fsync_duration_seconds", "Syncing the log", {
      sumMs: disk((stats) => stats.syncMs),
      count: disk((stats) => stats.syncs),
    }),
    ...times("wal_truncate_duration_seconds", "Emptying the log's part that a block has taken over", {
      sumMs: disk((stats) => stats.truncationMs),
      count: disk((stats) => stats.truncations),
    }),
    counter(
      "wal_truncations_total",
      "Parts of the log that were emptied.",
      disk((stats) => stats.truncations),
    ),
    counter("wal_truncations_failed_total", "Parts of the log that could not be emptied.", () => 0),
    ...checkpointReadings(disk),
    counter(
      "narthex_storage_worker_restarts_total",
      "Storage workers that ended by themselves.",
      disk((stats) => stats.workerRestarts),
    ),
  ];
}

// What moves to the database's file leaves the WAL.
function checkpointReadings(disk: ReadDisk): readonly Reading[] {
  const done = disk((stats) => stats.checkpoints);
  const failed = disk((stats) => stats.checkpointFailures);
  return [
    counter("checkpoint_creations_total", "Times that the WAL was moved to the file.", done),
    counter("checkpoint_creations_failed_total", "Times that the WAL could not be moved.", failed),
    counter("checkpoint_deletions_total", "Times that a moved WAL was begun anew.", done),
    counter("checkpoint_deletions_failed_total", "Times that a moved WAL could not be begun anew.", () => 0),
  ];
}

function compactionReadings(disk: ReadDisk): readonly Reading[] {
  return [
    counter(
      "compactions_triggered_total",
      "Rounds that looked for something to cut or merge.",
      disk((stats) => stats.rounds),
    ),
    counter(
      "compactions_skipped_total",
      "Rounds that did not for lack of a disk to write to.",
      disk((stats) => stats.compactionsSkipped),
    ),
    counter(
      "vertical_compactions_total",
      "Merges of blocks that overlapped.",
      disk((stats) => stats.verticalCompactions),
    ),
    ...times("compaction_duration_seconds", "Rounds of cutting and merging", {
      sumMs: disk((stats) => stats.compactionMs),
      count: disk((stats) => stats.rounds),
    }),
    gauge(
      "compaction_populating_block",
      "Blocks that are being written.",
      disk((stats) => stats.blocksBeingWritten),
    ),
    counter(
      "reloads_total",
      "Looks at the directory of blocks.",
      disk((stats) => stats.reloads),
    ),
    counter(
      "reloads_failures_total",
      "Blocks that could not be opened.",
      disk((stats) => stats.reloadFailures),
    ),
  ];
}

function retentionReadings(disk: ReadDisk): readonly Reading[] {
  return [
    gauge(
      "retention_limit_seconds",
      "Age at which blocks are removed; 0: none.",
      disk((stats) => stats.retentionMs / 1000),
    ),
    gauge(
      "retention_limit_bytes",
      "Size above which blocks are removed; 0: none.",
      disk((stats) => stats.retentionBytes),
    ),
    gauge(
      "retention_limit_percentage",
      "The same in percent of the file system; 0: none.",
      disk((stats) => stats.retentionPercentage),
    ),
    counter(
      "time_retentions_total",
      "Blocks removed for their age.",
      disk((stats) => stats.timeRetentions),
    ),
    counter(
      "size_retentions_total",
      "Blocks removed for the size of all.",
      disk((stats) => stats.sizeRetentions),
    ),
    counter(
      "tombstone_cleanup_seconds_sum",
      "Time spent on rewriting blocks with deleted samples.",
      disk((stats) => stats.tombstoneMs / 1000),
    ),
  ];
}

function times(
  name: string,
  what: string,
  { sumMs, count }: { readonly sumMs: () => number; readonly count: () => number },
): readonly Reading[] {
  return [
    counter(`${name}_sum`, `${what}: seconds it took.`, () => sumMs() / 1000),
    counter(`${name}_count`, `${what}: how often.`, count),
  ];
}

function gauge(name: string, help: string, read: () => number): Reading {
  return { name: fullName(name), help, type: "gauge", read };
}

function counter(name: string, help: string, read: () => number): Reading {
  return { name: fullName(name), help, type: "counter", read };
}

function fullName(name: string): string {
  return name.startsWith("narthex_") ? name : `prometheus_tsdb_${name}`;
}

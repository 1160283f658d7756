import type { DiskStats } from "../storage/index.ts";
import type { Directory } from "./directory.ts";
import type { Maintenance } from "./maintenance/maintenance.ts";

/** How often and how long the head let go of what blocks had taken over. */
export interface CollectionCounts {
  collections: number;
  collectionMs: number;
}

/** Puts together what the parts of a data directory count. */
export function diskStats(
  { blocks, log, worker }: Directory,
  { counts, limits }: Maintenance,
  collections: CollectionCounts,
): DiskStats {
  const { commits, committedBytes, syncs, syncMs, checkpoints, checkpointFailures } = log.counts;
  return {
    ...collections,
    commits,
    committedBytes,
    syncs,
    syncMs,
    checkpoints,
    checkpointFailures,
    truncations: counts.truncations,
    truncationMs: counts.truncationMs,
    rounds: counts.rounds,
    compactionMs: counts.compactionMs,
    compactionsSkipped: counts.compactionsSkipped,
    verticalCompactions: counts.verticalCompactions,
    blocksBeingWritten: blocks.writingCount,
    reloads: blocks.reloads,
    reloadFailures: blocks.reloadFailures,
    timeRetentions: counts.timeRetentions,
    sizeRetentions: counts.sizeRetentions,
    tombstoneMs: counts.tombstoneMs,
    retentionMs: limits.retentionMs,
    retentionBytes: limits.limitBytes,
    retentionPercentage: limits.retentionPercentage,
    workerRestarts: worker.restarts,
  };
}

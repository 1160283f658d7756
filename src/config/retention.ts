import type { ServerFlags } from "./flags/index.ts";
import type { Config, RetentionConfig } from "./server-types.ts";

/**
 * What to keep: the file's `storage.tsdb.retention`, which replaces all that flags say, else the flags.
 * Source: spec CFG-89.
 */
export function effectiveRetention(
  config: Config,
  flags: Pick<ServerFlags, "storageRetentionMs" | "storageRetentionBytes">,
): RetentionConfig {
  const fromFlags = {
    timeMs: flags.storageRetentionMs,
    sizeBytes: flags.storageRetentionBytes,
    percentage: 0,
  };
  return config.storage.tsdb.retention ?? fromFlags;
}

import type { LogLevel } from "../../base/index.ts";
import type { FeatureName } from "./features.ts";

/** What the command line of the server said, or its defaults. Durations in milliseconds, sizes in bytes. */
export interface ServerFlags {
  readonly configFile: string;
  readonly configExpandEnv: boolean;
  readonly configAutoReload: boolean;
  readonly configAutoReloadIntervalMs: number;
  readonly webListenAddresses: readonly string[];
  readonly webReadTimeoutMs: number;
  readonly webConnectionsMax: number;
  readonly webExternalUrl: string; // "": derive it from host name and port.
  readonly webRoutePrefix: string; // Starts with "/" and ends without one, but for "/" itself.
  readonly webEnableLifecycle: boolean;
  readonly webEnableAdminApi: boolean;
  readonly webEnableRemoteWriteReceiver: boolean;
  readonly webRemoteWriteMessages: readonly string[];
  readonly webPageTitle: string;
  readonly webCorsOrigin: string; // A regex for the whole origin.
  readonly storagePath: string;
  readonly storageRetentionMs: number; // 0: none.
  readonly storageRetentionBytes: number; // 0: none.
  readonly storageNoLockfile: boolean;
  readonly storageSyncIntervalMs: number; // 0: before every acknowledgement.
  readonly storageFreeDiskMinBytes: number; // 0: no limit.
  readonly storageHeadBytesMax: number; // 0: by the memory of the machine or container.
  readonly storageHeadSeriesMax: number; // 0: no limit.
  readonly storageBlockReloadIntervalMs: number;
  readonly storageMinBlockDurationMs: number;
  readonly storageMaxBlockDurationMs: number;
  readonly scrapeAdjustTimestamps: boolean;
  readonly scrapeTimestampToleranceMs: number;
  readonly scrapeDiscoveryReloadIntervalMs: number;
  readonly scrapeBodyMaxBytes: number; // Where a job sets no limit; 0: none.
  readonly scrapeStrictContentType: boolean;
  readonly queryLookbackDeltaMs: number;
  readonly queryTimeoutMs: number;
  readonly queryConcurrencyMax: number;
  readonly querySamplesMax: number;
  readonly queryLengthMaxBytes: number; // 0: none.
  readonly queryMemoryBytesMax: number; // 0: an eighth of the machine's or the container's.
  readonly queryCacheBytes: number; // 0: no answers are kept.
  readonly queryWorkers: number | undefined; // Undefined: one less than there are cores, at least one.
  readonly remoteReadSamplesMax: number; // In the answer to one query; 0: no limit.
  readonly remoteReadConcurrencyMax: number; // 0: no limit.
  readonly logLevel: LogLevel;
  readonly logFormat: "logfmt" | "json";
  readonly features: ReadonlySet<FeatureName>;
}

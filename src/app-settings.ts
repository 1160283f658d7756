import { availableParallelism, hostname, totalmem } from "node:os";
import { featureTable } from "./app-features.ts";
import type { Clock, Logger } from "./base/index.ts";
import type { ApiSettings, BuildInfo, ExternalUrl } from "./api/index.ts";
import { effectiveRetention, type Config, type RetentionConfig, type ServerFlags } from "./config/index.ts";
import { formatDuration, formatSize } from "./model/index.ts";
import type { EngineFeatures, ParseOptions } from "./promql/index.ts";
import type { StoreTuning } from "./storage/index.ts";
import { COMPATIBLE_VERSION, NARTHEX_VERSION } from "./version.ts";

// What the parts of the server are told, taken from the flags.

export const BUILD_INFO: BuildInfo = {
  version: COMPATIBLE_VERSION,
  revision: NARTHEX_VERSION,
  branch: "narthex",
  buildUser: "",
  buildDate: "",
  runtimeVersion: `node ${process.version}`,
};

export function parseOptions(flags: ServerFlags): ParseOptions {
  return {
    features: {
      experimentalFunctions: flags.features.has("promql-experimental-functions"),
      extendedRangeSelectors: flags.features.has("promql-extended-range-selectors"),
      binopFillModifiers: flags.features.has("promql-binop-fill-modifiers"),
    },
    lengthMaxBytes: flags.queryLengthMaxBytes === 0 ? Infinity : flags.queryLengthMaxBytes,
  };
}

export function engineFeatures(flags: ServerFlags): EngineFeatures {
  return {
    delayedNameRemoval: flags.features.has("promql-delayed-name-removal"),
    typeAndUnitLabels: flags.features.has("type-and-unit-labels"),
  };
}

export function apiSettings(
  flags: ServerFlags,
  options: {
    readonly shownFlags: Readonly<Record<string, string>>;
    readonly retention: RetentionConfig;
    readonly clock: Clock;
    readonly logger: Logger;
    readonly startTimeMs: number;
    readonly replay: () => { readonly done: number; readonly total: number };
  },
): ApiSettings {
  return {
    listenAddresses: flags.webListenAddresses,
    routePrefix: flags.webRoutePrefix,
    externalUrl: externalUrl(flags),
    corsOrigin: flags.webCorsOrigin,
    enableLifecycle: flags.webEnableLifecycle,
    enableAdminApi: flags.webEnableAdminApi,
    enableRemoteWriteReceiver: flags.webEnableRemoteWriteReceiver,
    maxConnections: flags.webConnectionsMax,
    readTimeoutMs: flags.webReadTimeoutMs,
    pageTitle: flags.webPageTitle,
    parse: parseOptions(flags),
    buildInfo: BUILD_INFO,
    flags: options.shownFlags,
    features: featureTable(flags),
    storageRetention: retentionText(options.retention),
    workingDirectory: process.cwd(),
    hostname: hostname(),
    startTimeMs: options.startTimeMs,
    replay: options.replay,
    clock: options.clock,
    logger: options.logger,
  };
}

/** As `--web.external-url` says, else this host's name with the port listened on (CLI-9). */
function externalUrl({ webExternalUrl, webListenAddresses }: ServerFlags): ExternalUrl {
  const written = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]+)/i.exec(webExternalUrl);
  if (written !== null) return { scheme: written[1]!, host: written[2]! };
  const port = /:(\d+)$/.exec(webListenAddresses[0] ?? "")?.[1];
  return { scheme: "http", host: port === undefined ? hostname() : `${hostname()}:${port}` };
}

/** What the store is told at the start and after each reload. */
export function storeTuning(config: Config, flags: ServerFlags): StoreTuning {
  const retention = effectiveRetention(config, flags);
  const { tsdb, exemplars } = config.storage;
  return {
    retentionMs: retention.timeMs,
    retentionBytes: retention.sizeBytes,
    retentionPercentage: retention.percentage,
    outOfOrderWindowMs: tsdb.outOfOrderTimeWindowMs,
    staleSeriesThreshold: tsdb.staleSeriesCompactionThreshold,
    exemplarsMax: flags.features.has("exemplar-storage") ? exemplars.maxExemplars : 0,
  };
}

/** As `--storage.head.memory-limit` says, else half of what the machine has or the container may use. */
export function headBytesMax({ storageHeadBytesMax }: ServerFlags): number {
  return storageHeadBytesMax > 0 ? storageHeadBytesMax : memoryBytes() / 2;
}

/** Of one query (REL-19). */
export function queryBytesMax({ queryMemoryBytesMax }: ServerFlags): number {
  return queryMemoryBytesMax > 0 ? queryMemoryBytesMax : memoryBytes() / 8;
}

/** Threads that run queries; 0: the main thread does. */
export function queryWorkers(flags: ServerFlags): number {
  return flags.queryWorkers ?? Math.max(1, availableParallelism() - 1);
}

// Of the container or the machine. Without a limit Node tells 0 or a number far above any memory.
function memoryBytes(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/** `15d`, `15d or 1GiB` (API-54, TSDB-18). */
function retentionText({ timeMs, sizeBytes, percentage }: RetentionConfig): string {
  const parts = [
    ...(timeMs > 0 ? [formatDuration(timeMs)] : []),
    ...(sizeBytes > 0 ? [formatSize(sizeBytes)] : []),
    ...(percentage > 0 ? [`${percentage}%`] : []),
  ];
  return parts.join(" or ");
}

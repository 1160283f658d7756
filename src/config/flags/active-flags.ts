import { LOG_LEVELS } from "../../base/index.ts";
import { flag, repeated, type FlagRow } from "./flag-row.ts";
import {
  addressFlag,
  countFlag,
  durationFlag,
  pathFlag,
  regexFlag,
  sizeFlag,
  switchFlag,
  textFlag,
  unset,
  urlFlag,
  wordFlag,
} from "./flag-types.ts";
import type { ServerFlags } from "./server-flags.ts";

// The flags that do something (spec cli.md, section 1, and our own), by property of ServerFlags.

const CONFIGURATION = "Configuration";
const WEB = "Web";
const STORAGE = "Storage";
const SCRAPING = "Scraping";
const QUERIES = "Queries";
const REMOTE = "Remote storage";
const LOGGING = "Features and logging";
const SERVER = { mode: "server" } as const;
const HIDDEN = { hidden: true } as const;
const HIDDEN_SERVER = { hidden: true, mode: "server" } as const;

/** The flags as written, before those that depend on others are worked out. */
export interface WrittenFlags extends Omit<
  ServerFlags,
  "features" | "storageRetentionMs" | "storageMaxBlockDurationMs"
> {
  readonly features: readonly string[]; // Lists of names.
  readonly storageRetentionMs: number | undefined;
  readonly storageMaxBlockDurationMs: number | undefined;
}

export const ACTIVE_FLAGS: { readonly [Name in keyof WrittenFlags]: FlagRow<WrittenFlags[Name]> } = {
  configFile: flag(pathFlag, {
    name: "config.file",
    group: CONFIGURATION,
    fallback: "prometheus.yml",
    help: "The configuration. Relative paths in it start at its directory.",
  }),
  configExpandEnv: flag(switchFlag, {
    name: "config.expand-env",
    group: CONFIGURATION,
    fallback: "false",
    help: "Replace ${NAME} by environment variables in all values of the configuration.",
  }),
  configAutoReload: flag(switchFlag, {
    name: "config.auto-reload",
    group: CONFIGURATION,
    fallback: "false",
    help: "Load the configuration again when it, a rule file or a scrape config file changes.",
  }),
  configAutoReloadIntervalMs: flag(durationFlag, {
    name: "config.auto-reload-interval",
    group: CONFIGURATION,
    fallback: "30s",
    help: "How often to look for changes; at least 1s.",
  }),
  webListenAddresses: repeated(addressFlag, {
    name: "web.listen-address",
    group: WEB,
    fallback: "0.0.0.0:9090",
    help: "Address and port to answer on.",
  }),
  webReadTimeoutMs: flag(durationFlag, {
    name: "web.read-timeout",
    group: WEB,
    fallback: "5m",
    help: "Longest time to read a request, and to keep an idle connection.",
  }),
  webConnectionsMax: flag(countFlag, {
    name: "web.max-connections",
    group: WEB,
    fallback: "512",
    help: "Most connections at a time; more have to wait.",
  }),
  webExternalUrl: flag(urlFlag, {
    name: "web.external-url",
    group: WEB,
    fallback: "",
    help: "The address under which users reach this server, for example behind a proxy. Its path becomes the route prefix.",
  }),
  webRoutePrefix: flag(textFlag, {
    name: "web.route-prefix",
    group: WEB,
    fallback: "",
    help: "Path in front of all routes. Default: the path of --web.external-url.",
  }),
  webEnableLifecycle: flag(switchFlag, {
    name: "web.enable-lifecycle",
    group: WEB,
    fallback: "false",
    help: "Allow POST /-/reload and POST /-/quit.",
  }),
  webEnableAdminApi: flag(switchFlag, {
    name: "web.enable-admin-api",
    group: WEB,
    fallback: "false",
    help: "Allow snapshots and deleting series over HTTP.",
  }),
  webEnableRemoteWriteReceiver: flag(switchFlag, {
    name: "web.enable-remote-write-receiver",
    group: WEB,
    fallback: "false",
    help: "Take samples at POST /api/v1/write.",
  }),
  webRemoteWriteMessages: repeated(textFlag, {
    name: "web.remote-write-receiver.accepted-protobuf-messages",
    group: WEB,
    fallback: "prometheus.WriteRequest",
    help: "Messages to take there; also io.prometheus.write.v2.Request.",
  }),
  webPageTitle: flag(textFlag, {
    name: "web.page-title",
    group: WEB,
    fallback: "Prometheus Time Series Collection and Processing Server",
    help: "Title of the UI's pages.",
  }),
  webCorsOrigin: flag(regexFlag, {
    name: "web.cors.origin",
    group: WEB,
    fallback: ".*",
    help: "Origins whose pages may ask this server; must match the whole origin.",
  }),
  storagePath: flag(pathFlag, {
    name: "storage.tsdb.path",
    group: STORAGE,
    fallback: "data/",
    help: "Directory of the data; made when it is missing.",
    ...SERVER,
  }),
  storageRetentionMs: flag(unset(durationFlag), {
    name: "storage.tsdb.retention.time",
    group: STORAGE,
    fallback: "",
    help: "How long to keep samples; 15d when no limit of any kind is set.",
    ...SERVER,
  }),
  storageRetentionBytes: flag(sizeFlag, {
    name: "storage.tsdb.retention.size",
    group: STORAGE,
    fallback: "0B",
    help: "Most bytes of blocks to keep, such as 512MB; 0 for no limit.",
    ...SERVER,
  }),
  storageNoLockfile: flag(switchFlag, {
    name: "storage.tsdb.no-lockfile",
    group: STORAGE,
    fallback: "false",
    help: "Do not lock the data directory against a second server.",
    ...SERVER,
  }),
  storageSyncIntervalMs: flag(durationFlag, {
    name: "storage.sync-interval",
    group: STORAGE,
    fallback: "5s",
    help: "Most time whose samples a power cut may cost; 0 syncs before every acknowledgement.",
    ...SERVER,
  }),
  storageFreeDiskMinBytes: flag(sizeFlag, {
    name: "storage.min-free-disk",
    group: STORAGE,
    fallback: "100MiB",
    help: "Free space below which no samples are written until there is more again; 0 for no such limit.",
    ...SERVER,
  }),
  storageHeadBytesMax: flag(sizeFlag, {
    name: "storage.head.memory-limit",
    group: STORAGE,
    fallback: "0B",
    help: "Memory for the newest samples, above which new series are refused; 0 for half of what there is.",
    ...SERVER,
  }),
  storageHeadSeriesMax: flag(countFlag, {
    name: "storage.head.max-series",
    group: STORAGE,
    fallback: "0",
    help: "Most series with new samples, above which further ones are refused; 0 for no such limit.",
    ...SERVER,
  }),
  storageBlockReloadIntervalMs: flag(durationFlag, {
    name: "storage.tsdb.block-reload-interval",
    group: STORAGE,
    fallback: "1m",
    help: "How often to look for blocks that came or went, and for work on them; at least 1s.",
    ...SERVER,
  }),
  storageMinBlockDurationMs: flag(durationFlag, {
    name: "storage.tsdb.min-block-duration",
    group: STORAGE,
    fallback: "2h",
    help: "Range of a new block.",
    ...HIDDEN_SERVER,
  }),
  storageMaxBlockDurationMs: flag(unset(durationFlag), {
    name: "storage.tsdb.max-block-duration",
    group: STORAGE,
    fallback: "",
    help: "Longest range of a block; a tenth of the retention, at most 31d.",
    ...HIDDEN_SERVER,
  }),
  scrapeBodyMaxBytes: flag(sizeFlag, {
    name: "scrape.max-body-size",
    group: SCRAPING,
    fallback: "256MiB",
    help: "Largest answer of a target, unpacked, where its job sets no limit; 0 for no limit.",
  }),
  scrapeStrictContentType: flag(switchFlag, {
    name: "scrape.strict-content-type",
    group: SCRAPING,
    fallback: "false",
    help: "Refuse answers whose Content-Type is missing or unknown instead of taking them for text.",
  }),
  scrapeAdjustTimestamps: flag(switchFlag, {
    name: "scrape.adjust-timestamps",
    group: SCRAPING,
    fallback: "true",
    help: "Move timestamps that are close to the schedule onto it.",
    ...HIDDEN,
  }),
  scrapeTimestampToleranceMs: flag(durationFlag, {
    name: "scrape.timestamp-tolerance",
    group: SCRAPING,
    fallback: "2ms",
    help: "How close that is.",
    ...HIDDEN,
  }),
  scrapeDiscoveryReloadIntervalMs: flag(durationFlag, {
    name: "scrape.discovery-reload-interval",
    group: SCRAPING,
    fallback: "5s",
    help: "Shortest time between two changes of the targets.",
    ...HIDDEN,
  }),
  queryLookbackDeltaMs: flag(durationFlag, {
    name: "query.lookback-delta",
    group: QUERIES,
    fallback: "5m",
    help: "How far back a query looks for the newest sample.",
    ...SERVER,
  }),
  queryTimeoutMs: flag(durationFlag, {
    name: "query.timeout",
    group: QUERIES,
    fallback: "2m",
    help: "Longest time a query may take.",
    ...SERVER,
  }),
  queryConcurrencyMax: flag(countFlag, {
    name: "query.max-concurrency",
    group: QUERIES,
    fallback: "20",
    help: "Most queries at a time; more have to wait.",
    ...SERVER,
  }),
  querySamplesMax: flag(countFlag, {
    name: "query.max-samples",
    group: QUERIES,
    fallback: "50000000",
    help: "Most samples a query may hold at a time.",
    ...SERVER,
  }),
  queryLengthMaxBytes: flag(sizeFlag, {
    name: "query.max-length",
    group: QUERIES,
    fallback: "64KiB",
    help: "Longest text of a query; 0 for no limit.",
    ...SERVER,
  }),
  queryMemoryBytesMax: flag(sizeFlag, {
    name: "query.max-memory",
    group: QUERIES,
    fallback: "0B",
    help: "Memory that a query may take for what it holds at a time; 0 for an eighth of what there is.",
    ...SERVER,
  }),
  queryCacheBytes: flag(sizeFlag, {
    name: "query.cache-size",
    group: QUERIES,
    fallback: "64MiB",
    help: "Memory for answers to range queries, of which only the newest steps are computed again; 0 keeps none.",
    ...SERVER,
  }),
  queryWorkers: flag(unset(countFlag), {
    name: "query.workers",
    group: QUERIES,
    fallback: "",
    help: "Threads that run queries; 0 runs them in the main thread. Default: one less than there are cores.",
    ...SERVER,
  }),
  remoteReadSamplesMax: flag(countFlag, {
    name: "storage.remote.read-sample-limit",
    group: REMOTE,
    fallback: "50000000",
    help: "Most samples in the answer to one remote read query; 0 for no limit.",
    ...SERVER,
  }),
  remoteReadConcurrencyMax: flag(countFlag, {
    name: "storage.remote.read-concurrent-limit",
    group: REMOTE,
    fallback: "10",
    help: "Most remote reads at a time; more have to wait; 0 for no limit.",
    ...SERVER,
  }),
  features: repeated(textFlag, {
    name: "enable-feature",
    group: LOGGING,
    fallback: "",
    help: "Names of features, separated by commas.",
  }),
  logLevel: flag(wordFlag(LOG_LEVELS), {
    name: "log.level",
    group: LOGGING,
    fallback: "info",
    help: "Leave out log lines that are less urgent.",
  }),
  logFormat: flag(wordFlag(["logfmt", "json"]), {
    name: "log.format",
    group: LOGGING,
    fallback: "logfmt",
    help: "Format of log lines.",
  }),
};

import { flag, type FlagRow } from "./flag-row.ts";
import {
  countFlag,
  durationFlag,
  pathFlag,
  ratioFlag,
  sizeFlag,
  switchFlag,
  textFlag,
} from "./flag-types.ts";

// Flags that are accepted so that start-up scripts keep working, but that do nothing, or nothing yet.

const WEB = "Web";
const STORAGE = "Storage";
const RULES = "Rules and alerts";
const REMOTE = "Remote storage";
const AGENT_GROUP = "Agent";
const RUNTIME = "Tuning of Go programs, accepted without effect";
const IGNORED = { status: "ignored" } as const;
const INACTIVE = { status: "inactive" } as const;
const REFUSED = { status: "refused" } as const;
const SERVER_IGNORED = { status: "ignored", mode: "server" } as const;
const SERVER_INACTIVE = { status: "inactive", mode: "server" } as const;
const SERVER_HIDDEN = { status: "ignored", mode: "server", hidden: true } as const;
const AGENT = { status: "ignored", mode: "agent" } as const;
const AGENT_HIDDEN = { status: "ignored", mode: "agent", hidden: true } as const;

export const IDLE_FLAGS: readonly FlagRow<unknown>[] = [
  flag(pathFlag, {
    name: "web.config.file",
    group: WEB,
    fallback: "",
    help: "A file that asks for TLS or user names and passwords.",
    ...REFUSED,
  }),
  flag(countFlag, {
    name: "web.max-notifications-subscribers",
    group: WEB,
    fallback: "16",
    help: "Most live streams of notifications.",
    ...INACTIVE,
  }),
  flag(pathFlag, {
    name: "web.user-assets",
    group: WEB,
    fallback: "",
    help: "A directory to serve under /user.",
    ...INACTIVE,
  }),
  flag(switchFlag, {
    name: "web.enable-otlp-receiver",
    group: WEB,
    fallback: "false",
    help: "Take samples at POST /api/v1/otlp/v1/metrics.",
    ...INACTIVE,
  }),
  flag(pathFlag, {
    name: "web.console.templates",
    group: WEB,
    fallback: "consoles",
    help: "Directory of console templates.",
    ...IGNORED,
  }),
  flag(pathFlag, {
    name: "web.console.libraries",
    group: WEB,
    fallback: "console_libraries",
    help: "Directory of what console templates share.",
    ...IGNORED,
  }),
  flag(countFlag, {
    name: "web.search.max-limit",
    group: WEB,
    fallback: "10000",
    help: "Most results of a search; 0 for no limit.",
    ...SERVER_INACTIVE,
  }),
  flag(countFlag, {
    name: "storage.tsdb.head-chunks-write-queue-size",
    group: STORAGE,
    fallback: "0",
    help: "Tuning of another store.",
    ...SERVER_IGNORED,
  }),
  flag(pathFlag, {
    name: "storage.tsdb.delay-compact-file.path",
    group: STORAGE,
    fallback: "",
    help: "Compact only the blocks this file names.",
    ...SERVER_INACTIVE,
  }),
  flag(sizeFlag, {
    name: "storage.tsdb.max-block-chunk-segment-size",
    group: STORAGE,
    fallback: "0B",
    help: "Tuning of another store.",
    ...SERVER_HIDDEN,
  }),
  flag(sizeFlag, {
    name: "storage.tsdb.wal-segment-size",
    group: STORAGE,
    fallback: "0B",
    help: "Tuning of another store.",
    ...SERVER_HIDDEN,
  }),
  flag(switchFlag, {
    name: "storage.tsdb.wal-compression",
    group: STORAGE,
    fallback: "true",
    help: "Tuning of another store.",
    ...SERVER_HIDDEN,
  }),
  flag(textFlag, {
    name: "storage.tsdb.wal-compression-type",
    group: STORAGE,
    fallback: "snappy",
    help: "Tuning of another store.",
    ...SERVER_HIDDEN,
  }),
  flag(countFlag, {
    name: "storage.tsdb.samples-per-chunk",
    group: STORAGE,
    fallback: "120",
    help: "Tuning of another store.",
    ...SERVER_HIDDEN,
  }),
  flag(switchFlag, {
    name: "storage.tsdb.allow-overlapping-compaction",
    group: STORAGE,
    fallback: "true",
    help: "Tuning of another store.",
    ...SERVER_HIDDEN,
  }),
  flag(countFlag, {
    name: "storage.tsdb.delayed-compaction.max-percent",
    group: STORAGE,
    fallback: "10",
    help: "Tuning of another store.",
    ...SERVER_IGNORED,
  }),
  flag(durationFlag, {
    name: "rules.alert.for-outage-tolerance",
    group: RULES,
    fallback: "1h",
    help: "Longest outage after which pending alerts go on.",
    ...SERVER_INACTIVE,
  }),
  flag(durationFlag, {
    name: "rules.alert.for-grace-period",
    group: RULES,
    fallback: "10m",
    help: "Shortest wait before such an alert fires.",
    ...SERVER_INACTIVE,
  }),
  flag(durationFlag, {
    name: "rules.alert.resend-delay",
    group: RULES,
    fallback: "1m",
    help: "Shortest time between two sendings of an alert.",
    ...SERVER_INACTIVE,
  }),
  flag(countFlag, {
    name: "rules.max-concurrent-evals",
    group: RULES,
    fallback: "4",
    help: "Most rules at a time.",
    ...SERVER_INACTIVE,
  }),
  flag(countFlag, {
    name: "alertmanager.notification-queue-capacity",
    group: RULES,
    fallback: "10000",
    help: "Most alerts that wait to be sent.",
    ...SERVER_INACTIVE,
  }),
  flag(countFlag, {
    name: "alertmanager.notification-batch-size",
    group: RULES,
    fallback: "256",
    help: "Most alerts in one message.",
    ...SERVER_INACTIVE,
  }),
  flag(switchFlag, {
    name: "alertmanager.drain-notification-queue-on-shutdown",
    group: RULES,
    fallback: "true",
    help: "Send waiting alerts before stopping.",
    ...SERVER_INACTIVE,
  }),
  flag(durationFlag, {
    name: "storage.remote.flush-deadline",
    group: REMOTE,
    fallback: "1m",
    help: "How long to wait for queues when stopping.",
    ...INACTIVE,
  }),
  flag(countFlag, {
    name: "storage.remote.read-max-bytes-in-frame",
    group: REMOTE,
    fallback: "1048576",
    help: "Most bytes in one frame of a streamed answer.",
    ...SERVER_INACTIVE,
  }),
  flag(switchFlag, {
    name: "agent",
    group: AGENT_GROUP,
    fallback: "false",
    help: "Only scrape and send on.",
    ...REFUSED,
  }),
  flag(pathFlag, {
    name: "storage.agent.path",
    group: AGENT_GROUP,
    fallback: "data-agent/",
    help: "Directory of the data.",
    ...AGENT,
  }),
  flag(switchFlag, {
    name: "storage.agent.wal-compression",
    group: AGENT_GROUP,
    fallback: "true",
    help: "Compress the log.",
    ...AGENT,
  }),
  flag(durationFlag, {
    name: "storage.agent.retention.min-time",
    group: AGENT_GROUP,
    fallback: "5m",
    help: "Shortest time to keep what was sent.",
    ...AGENT,
  }),
  flag(durationFlag, {
    name: "storage.agent.retention.max-time",
    group: AGENT_GROUP,
    fallback: "4h",
    help: "Longest time to keep what was not sent.",
    ...AGENT,
  }),
  flag(switchFlag, {
    name: "storage.agent.no-lockfile",
    group: AGENT_GROUP,
    fallback: "false",
    help: "Do not lock the data directory.",
    ...AGENT,
  }),
  flag(switchFlag, {
    name: "storage.agent.checkpoint-from-in-memory-series",
    group: AGENT_GROUP,
    fallback: "false",
    help: "Tuning of another store.",
    ...AGENT,
  }),
  flag(countFlag, {
    name: "storage.agent.checkpoint-batch-size",
    group: AGENT_GROUP,
    fallback: "1000",
    help: "Tuning of another store.",
    ...AGENT,
  }),
  flag(sizeFlag, {
    name: "storage.agent.wal-segment-size",
    group: AGENT_GROUP,
    fallback: "0B",
    help: "Tuning of another store.",
    ...AGENT_HIDDEN,
  }),
  flag(textFlag, {
    name: "storage.agent.wal-compression-type",
    group: AGENT_GROUP,
    fallback: "snappy",
    help: "Tuning of another store.",
    ...AGENT_HIDDEN,
  }),
  flag(durationFlag, {
    name: "storage.agent.wal-truncate-frequency",
    group: AGENT_GROUP,
    fallback: "0s",
    help: "Tuning of another store.",
    ...AGENT_HIDDEN,
  }),
  flag(switchFlag, {
    name: "auto-gomaxprocs",
    group: RUNTIME,
    fallback: "true",
    help: "Threads from the container's limit.",
    ...IGNORED,
  }),
  flag(switchFlag, {
    name: "auto-gomemlimit",
    group: RUNTIME,
    fallback: "true",
    help: "Memory from the container's limit.",
    ...IGNORED,
  }),
  flag(ratioFlag, {
    name: "auto-gomemlimit.ratio",
    group: RUNTIME,
    fallback: "0.9",
    help: "Share of that memory.",
    ...IGNORED,
  }),
  flag(durationFlag, {
    name: "auto-gomemlimit.refresh-interval",
    group: RUNTIME,
    fallback: "0s",
    help: "How often to look at that limit.",
    ...IGNORED,
  }),
];

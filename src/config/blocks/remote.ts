import { block, field, inline, shownField, type BlockPlace, type BlockType, type Type } from "../schema.ts";
import type { MetadataConfig, QueueConfig, RemoteReadConfig, RemoteWriteConfig } from "../server-types.ts";
import {
  boolean,
  duration,
  filePath,
  list,
  map,
  oneOf,
  optional,
  refusingNull,
  secret,
  text,
  uint,
  url,
} from "../values.ts";
import { HTTP_CLIENT, httpClientBlock } from "./http-client.ts";
import { allOf, mechanism, oneKeyOf, roleAmong, type Entry } from "./mechanism.ts";
import { relabelRules } from "./relabel.ts";
import { SIGV4 } from "./sigv4.ts";

// `remote_write` and `remote_read` (spec CFG-74 to CFG-87).

const RESERVED_HEADERS: ReadonlySet<string> = new Set([
  "host",
  "content-encoding",
  "content-length",
  "content-type",
  "user-agent",
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "www-authenticate",
  "accept-encoding",
  "x-prometheus-remote-write-version",
  "x-prometheus-remote-read-version",
  "x-amz-date",
  "x-amz-security-token",
  "x-amz-content-sha256",
]);

const QUEUE: BlockType<QueueConfig> = block({
  fields: {
    capacity: field("capacity", uint, 10_000),
    maxShards: field("max_shards", uint, 50),
    minShards: field("min_shards", uint, 1),
    maxSamplesPerSend: field("max_samples_per_send", uint, 2000),
    batchSendDeadlineMs: field("batch_send_deadline", duration, 5000),
    minBackoffMs: field("min_backoff", duration, 30),
    maxBackoffMs: field("max_backoff", duration, 5000),
    retryOnHttp429: field("retry_on_http_429", boolean),
    sampleAgeLimitMs: field("sample_age_limit", duration),
  },
  finish(raw: QueueConfig, place): QueueConfig {
    const counts = {
      capacity: raw.capacity,
      max_shards: raw.maxShards,
      min_shards: raw.minShards,
      max_samples_per_send: raw.maxSamplesPerSend,
    };
    for (const [key, count] of Object.entries(counts)) {
      if (count <= 0) place.report(key, `remote write queue ${key} must be greater than 0`);
    }
    if (raw.minShards > raw.maxShards && raw.maxShards > 0) {
      place.report("min_shards", "remote write queue min_shards must not be greater than max_shards");
    }
    if (raw.minBackoffMs > raw.maxBackoffMs) {
      place.report("max_backoff", "remote write queue max_backoff must not be less than min_backoff");
    }
    return raw;
  },
});

const METADATA: BlockType<MetadataConfig> = block({
  fields: {
    send: field("send", boolean, true),
    sendIntervalMs: field("send_interval", duration, 60_000),
    maxSamplesPerSend: field("max_samples_per_send", uint, 2000),
  },
  finish: (raw: MetadataConfig): MetadataConfig => raw,
});

const AZURE_METHODS = ["managed_identity", "workload_identity", "oauth", "sdk", "certificate"];

const azurePart = (...keys: readonly string[]): Type<Entry | undefined> =>
  optional(
    mechanism(
      keys.map((key) => field(key, key.endsWith("secret") ? secret : key.endsWith("path") ? filePath : text)),
      { http: false },
    ),
  );

const AZURE_AD: BlockType<Entry> = mechanism(
  [
    field("cloud", text, "AzurePublic"),
    field("managed_identity", azurePart("client_id")),
    field("workload_identity", azurePart("client_id", "tenant_id", "token_file_path")),
    field("oauth", azurePart("client_id", "client_secret", "tenant_id")),
    field("sdk", azurePart("tenant_id")),
    field(
      "certificate",
      azurePart("client_id", "certificate_path", "tenant_id", "certificate_password_secret"),
    ),
    field("scope", text),
  ],
  {
    http: false,
    check: allOf(
      roleAmong("cloud", ["AzurePublic", "AzureChina", "AzureGovernment"]),
      oneKeyOf(AZURE_METHODS, "one is needed"),
    ),
  },
);

const GOOGLE_IAM: BlockType<Entry> = mechanism([field("credentials_file", filePath)], { http: false });

const MESSAGES = ["prometheus.WriteRequest", "io.prometheus.write.v2.Request"] as const;

const protobufMessage = oneOf(
  MESSAGES,
  (written) =>
    `invalid protobuf_message value: unknown remote write protobuf message ${written}, supported: ${MESSAGES.join(", ")}`,
);

const REMOTE_WRITE: BlockType<RemoteWriteConfig> = block({
  fields: {
    url: shownField("url", url),
    remoteTimeoutMs: field("remote_timeout", duration, 30_000),
    headers: field("headers", map(text)),
    writeRelabelConfigs: field(
      "write_relabel_configs",
      relabelRules("empty or null relabeling rule in remote write config"),
    ),
    name: field("name", text),
    sendExemplars: field("send_exemplars", boolean),
    sendNativeHistograms: field("send_native_histograms", boolean),
    roundRobinDns: field("round_robin_dns", boolean),
    failedRequestLogging: field("failed_request_logging", boolean),
    protobufMessage: field("protobuf_message", protobufMessage, MESSAGES[0]),
    httpClient: inline(httpClientBlock(false)),
    queueConfig: field("queue_config", QUEUE),
    metadataConfig: field("metadata_config", METADATA),
    sigv4: field("sigv4", optional(SIGV4)),
    azuread: field("azuread", optional(AZURE_AD)),
    googleIam: field("google_iam", optional(GOOGLE_IAM)),
  },
  finish(raw: RemoteWriteConfig, place): RemoteWriteConfig {
    if (!place.has("url")) place.report("url", "url for remote_write is empty");
    checkHeaders(raw.headers, place);
    const { basicAuth, authorization, oauth2 } = raw.httpClient;
    const { sigv4, azuread, googleIam } = raw;
    const methods = { basic_auth: basicAuth, authorization, oauth2, sigv4, azuread, google_iam: googleIam };
    const given = Object.entries(methods).flatMap(([name, value]) => (value === undefined ? [] : [name]));
    if (given.length > 1 && (sigv4 ?? azuread ?? googleIam) !== undefined) {
      const all = "basic_auth, authorization, oauth2, or sigv4";
      const message = `at most one of ${all} must be configured. Currently configured: [${given.join(" ")}]`;
      place.report(given.at(-1)!, message);
    }
    return raw;
  },
});

const REMOTE_READ: BlockType<RemoteReadConfig> = block({
  fields: {
    url: shownField("url", url),
    remoteTimeoutMs: field("remote_timeout", duration, 60_000),
    chunkedReadLimitBytes: field("chunked_read_limit", uint, 50_000_000),
    headers: field("headers", map(text)),
    readRecent: field("read_recent", boolean),
    name: field("name", text),
    httpClient: inline(HTTP_CLIENT),
    requiredMatchers: field("required_matchers", map(text)),
    filterExternalLabels: field("filter_external_labels", boolean, true),
  },
  finish(raw: RemoteReadConfig, place): RemoteReadConfig {
    if (!place.has("url")) place.report("url", "url for remote_read is empty");
    checkHeaders(raw.headers, place);
    return raw;
  },
});

export const REMOTE_WRITES: Type<readonly RemoteWriteConfig[]> = list(
  refusingNull(REMOTE_WRITE, "empty or null remote write config section"),
);

export const REMOTE_READS: Type<readonly RemoteReadConfig[]> = list(
  refusingNull(REMOTE_READ, "empty or null remote read config section"),
);

function checkHeaders(headers: Readonly<Record<string, string>>, place: BlockPlace): void {
  for (const name of Object.keys(headers)) {
    if (name.toLowerCase() === "authorization") {
      const instead = "the basic_auth, authorization, oauth2, or sigv4 parameter";
      place.report("headers", `authorization header must be changed via ${instead}`);
    } else if (RESERVED_HEADERS.has(name.toLowerCase())) {
      place.report("headers", `${name} is a reserved header. It must not be changed`);
    }
  }
}

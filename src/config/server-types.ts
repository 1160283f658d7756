import type { RelabelConfig } from "../model/index.ts";
import type {
  DiscoveryConfigs,
  GlobalConfig,
  HttpClientConfig,
  ScrapeConfig,
  TlsClientConfig,
} from "./types.ts";

// What the configuration file says beyond scraping. Same conventions as in types.ts.

/** The whole effective configuration; frozen to the last leaf. */
export interface Config {
  readonly global: GlobalConfig;
  readonly runtime: RuntimeConfig;
  readonly alerting: AlertingConfig;
  readonly ruleFiles: readonly string[]; // Patterns, relative to the working directory like all paths here.
  readonly scrapeConfigFiles: readonly string[]; // Patterns.
  /** Every job: those of the main file, then those of the files that `scrapeConfigFiles` match. */
  readonly scrapeConfigs: readonly ScrapeConfig[];
  /** Only the jobs written in the main file, which is what `/api/v1/status/config` shows. */
  readonly mainScrapeConfigs: readonly ScrapeConfig[];
  readonly storage: StorageConfig;
  readonly tracing: TracingConfig | undefined;
  readonly otlp: OtlpConfig;
  readonly remoteWrite: readonly RemoteWriteConfig[];
  readonly remoteRead: readonly RemoteReadConfig[];
}

/** Tuning of Go programs; kept only to be shown. */
export interface RuntimeConfig {
  readonly gogc: number;
}

export interface AlertingConfig {
  readonly alertRelabelConfigs: readonly RelabelConfig[];
  readonly alertmanagers: readonly AlertmanagerConfig[];
}

export interface AlertmanagerConfig {
  readonly httpClient: HttpClientConfig;
  readonly sigv4: SigV4Config | undefined;
  readonly scheme: string;
  readonly pathPrefix: string;
  readonly timeoutMs: number;
  readonly apiVersion: string;
  readonly relabelConfigs: readonly RelabelConfig[];
  readonly alertRelabelConfigs: readonly RelabelConfig[];
  readonly discovery: DiscoveryConfigs;
}

export interface SigV4Config {
  readonly region: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly profile: string;
  readonly roleArn: string;
  readonly externalId: string;
  readonly useFipsStsEndpoint: boolean;
}

export interface StorageConfig {
  readonly tsdb: TsdbConfig;
  readonly exemplars: ExemplarsConfig;
}

export interface TsdbConfig {
  readonly outOfOrderTimeWindowMs: number;
  readonly retention: RetentionConfig | undefined; // Undefined: the flags decide.
  readonly staleSeriesCompactionThreshold: number;
  readonly chunkEncoding: { readonly floats: string }; // "", "xor" or "xor2".
}

export interface ExemplarsConfig {
  readonly maxExemplars: number; // 0 or less: none are kept.
}

/** What to keep; 0 means no limit of that kind. Percentage beats size. */
export interface RetentionConfig {
  readonly timeMs: number;
  readonly sizeBytes: number;
  readonly percentage: number;
}

export interface TracingConfig {
  readonly clientType: "grpc" | "http";
  readonly endpoint: string;
  readonly samplingFraction: number;
  readonly insecure: boolean;
  readonly tlsConfig: TlsClientConfig | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly compression: string; // "" or "gzip".
  readonly timeoutMs: number;
}

export interface OtlpConfig {
  readonly promoteAllResourceAttributes: boolean;
  readonly promoteResourceAttributes: readonly string[];
  readonly ignoreResourceAttributes: readonly string[];
  readonly translationStrategy: string;
  readonly keepIdentifyingResourceAttributes: boolean;
  readonly convertHistogramsToNhcb: boolean;
  readonly promoteScopeMetadata: boolean;
  readonly labelNameUnderscoreSanitization: boolean;
  readonly labelNamePreserveMultipleUnderscores: boolean;
}

export interface RemoteWriteConfig {
  readonly url: string;
  readonly remoteTimeoutMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly writeRelabelConfigs: readonly RelabelConfig[];
  readonly name: string; // "": the queue names itself after a hash of this block.
  readonly sendExemplars: boolean;
  readonly sendNativeHistograms: boolean;
  readonly roundRobinDns: boolean;
  readonly failedRequestLogging: boolean;
  readonly protobufMessage: "prometheus.WriteRequest" | "io.prometheus.write.v2.Request";
  readonly httpClient: HttpClientConfig;
  readonly queueConfig: QueueConfig;
  readonly metadataConfig: MetadataConfig;
  readonly sigv4: SigV4Config | undefined;
  readonly azuread: Readonly<Record<string, unknown>> | undefined;
  readonly googleIam: Readonly<Record<string, unknown>> | undefined;
}

export interface QueueConfig {
  readonly capacity: number;
  readonly maxShards: number;
  readonly minShards: number;
  readonly maxSamplesPerSend: number;
  readonly batchSendDeadlineMs: number;
  readonly minBackoffMs: number;
  readonly maxBackoffMs: number;
  readonly retryOnHttp429: boolean;
  readonly sampleAgeLimitMs: number;
}

export interface MetadataConfig {
  readonly send: boolean;
  readonly sendIntervalMs: number;
  readonly maxSamplesPerSend: number;
}

export interface RemoteReadConfig {
  readonly url: string;
  readonly remoteTimeoutMs: number;
  readonly chunkedReadLimitBytes: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly readRecent: boolean;
  readonly name: string;
  readonly httpClient: HttpClientConfig;
  readonly requiredMatchers: Readonly<Record<string, string>>;
  readonly filterExternalLabels: boolean;
}

/** A part of the file that is understood and checked, but that nothing acts on yet. */
export interface InactiveField {
  readonly file: string;
  readonly line: number; // 1-based.
  readonly path: string; // E.g. `scrape_configs[0].oauth2`.
  readonly feature: string; // What it is part of, e.g. `OAuth 2.0`.
}

/** What one reading of the configuration gave. */
export interface LoadedConfig {
  readonly config: Config;
  readonly inactive: readonly InactiveField[];
  readonly warnings: readonly string[]; // E.g. an unset environment variable; for the log.
  readonly files: readonly string[]; // Every file read: the main file, then the scrape config files.
}

import type { Labels, RelabelConfig } from "../model/index.ts";

// The effective configuration: defaults filled in, inherited values copied into each job, everything frozen.
// Durations are milliseconds, sizes bytes, absent optional things undefined. Field names follow the YAML keys.

export type ScrapeProtocol =
  | "PrometheusProto"
  | "PrometheusText0.0.4"
  | "PrometheusText1.0.0"
  | "OpenMetricsText0.0.1"
  | "OpenMetricsText1.0.0";

export type NameValidation = "utf8" | "legacy";
export type NameEscaping = "allow-utf-8" | "underscores" | "dots" | "values";

export interface BasicAuthConfig {
  readonly username: string;
  readonly usernameFile: string;
  readonly usernameRef?: string; // A name in a secret manager; there is none yet.
  readonly password: string;
  readonly passwordFile: string;
  readonly passwordRef?: string;
}

export interface AuthorizationConfig {
  readonly type: string;
  readonly credentials: string;
  readonly credentialsFile: string;
  readonly credentialsRef?: string;
}

/** How requests reach a proxy (spec HTTP-7 to HTTP-10). */
export interface ProxyConfig {
  readonly proxyUrl: string;
  readonly noProxy: string;
  readonly proxyFromEnvironment: boolean;
  readonly proxyConnectHeader: Readonly<Record<string, readonly string[]>>;
}

export interface OAuth2Config extends ProxyConfig {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly clientSecretFile: string;
  readonly clientSecretRef: string;
  readonly clientCertificateKeyId: string;
  readonly clientCertificateKey: string;
  readonly clientCertificateKeyFile: string;
  readonly clientCertificateKeyRef: string;
  readonly signatureAlgorithm: string;
  readonly issuer: string;
  readonly audience: string;
  readonly claims: Readonly<Record<string, string>>;
  readonly tokenUrl: string;
  readonly scopes: readonly string[];
  readonly endpointParams: Readonly<Record<string, string>>;
  readonly grantType: string;
  readonly tlsConfig: TlsClientConfig | undefined;
}

export type TlsVersion = "TLS10" | "TLS11" | "TLS12" | "TLS13";

export interface TlsClientConfig {
  readonly ca: string;
  readonly caFile: string;
  readonly cert: string;
  readonly certFile: string;
  readonly key: string;
  readonly keyFile: string;
  readonly serverName: string;
  readonly insecureSkipVerify: boolean;
  readonly minVersion: TlsVersion | undefined;
  readonly maxVersion: TlsVersion | undefined;
}

export interface HttpHeaderConfig {
  readonly values: readonly string[];
  readonly secrets: readonly string[];
  readonly files: readonly string[];
}

/** The block that every HTTP client shares (spec HTTP-1 to HTTP-15). */
export interface HttpClientConfig extends ProxyConfig {
  readonly basicAuth: BasicAuthConfig | undefined;
  readonly authorization: AuthorizationConfig | undefined;
  readonly oauth2: OAuth2Config | undefined;
  readonly tlsConfig: TlsClientConfig | undefined;
  readonly followRedirects: boolean;
  readonly enableHttp2: boolean;
  readonly httpHeaders: Readonly<Record<string, HttpHeaderConfig>>;
}

/** A TLS block with nothing in it: the system's authorities and the host's own name. */
export const PLAIN_TLS: TlsClientConfig = {
  ca: "",
  caFile: "",
  cert: "",
  certFile: "",
  key: "",
  keyFile: "",
  serverName: "",
  insecureSkipVerify: false,
  minVersion: undefined,
  maxVersion: undefined,
};

/** A client block with nothing in it: no credentials, no proxy, the system's certificates. */
export const PLAIN_HTTP_CLIENT: HttpClientConfig = {
  basicAuth: undefined,
  authorization: undefined,
  oauth2: undefined,
  tlsConfig: undefined,
  proxyUrl: "",
  noProxy: "",
  proxyFromEnvironment: false,
  proxyConnectHeader: {},
  followRedirects: true,
  enableHttp2: true,
  httpHeaders: {},
};

export interface StaticConfig {
  readonly targets: readonly string[];
  readonly labels: Labels;
}

export type DnsRecordType = "A" | "AAAA" | "SRV" | "MX" | "NS";

export interface DnsSdConfig {
  readonly names: readonly string[];
  readonly type: DnsRecordType;
  readonly port: number;
  readonly refreshIntervalMs: number;
}

export interface FileSdConfig {
  readonly files: readonly string[]; // Patterns, absolute or from the working directory.
  readonly refreshIntervalMs: number; // 0: only when a file changes.
}

export interface HttpSdConfig {
  readonly url: string;
  readonly refreshIntervalMs: number;
  readonly httpClient: HttpClientConfig;
}

/** A filter of Docker's API: the objects for which `name` is one of `values`. */
export interface DiscoveryFilter {
  readonly name: string;
  readonly values: readonly string[];
}

export interface DockerSdConfig {
  readonly host: string; // E.g. unix:///var/run/docker.sock.
  readonly port: number; // For containers that expose none.
  readonly filters: readonly DiscoveryFilter[];
  readonly hostNetworkingHost: string;
  readonly refreshIntervalMs: number;
  readonly matchFirstNetwork: boolean;
  readonly httpClient: HttpClientConfig;
}

export type SwarmRole = "tasks" | "services" | "nodes";

export interface DockerSwarmSdConfig {
  readonly host: string;
  readonly role: SwarmRole;
  readonly port: number;
  readonly filters: readonly DiscoveryFilter[];
  readonly refreshIntervalMs: number;
  readonly httpClient: HttpClientConfig;
}

export type KubernetesRole = "node" | "pod" | "service" | "endpoints" | "endpointslice" | "ingress";

export interface KubernetesSelector {
  readonly role: KubernetesRole; // Which of the objects that a role looks at it is for.
  readonly label: string;
  readonly field: string;
}

/** Other objects whose labels are added to the targets. */
export interface KubernetesAttached {
  readonly node: boolean;
  readonly namespace: boolean;
  readonly deployment: boolean;
  readonly job: boolean;
  readonly cronjob: boolean;
}

export interface KubernetesSdConfig {
  readonly apiServer: string; // "": by `kubeconfigFile` or from within the cluster.
  readonly role: KubernetesRole;
  readonly kubeconfigFile: string;
  readonly namespaces: { readonly ownNamespace: boolean; readonly names: readonly string[] } | undefined;
  readonly selectors: readonly KubernetesSelector[];
  readonly attachMetadata: KubernetesAttached | undefined;
  readonly httpClient: HttpClientConfig;
}

export interface ConsulSdConfig {
  readonly server: string; // host:port.
  readonly pathPrefix: string;
  readonly scheme: string;
  readonly token: string;
  readonly username: string;
  readonly password: string;
  readonly datacenter: string; // "": the agent's.
  readonly namespace: string;
  readonly partition: string;
  readonly tagSeparator: string;
  readonly allowStale: boolean;
  readonly refreshIntervalMs: number;
  readonly services: readonly string[]; // Empty: all.
  readonly tags: readonly string[]; // All of which a service must have.
  readonly nodeMeta: Readonly<Record<string, string>>;
  readonly filter: string;
  readonly healthFilter: string;
  readonly httpClient: HttpClientConfig;
}

/**
 * Discovery blocks of a job or of an alertmanager set. Mechanisms that are known but not built yet are kept as
 * their names, so that the server can say once that they do nothing.
 */
export interface DiscoveryConfigs {
  readonly static: readonly StaticConfig[];
  readonly dns: readonly DnsSdConfig[];
  readonly file: readonly FileSdConfig[];
  readonly http: readonly HttpSdConfig[];
  readonly docker: readonly DockerSdConfig[];
  readonly dockerSwarm: readonly DockerSwarmSdConfig[];
  readonly kubernetes: readonly KubernetesSdConfig[];
  readonly consul: readonly ConsulSdConfig[];
  readonly inactive: readonly string[]; // E.g. "nomad_sd_configs".
  readonly other?: OtherDiscovery; // What those blocks say, by the same keys.
}

/** Nothing to discover. */
export const NO_DISCOVERY: DiscoveryConfigs = {
  static: [],
  dns: [],
  file: [],
  http: [],
  docker: [],
  dockerSwarm: [],
  kubernetes: [],
  consul: [],
  inactive: [],
};

/** Checked blocks of the mechanisms that are not built yet: YAML key, then one plain record per entry. */
type OtherDiscovery = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;

export interface ScrapeConfig {
  readonly jobName: string;
  readonly honorLabels: boolean;
  readonly honorTimestamps: boolean;
  readonly trackTimestampsStaleness: boolean;
  readonly params: Readonly<Record<string, readonly string[]>>;
  readonly scrapeIntervalMs: number;
  readonly scrapeTimeoutMs: number;
  readonly scrapeProtocols: readonly ScrapeProtocol[];
  readonly fallbackScrapeProtocol: ScrapeProtocol | undefined;
  readonly scrapeNativeHistograms: boolean;
  readonly alwaysScrapeClassicHistograms: boolean;
  readonly convertClassicHistogramsToNhcb: boolean;
  readonly extraScrapeMetrics: boolean;
  readonly metricsPath: string;
  readonly scheme: string;
  readonly enableCompression: boolean;
  readonly bodySizeLimitBytes: number; // 0: none.
  readonly sampleLimit: number; // 0: none, here and below.
  readonly targetLimit: number;
  readonly labelLimit: number;
  readonly labelNameLengthLimit: number;
  readonly labelValueLengthLimit: number;
  readonly nativeHistogramBucketLimit: number;
  readonly nativeHistogramMinBucketFactor: number;
  readonly keepDroppedTargets: number;
  readonly scrapeFailureLogFile: string;
  readonly nameValidation: NameValidation;
  readonly nameEscaping: NameEscaping;
  readonly httpClient: HttpClientConfig;
  readonly discovery: DiscoveryConfigs;
  readonly relabelConfigs: readonly RelabelConfig[];
  readonly metricRelabelConfigs: readonly RelabelConfig[];
}

export interface GlobalConfig {
  readonly scrapeIntervalMs: number;
  readonly scrapeTimeoutMs: number;
  readonly scrapeProtocols: readonly ScrapeProtocol[] | undefined; // Undefined: each job has its default.
  readonly evaluationIntervalMs: number;
  readonly ruleQueryOffsetMs: number;
  readonly queryLogFile: string;
  readonly scrapeFailureLogFile: string;
  readonly externalLabels: Labels;
  readonly bodySizeLimitBytes: number; // 0: none, here and below.
  readonly sampleLimit: number;
  readonly targetLimit: number;
  readonly labelLimit: number;
  readonly labelNameLengthLimit: number;
  readonly labelValueLengthLimit: number;
  readonly keepDroppedTargets: number;
  readonly nameValidation: NameValidation;
  readonly nameEscaping: NameEscaping;
  readonly scrapeNativeHistograms: boolean;
  readonly convertClassicHistogramsToNhcb: boolean;
  readonly alwaysScrapeClassicHistograms: boolean;
  readonly extraScrapeMetrics: boolean;
}

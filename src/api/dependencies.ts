import type { Clock, Logger } from "../base/index.ts";
import type { ScrapeConfig } from "../config/index.ts";
import type { Labels } from "../model/index.ts";
import type { ParseOptions } from "../promql/parse/index.ts";
import type { QueryExecutor } from "../query/index.ts";
import type { Federation, RemoteReader, RemoteWriteReceiver } from "../remote/index.ts";
import type { Store } from "../storage/index.ts";

/** What the server says about itself. Source: spec API-55, CLI-98. */
export interface BuildInfo {
  readonly version: string; // Semantic; clients pick features by it.
  readonly revision: string;
  readonly branch: string;
  readonly buildUser: string;
  readonly buildDate: string;
  readonly runtimeVersion: string; // Told as `goVersion`.
}

/** How the server is reached from outside. */
export interface ExternalUrl {
  readonly scheme: string;
  readonly host: string; // With the port when there is one.
}

/** What is fixed when the server starts. */
export interface ApiSettings {
  readonly listenAddresses: readonly string[]; // `host:port`; port 0 lets the system choose.
  readonly routePrefix: string; // "/" or "/sub/path" without a slash at the end.
  readonly externalUrl: ExternalUrl;
  readonly corsOrigin: string; // RE2 regex, anchored.
  readonly enableLifecycle: boolean;
  readonly enableAdminApi: boolean;
  readonly enableRemoteWriteReceiver: boolean;
  readonly maxConnections: number;
  readonly readTimeoutMs: number; // For idle connections.
  readonly pageTitle: string;
  readonly parse: ParseOptions; // The language as the server's queries have it.
  readonly buildInfo: BuildInfo;
  readonly flags: Readonly<Record<string, string>>; // Name without dashes → value (API-53).
  /** Category → name → whether it is on (API-60). */
  readonly features: Readonly<Record<string, Readonly<Record<string, boolean>>>>;
  readonly storageRetention: string; // As `15d or 1GiB` (API-54).
  readonly workingDirectory: string;
  readonly hostname: string;
  readonly startTimeMs: number;
  /** How much of the log was read back, and how much there is to read, by one measure. */
  readonly replay?: () => { readonly done: number; readonly total: number };
  readonly clock: Clock;
  readonly logger: Logger;
}

type TargetHealth = "unknown" | "up" | "down";

/** One target being scraped. Source: spec API-45. */
export interface ActiveTarget {
  readonly scrapePool: string;
  readonly discoveredLabels: Labels;
  readonly labels: Labels;
  readonly scrapeUrl: string;
  readonly lastError: string; // "" when the last scrape went well.
  readonly lastScrapeMs: number | undefined; // Undefined before the first scrape.
  readonly lastScrapeDurationSeconds: number;
  readonly health: TargetHealth;
  readonly scrapeIntervalText: string; // As configured, e.g. "15s".
  readonly scrapeTimeoutText: string;
  readonly note: string; // What people should know though the scrape went well; else "".
  /** What it says about its metric families; of one metric when that is given. */
  metadata(metric?: string): readonly MetricMetadata[];
}

export interface DroppedTarget {
  readonly scrapePool: string;
  readonly discoveredLabels: Labels;
}

/** What a target told about one metric family. Source: spec API-46. */
export interface MetricMetadata {
  readonly metric: string;
  readonly type: string; // `counter`, `gauge`, … `unknown` (API-48).
  readonly help: string;
  readonly unit: string;
}

/** Scraping as the API shows it. Targets may come in any order; the API sorts pools by name. */
export interface TargetsView {
  pools(): readonly string[];
  active(): readonly ActiveTarget[];
  dropped(): readonly DroppedTarget[];
  /** Number of dropped targets of every pool, also of those whose targets are not kept. */
  droppedCounts(): ReadonlyMap<string, number>;
}

/** The configuration as the API shows it. */
interface ConfigView {
  /** The effective configuration as YAML, secrets masked (API-52). */
  yaml(): string;
  /** The effective configuration of a scrape pool, or undefined when there is none of that name. */
  scrapeConfig(pool: string): ScrapeConfig | undefined;
  readonly lastReload: ReloadState;
}

export interface ReloadState {
  readonly successful: boolean; // Of the last attempt.
  readonly lastAttemptMs: number;
  readonly lastSuccessMs: number;
}

/** What a client with the right may ask of the whole server. */
interface ServerControl {
  /** Rejects with the reason when the configuration cannot be loaded or applied. */
  reload(): Promise<void>;
  /** Starts the end of the process; returns at once. */
  quit(): void;
}

/** The parts that serve data; they exist once the store has been replayed. */
export interface ApiParts {
  readonly store: Store;
  readonly executor: QueryExecutor;
  readonly receiver: RemoteWriteReceiver;
  readonly reader: RemoteReader;
  readonly federation: Federation;
  readonly targets: TargetsView;
  readonly config: ConfigView;
  readonly control: ServerControl;
}

import type { ExecutorLoad } from "../../query/index.ts";
import type { RemoteWriteCounters } from "../../remote/index.ts";
import type { StoreStats } from "../../storage/index.ts";
import type { BuildInfo, ReloadState } from "../dependencies.ts";

/** What scraping has counted since the start; keys of the maps are job names. Source: spec CLI-112 to CLI-116. */
export interface ScrapeCounters {
  readonly bodySizeLimitExceeded: number;
  readonly sampleLimitExceeded: number;
  readonly duplicateTimestamps: number;
  readonly outOfBounds: number;
  readonly outOfOrder: number;
  readonly targetLimitExceeded: number;
  readonly labelLimitsExceeded: number;
  readonly syncFailures: ReadonlyMap<string, number>;
  readonly metadataEntries: ReadonlyMap<string, number>; // Now.
}

/** What service discovery has counted. Source: spec CLI-113, CLI-122. */
export interface DiscoveryCounts {
  readonly dnsLookups: number;
  readonly dnsLookupFailures: number;
  readonly httpFailures: number;
  readonly fileReadErrors: number;
  readonly refreshFailures: ReadonlyMap<string, number>; // By mechanism.
  readonly discoveredTargets: ReadonlyMap<string, number>; // Now, by job.
}

/**
 * Where the own metrics come from, asked at each scrape. A part that is not there yet gives undefined, and its
 * metrics are 0 then.
 */
export interface MetricSources {
  readonly buildInfo: BuildInfo;
  isReady(): boolean;
  store(): StoreStats | undefined;
  queries(): ExecutorLoad | undefined;
  reload(): ReloadState | undefined;
  scrape(): ScrapeCounters | undefined;
  discovery(): DiscoveryCounts | undefined;
  remoteWrite(): RemoteWriteCounters | undefined;
  /** Remote reads running and waiting. */
  remoteReads(): number | undefined;
  federationErrors(): number | undefined;
  /** How often the machine's clock was set. */
  clockSteps(): number;
}

/** A number read at each scrape. */
export interface Reading {
  readonly name: string;
  readonly help: string;
  readonly type: "gauge" | "counter";
  readonly read: () => number;
}

/** Numbers read at each scrape, one for each value of a label. */
export interface LabelledReading {
  readonly name: string;
  readonly help: string;
  readonly type: "gauge" | "counter";
  readonly label: string;
  /** Labels that every value carries besides. */
  readonly fixed?: Readonly<Record<string, string>>;
  readonly read: () => ReadonlyMap<string, number>;
}

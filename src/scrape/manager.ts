import { errorText, type Clock, type Logger } from "../base/index.ts";
import type { ScrapeConfig } from "../config/index.ts";
import { compareText, labelsText, type Labels, type TargetGroup } from "../model/index.ts";
import type { Appendable } from "../storage/index.ts";
import type { ScrapeCounters, ScrapeObserver } from "./counters.ts";
import type { FailureLog, ScrapeClient, ScrapeEnvironment } from "./environment.ts";
import type { ScrapeLoop, TargetStatus } from "./loop.ts";
import { readFamilies, type FamilyMetadata } from "./metadata.ts";
import { ExpositionParser } from "./parse/exposition-parser.ts";
import { SkeletonInterner } from "./parse/skeleton-interner.ts";
import type { Skeleton } from "./parse/skeleton.ts";
import { ScrapePool } from "./pool.ts";
import { RowScratch } from "./row-scratch.ts";
import { Schedule, type TimestampRules } from "./schedule.ts";

const BODY_BYTES_MAX = 256 * 1024 * 1024;
const DEFAULT_TIMESTAMPS: TimestampRules = { align: true, toleranceMs: 2 };

export interface ScrapeManagerOptions {
  readonly store: Pick<Appendable, "openTable">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly counters: ScrapeCounters;
  /** A client for the requests of one job; closed when the job changes or goes. */
  readonly createClient: (config: ScrapeConfig) => ScrapeClient;
  readonly userAgent: string; // "Prometheus/<version>" is what targets expect.
  /** Tells servers with the same targets apart when phases are chosen, e.g. the host's name (SCR-13). */
  readonly hostName: string;
  /** Random for each process; keeps hostile bodies from preparing collisions. */
  readonly hashSeed: number;
  readonly observer?: ScrapeObserver;
  readonly openFailureLog?: (file: string) => FailureLog;
  /** Whether the store takes exemplars. Default false: they are checked and passed over. */
  readonly keepsExemplars?: boolean;
  /** Make zero samples of the start times that targets tell (PB-9). Default false. */
  readonly takesStarts?: boolean;
  /** Refuse missing and odd Content-Types, as Prometheus 3 does (SCR-25). Default false. */
  readonly strictContentType?: boolean;
  readonly timestamps?: TimestampRules;
  /** Largest body of jobs without body_size_limit. Default 256 MiB. */
  readonly bodyBytesMax?: number;
}

/** What scraping needs of a configuration. */
interface ScrapeJobs {
  readonly scrapeConfigs: readonly ScrapeConfig[];
  readonly externalLabels: Labels;
}

/** A target for the API (SCR-8), with the state of its last scrape. */
export interface ActiveTarget extends TargetStatus {
  /** What `metadata` knows it by. */
  readonly key: string;
  readonly discoveredLabels: Labels;
  readonly labels: Labels;
  readonly scrapePool: string;
  readonly scrapeUrl: string;
  readonly scrapeIntervalText: string; // As its labels give it, e.g. "15s".
  readonly scrapeTimeoutText: string;
}

interface DroppedTarget {
  readonly discoveredLabels: Labels;
  readonly scrapePool: string;
}

/** What a target has told about one metric family. */
interface MetricMetadata extends FamilyMetadata {
  readonly metric: string;
}

/** The targets as others see them; everything is of the moment of the call. */
export interface ScrapeTargets {
  /** Names of the jobs, sorted. */
  pools(): string[];
  /** Effective configuration of a job; undefined when there is no such job. */
  poolConfig(jobName: string): ScrapeConfig | undefined;
  /** By job name, then in the order of addition. */
  active(): ActiveTarget[];
  /** By job name; no more of a job than its keep_dropped_targets. */
  dropped(): DroppedTarget[];
  /** How many targets relabelling dropped, by job, those that are not kept included. */
  droppedCounts(): ReadonlyMap<string, number>;
  /** Metadata of the target with this key, of one metric when it is given. */
  metadata(key: string, metric?: string): MetricMetadata[];
  /** Families with metadata summed over the targets, by job (CLI-116). */
  metadataEntries(): ReadonlyMap<string, number>;
}

/** Runs all jobs. Starts with none; `applyConfig` and `updateTargets` may come in either order. */
export interface ScrapeManager {
  /** Leaves unchanged jobs alone, restarts changed ones, ends those that are gone (CFG-104 to CFG-106). */
  applyConfig(jobs: ScrapeJobs): void;
  /** All target groups of a job, whole. Kept for a job that is not configured yet. */
  updateTargets(jobName: string, groups: readonly TargetGroup[]): void;
  readonly targets: ScrapeTargets;
  /** Ends all scraping without staleness markers (STL-6). Resolves when connections are closed. */
  stop(): Promise<void>;
}

export function createScrapeManager(options: ScrapeManagerOptions): ScrapeManager {
  const { clock, logger, counters } = options;
  const interner = new SkeletonInterner();
  const schedule = new Schedule(clock);
  const environment: ScrapeEnvironment = {
    store: options.store,
    clock,
    logger,
    counters,
    observer: options.observer,
    createClient: options.createClient,
    openFailureLog: options.openFailureLog,
    userAgent: options.userAgent,
    takesStarts: options.takesStarts ?? false,
    strictContentType: options.strictContentType ?? false,
    timestamps: options.timestamps ?? DEFAULT_TIMESTAMPS,
    bodyBytesMax: options.bodyBytesMax ?? BODY_BYTES_MAX,
    schedule,
    parser: new ExpositionParser({
      interner,
      hashSeed: options.hashSeed,
      keepsExemplars: options.keepsExemplars ?? false,
      takesStarts: options.takesStarts ?? false,
    }),
    scratch: new RowScratch(),
  };
  const pools = new Pools(environment, options.hostName);
  return {
    applyConfig: (jobs) => pools.apply(jobs),
    updateTargets: (jobName, groups) => pools.update(jobName, groups),
    targets: targetsOf(pools),
    async stop() {
      schedule.stop();
      await pools.stop();
    },
  };
}

class Pools {
  readonly #environment: ScrapeEnvironment;
  readonly #hostName: string;
  readonly #pools = new Map<string, ScrapePool>();
  readonly #groups = new Map<string, readonly TargetGroup[]>(); // By job, also of jobs to come.

  constructor(environment: ScrapeEnvironment, hostName: string) {
    this.#environment = environment;
    this.#hostName = hostName;
  }

  get(name: string): ScrapePool | undefined {
    return this.#pools.get(name);
  }

  loopOf(tableKey: string): ScrapeLoop | undefined {
    for (const pool of this.#pools.values()) {
      const loop = pool.loopOf(tableKey);
      if (loop !== undefined) return loop;
    }
    return undefined;
  }

  sorted(): [string, ScrapePool][] {
    return [...this.#pools].toSorted(([a], [b]) => compareText(a, b));
  }

  apply({ scrapeConfigs, externalLabels }: ScrapeJobs): void {
    const names = new Set(scrapeConfigs.map(({ jobName }) => jobName));
    for (const [name, pool] of this.#pools) {
      if (names.has(name)) continue;
      this.#pools.delete(name);
      this.#groups.delete(name);
      this.#end(name, pool);
    }
    const phaseSeed = `${this.#hostName}${labelsText(externalLabels)}`;
    for (const config of scrapeConfigs) {
      const known = this.#pools.get(config.jobName);
      if (known !== undefined) {
        known.reload(config);
        continue;
      }
      const pool = new ScrapePool(config, this.#environment, phaseSeed);
      this.#pools.set(config.jobName, pool);
      pool.update(this.#groups.get(config.jobName) ?? []);
    }
  }

  update(name: string, groups: readonly TargetGroup[]): void {
    this.#groups.set(name, groups);
    this.#pools.get(name)?.update(groups);
  }

  async stop(): Promise<void> {
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all(pools.map((pool) => pool.stop()));
  }

  #end(name: string, pool: ScrapePool): void {
    pool.stop().catch((error: unknown) => {
      this.#environment.logger.warn("ending a job failed", { scrape_pool: name, err: errorText(error) });
    });
  }
}

function targetsOf(pools: Pools): ScrapeTargets {
  return {
    pools: () => pools.sorted().map(([name]) => name),
    poolConfig: (jobName) => pools.get(jobName)?.config,
    active: () => pools.sorted().flatMap(([, pool]) => activeTargets(pool)),
    dropped: () => pools.sorted().flatMap(([, pool]) => droppedTargets(pool)),
    droppedCounts: () => new Map(pools.sorted().map(([name, pool]) => [name, pool.droppedCount])),
    metadata(key, metric) {
      const families = pools.loopOf(key)?.table.families() ?? new Map<string, FamilyMetadata>();
      const entries: MetricMetadata[] = [];
      for (const [name, { type, help, unit }] of families) {
        if (metric === undefined || metric === name) entries.push({ metric: name, type, help, unit });
      }
      return entries;
    },
    metadataEntries: () => new Map(pools.sorted().map(([name, pool]) => [name, countFamilies(pool)])),
  };
}

function activeTargets(pool: ScrapePool): ActiveTarget[] {
  const targets: ActiveTarget[] = [];
  for (const { target, table, status } of pool.loops) {
    targets.push({
      ...status,
      key: table.key,
      discoveredLabels: target.discoveredLabels,
      labels: target.labels,
      scrapePool: pool.config.jobName,
      scrapeUrl: target.url,
      scrapeIntervalText: target.intervalText,
      scrapeTimeoutText: target.timeoutText,
    });
  }
  return targets;
}

function droppedTargets(pool: ScrapePool): DroppedTarget[] {
  const scrapePool = pool.config.jobName;
  return pool.dropped.map((discoveredLabels) => ({ discoveredLabels, scrapePool }));
}

// Reads each skeleton once, for a fleet shares it; families that only linger are left out.
function countFamilies(pool: ScrapePool): number {
  const counts = new Map<Skeleton, number>();
  let sum = 0;
  for (const { table } of pool.loops) {
    const { skeleton } = table;
    if (skeleton === undefined) continue;
    const count = counts.get(skeleton) ?? readFamilies(skeleton).size;
    counts.set(skeleton, count);
    sum += count;
  }
  return sum;
}

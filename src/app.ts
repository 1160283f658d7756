import { randomInt } from "node:crypto";
import { hostname } from "node:os";
import { errorText, NarthexError, type Clock, type Logger, type Timer } from "./base/index.ts";
import {
  createApiServer,
  createServerMetrics,
  type ApiParts,
  type ApiServer,
  type ReloadState,
  type ServerMetrics,
} from "./api/index.ts";
import { createQueries, type Queries } from "./app-queries.ts";
import { apiSettings, BUILD_INFO, headBytesMax, storeTuning } from "./app-settings.ts";
import {
  effectiveRetention,
  readConfigFiles,
  watchContent,
  renderConfig,
  type Config,
  type InactiveField,
  type LoadedConfig,
  type ServerFlags,
} from "./config/index.ts";
import {
  createDiscoveryCounters,
  DiscoveryManager,
  discoverersFor,
  type DnsServer,
} from "./discovery/index.ts";
import { formatDuration } from "./model/index.ts";
import { HttpClient, type Dial, type HttpClientOptions } from "./net/index.ts";
import {
  createFederation,
  createRemoteReader,
  createRemoteWriteReceiver,
  type RemoteWriteReceiver,
} from "./remote/index.ts";
import {
  createScrapeCounters,
  createScrapeManager,
  openFailureFile,
  type ScrapeManager,
} from "./scrape/index.ts";
import type { Store } from "./storage/index.ts";
import { createTargetsView } from "./targets-view.ts";
import { openStore } from "./tsdb/index.ts";
import { COMPATIBLE_VERSION } from "./version.ts";

// The server: builds every part, starts them in order, stops them in reverse.

const USER_AGENT = `Prometheus/${COMPATIBLE_VERSION}`;

/** What a server is started with. */
export interface AppOptions {
  readonly flags: ServerFlags;
  readonly shownFlags: Readonly<Record<string, string>>; // For the flags page.
  readonly logger: Logger;
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Called when a client asks the server to end. */
  readonly quit: () => void;
  readonly dial?: Dial;
  /** Whether queries are to be fast from the first one on; costs some tenths of a second of work after the start. */
  readonly warmsUp?: boolean;
  readonly nameservers?: readonly DnsServer[];
  /** How long in ms a query may take on the main thread before a worker begins with it. */
  readonly inlineQueryMs?: number;
}

/** A running server. */
export interface App {
  readonly addresses: readonly string[]; // `host:port` of each listener.
  /** Rejects when the configuration cannot be used; what went wrong is logged, and the old one stays. */
  reload(): Promise<void>;
  /** Idempotent. */
  stop(): Promise<void>;
}

/** The new configuration cannot be used. */
class ReloadError extends NarthexError {
  override readonly name = "ReloadError";
  readonly errorType = "internal";
}

/** What hands samples out by other ways than queries. */
type Readers = Pick<ApiParts, "reader" | "federation">;

const DECODED_BYTES_MAX = 32 * 1024 * 1024; // RCV-4, RR-1.
const MAINTENANCE_MS_MIN = 1000; // TSDB-24.

/**
 * Starts a server; resolves when it answers queries.
 * @throws ConfigError, ListenError or StorageError; then nothing is left running.
 */
export async function startApp(options: AppOptions): Promise<App> {
  const { flags, logger, clock } = options;
  logger.info("Starting Narthex Server", { mode: "server", version: COMPATIBLE_VERSION });
  const loaded = readConfig(options);
  const server = new Server(options, loaded);
  try {
    const addresses = await server.listen();
    await server.openStore(loaded.config);
    server.serve(loaded);
    logger.info("Server is ready to receive web requests.");
    if (options.warmsUp === true) void server.warmUp();
    logger.debug("storage", { path: flags.storagePath, started: clock.now() });
    return { addresses, reload: () => server.reload(), stop: () => server.stop() };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

function readConfig({ flags, environment }: AppOptions): LoadedConfig {
  return readConfigFiles(flags.configFile, {
    environment,
    expandsEnvironment: flags.configExpandEnv,
    defaults: {
      extraScrapeMetrics: flags.features.has("extra-scrape-metrics"),
      preferProtobuf:
        flags.features.has("created-timestamp-zero-ingestion") || flags.features.has("st-storage"),
    },
  });
}

class Server {
  readonly #options: AppOptions;
  readonly #metrics: ServerMetrics;
  readonly #startTimeMs: number;
  readonly #scrapeCounters = createScrapeCounters();
  readonly #discoveryCounters = createDiscoveryCounters();
  readonly #toldInactive = new Set<string>();
  #config: Config;
  #reloadState: ReloadState;
  #reloading: Promise<void> = Promise.resolve();
  #api: ApiServer | undefined;
  #store: Store | undefined;
  #scrapes: ScrapeManager | undefined;
  #discovery: DiscoveryManager | undefined;
  #queries: Queries | undefined;
  #receiver: RemoteWriteReceiver | undefined;
  #readers: Readers | undefined;
  #maintenance: Timer | undefined;
  #autoReload: Timer | undefined;
  #configFiles: readonly string[] = [];
  #stopping: Promise<void> | undefined;
  #replay = { done: 0, total: 0 };

  constructor(options: AppOptions, { config }: LoadedConfig) {
    this.#options = options;
    this.#config = config;
    this.#startTimeMs = options.clock.now();
    this.#reloadState = {
      successful: true,
      lastAttemptMs: this.#startTimeMs,
      lastSuccessMs: this.#startTimeMs,
    };
    this.#metrics = createServerMetrics({
      buildInfo: BUILD_INFO,
      isReady: () => this.#receiver !== undefined && this.#stopping === undefined,
      store: () => this.#store?.stats(),
      queries: () => this.#queries?.executor.load(),
      reload: () => this.#reloadState,
      scrape: () => this.#scrapeReadings(),
      discovery: () => this.#discoveryReadings(),
      remoteWrite: () => this.#receiver?.counters(),
      remoteReads: () => this.#readers?.reader.load(),
      federationErrors: () => this.#readers?.federation.errorCount(),
      clockSteps: () => this.#options.clock.steps?.() ?? 0,
    });
  }

  /** Listens first: a port in use must not leave a data directory behind. */
  async listen(): Promise<readonly string[]> {
    const { flags, shownFlags, clock, logger } = this.#options;
    const settings = apiSettings(flags, {
      shownFlags,
      retention: effectiveRetention(this.#config, flags),
      clock,
      logger,
      startTimeMs: this.#startTimeMs,
      replay: () => this.#replay,
    });
    this.#api = await createApiServer(settings, this.#metrics);
    const addresses = await this.#api.listen();
    for (const address of addresses) logger.info("Listening on", { address });
    return addresses;
  }

  async openStore(config: Config): Promise<void> {
    const { flags, clock, logger } = this.#options;
    const retention = effectiveRetention(config, flags);
    logger.info("Starting TSDB ...");
    this.#store = await openStore({
      directory: flags.storagePath,
      clock,
      logger,
      retentionMs: retention.timeMs,
      retentionBytes: retention.sizeBytes,
      blockRangeMs: flags.storageMinBlockDurationMs,
      syncIntervalMs: flags.storageSyncIntervalMs,
      lock: !flags.storageNoLockfile,
      minFreeDiskBytes: flags.storageFreeDiskMinBytes,
      headBytesMax: headBytesMax(flags),
      headSeriesMax: flags.storageHeadSeriesMax,
      tuning: storeTuning(config, flags),
      onReplay: ({ blobsRead, blobs }) => (this.#replay = { done: blobsRead, total: blobs }),
    });
    this.#store.reconfigure(storeTuning(config, flags));
    logger.info("TSDB started");
    this.#scheduleMaintenance(this.#store);
  }

  /** Starts queries, scraping and discovery on the open store. */
  serve(loaded: LoadedConfig): void {
    const store = this.#store!;
    const queries = this.#createQueries(store);
    this.#queries = queries;
    this.#receiver = createRemoteWriteReceiver({
      appendable: store,
      decodedBytesMax: DECODED_BYTES_MAX,
      logger: this.#options.logger,
    });
    this.#readers = this.#createReaders(store);
    const scrapes = this.#createScrapes(store);
    this.#scrapes = scrapes;
    this.#discovery = this.#createDiscovery(scrapes);
    this.#apply(loaded);
    this.#watchConfig();
    this.#api!.serve({
      store,
      executor: queries.executor,
      receiver: this.#receiver,
      ...this.#readers,
      targets: createTargetsView(scrapes.targets),
      config: configView(() => ({ config: this.#config, reload: this.#reloadState })),
      control: { reload: () => this.reload(), quit: this.#options.quit },
    });
  }

  /** One after the other, however many ask at once (CFG-100). */
  reload(): Promise<void> {
    const turn = this.#reloading.then(() => this.#reloadNow());
    this.#reloading = turn.catch(() => {
      // Whoever asked for that reload was told; the next one starts afresh.
    });
    return turn;
  }

  async stop(): Promise<void> {
    this.#stopping ??= this.#stopNow();
    await this.#stopping;
  }

  /** Nobody waits for it. */
  async warmUp(): Promise<void> {
    await this.#queries?.warmUp(() => this.#stopping !== undefined);
  }

  #createQueries(store: Store): Queries {
    const { flags, clock, logger, inlineQueryMs } = this.#options;
    return createQueries({
      flags,
      store,
      clock,
      logger,
      ...(inlineQueryMs === undefined ? {} : { inlineQueryMs }),
      observer: this.#metrics.queries,
      defaultSubqueryStepMs: () => this.#config.global.evaluationIntervalMs,
    });
  }

  #createReaders(store: Store): Readers {
    const { flags, clock, logger } = this.#options;
    const common = {
      queryable: store,
      externalLabels: () => this.#config.global.externalLabels,
      clock,
      logger,
    };
    return {
      reader: createRemoteReader({
        ...common,
        samplesMax: flags.remoteReadSamplesMax,
        concurrencyMax: flags.remoteReadConcurrencyMax,
        decodedBytesMax: DECODED_BYTES_MAX,
      }),
      federation: createFederation({ ...common, lookbackMs: flags.queryLookbackDeltaMs }),
    };
  }

  #createScrapes(store: Store): ScrapeManager {
    const { flags, clock, logger } = this.#options;
    const observer = this.#metrics.scrapes;
    return createScrapeManager({
      store,
      clock,
      logger,
      counters: this.#scrapeCounters,
      createClient: ({ httpClient }) => this.#createClient({ config: httpClient }),
      userAgent: USER_AGENT,
      hostName: hostname(),
      hashSeed: randomInt(2 ** 32),
      observer: {
        intervalLength: (ms, seconds) => observer.intervalMeasured(formatDuration(ms), seconds),
        syncLength: (job, seconds) => observer.syncMeasured(job, seconds),
      },
      openFailureLog: (file) => openFailureFile(file, logger),
      keepsExemplars: flags.features.has("exemplar-storage"),
      takesStarts: flags.features.has("created-timestamp-zero-ingestion") || flags.features.has("st-storage"),
      strictContentType: flags.scrapeStrictContentType,
      timestamps: { align: flags.scrapeAdjustTimestamps, toleranceMs: flags.scrapeTimestampToleranceMs },
      bodyBytesMax: flags.scrapeBodyMaxBytes === 0 ? Infinity : flags.scrapeBodyMaxBytes,
    });
  }

  #createDiscovery(scrapes: ScrapeManager): DiscoveryManager {
    const { flags, clock, logger, nameservers } = this.#options;
    const counters = this.#discoveryCounters;
    return new DiscoveryManager({
      clock,
      logger,
      counters,
      throttleMs: flags.scrapeDiscoveryReloadIntervalMs,
      discoverersOf: discoverersFor({
        clock,
        logger,
        counters,
        userAgent: USER_AGENT,
        environment: this.#options.environment,
        createClient: (options) => this.#createClient(options),
        ...(nameservers === undefined ? {} : { nameservers }),
      }),
      deliver: (jobName, groups) => scrapes.updateTargets(jobName, groups),
    });
  }

  #createClient(options: HttpClientOptions): HttpClient {
    const { dial, environment } = this.#options;
    return new HttpClient({ environment, ...(dial === undefined ? {} : { dial }), ...options });
  }

  async #reloadNow(): Promise<void> {
    const { logger, clock, flags } = this.#options;
    if (this.#stopping !== undefined) throw new ReloadError("the server is stopping");
    const lastAttemptMs = clock.now();
    logger.info("Loading configuration file", { filename: flags.configFile });
    try {
      this.#apply(readConfig(this.#options));
      this.#reloadState = { successful: true, lastAttemptMs, lastSuccessMs: lastAttemptMs };
    } catch (error) {
      this.#reloadState = { ...this.#reloadState, successful: false, lastAttemptMs };
      const text = `couldn't load configuration (--config.file="${flags.configFile}"): ${errorText(error)}`;
      logger.error("Error reloading config", { err: text.replaceAll(/\n\s*/g, "; ") });
      throw new ReloadError(text, { cause: error });
    }
  }

  #apply({ config, inactive, warnings, files }: LoadedConfig): void {
    const { logger, flags } = this.#options;
    this.#config = config;
    this.#configFiles = files;
    for (const warning of warnings) logger.warn(warning);
    for (const field of inactive) this.#tellInactive(field);
    this.#store!.reconfigure(storeTuning(config, flags));
    this.#scrapes!.applyConfig({
      scrapeConfigs: config.scrapeConfigs,
      externalLabels: config.global.externalLabels,
    });
    this.#discovery!.apply(config.scrapeConfigs);
    logger.info("Completed loading of configuration file", { filename: flags.configFile });
  }

  #tellInactive({ file, line, path, feature }: InactiveField): void {
    if (this.#toldInactive.has(path)) return;
    this.#toldInactive.add(path);
    this.#options.logger.warn("configured, but not active yet", {
      feature,
      field: path,
      at: `${file}:${line}`,
    });
  }

  #watchConfig(): void {
    const { clock, flags } = this.#options;
    if (!flags.configAutoReload) return;
    this.#autoReload = watchContent({
      clock,
      intervalMs: flags.configAutoReloadIntervalMs,
      files: () => this.#configFiles,
      // What went wrong is logged where it happened, and the next change tries again.
      changed: () => void this.reload().catch(() => undefined),
    });
  }

  #scheduleMaintenance(store: Store): void {
    const { clock, logger, flags } = this.#options;
    const intervalMs = Math.max(MAINTENANCE_MS_MIN, flags.storageBlockReloadIntervalMs);
    const run = async (): Promise<void> => {
      try {
        await store.maintain();
      } catch (error) {
        // It is tried again an interval later; the store counts failures (TSDB-23).
        logger.error("Maintenance of the store failed", { err: errorText(error) });
      }
      if (this.#stopping === undefined) this.#maintenance = clock.after(intervalMs, () => void run());
    };
    this.#maintenance = clock.after(intervalMs, () => void run());
  }

  async #stopNow(): Promise<void> {
    this.#maintenance?.cancel();
    this.#autoReload?.cancel();
    this.#api?.beginStop();
    await this.#discovery?.stop();
    await this.#scrapes?.stop();
    await this.#api?.close();
    await this.#queries?.close();
    await this.#store?.close();
  }

  #scrapeReadings() {
    const counters = this.#scrapeCounters;
    return {
      bodySizeLimitExceeded: counters.exceededBodySizeLimit,
      sampleLimitExceeded: counters.exceededSampleLimit,
      duplicateTimestamps: counters.samplesDuplicate,
      outOfBounds: counters.samplesOutOfBounds,
      outOfOrder: counters.samplesOutOfOrder,
      targetLimitExceeded: counters.exceededTargetLimit,
      labelLimitsExceeded: counters.exceededLabelLimits,
      syncFailures: counters.syncFailures,
      metadataEntries: this.#scrapes?.targets.metadataEntries() ?? new Map<string, number>(),
    };
  }

  #discoveryReadings() {
    const counters = this.#discoveryCounters;
    return {
      dnsLookups: counters.dnsLookups,
      dnsLookupFailures: counters.dnsLookupFailures,
      httpFailures: counters.httpFailures,
      fileReadErrors: counters.fileReadErrors,
      refreshFailures: counters.refreshFailures,
      discoveredTargets: this.#discovery?.discoveredCounts() ?? new Map<string, number>(),
    };
  }
}

function configView(current: () => { config: Config; reload: ReloadState }) {
  return {
    yaml: () => renderConfig(current().config),
    scrapeConfig: (pool: string) => current().config.scrapeConfigs.find(({ jobName }) => jobName === pool),
    get lastReload(): ReloadState {
      return current().reload;
    },
  };
}

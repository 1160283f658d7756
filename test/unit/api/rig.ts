import { silentLogger } from "../../../src/base/index.ts";
import { createApiServer, createServerMetrics } from "../../../src/api/index.ts";
import type {
  ActiveTarget,
  ApiParts,
  ApiServer,
  ApiSettings,
  MetricMetadata,
  TargetsView,
} from "../../../src/api/index.ts";
import type { ScrapeConfig } from "../../../src/config/index.ts";
import { labelsFromRecord, millis, type Labels } from "../../../src/model/index.ts";
import type { EvaluatedQuery, InstantRequest, RangeRequest } from "../../../src/query/index.ts";
import type {
  FederationRequest,
  RemoteReadResult,
  RemoteWriteRequest,
  RemoteWriteResult,
} from "../../../src/remote/index.ts";
import type {
  LookupRequest,
  MetricMetadata as SentMetadata,
  SeriesExemplars,
  Store,
  StoreStats,
} from "../../../src/storage/index.ts";
import { FakeClock } from "../../support/fake-clock.ts";

export const NOW_MS = 1_700_000_000_000;

const STATS: StoreStats = {
  headSeries: 3,
  headSeriesCreated: 4,
  headSeriesRemoved: 1,
  headChunks: 7,
  headMinTime: 1000,
  headMaxTime: 2000,
  samplesAppended: { float: 10, histogram: 2 },
  outOfOrder: 9,
  outOfBounds: 8,
  tooOld: 7,
  lateAppended: 6,
  refusedHistograms: { outOfOrder: 1, outOfBounds: 2, tooOld: 3 },
  exemplars: { appended: 5, outOfOrder: 4, stored: 3, series: 2, storedMax: 100, oldestMs: 1500 },
  blocks: 2,
  blockBytes: 4096,
  logBytes: 512,
  compactions: 1,
  compactionFailures: 0,
  cleanStart: true,
  replayMs: 12,
  headBytes: 4096,
  budget: {
    bytes: 8192,
    bytesMax: 9000,
    series: 3,
    seriesMax: Infinity,
    pressure: "pressed",
    seriesRefused: 4,
    worstSources: [],
    worstMetrics: [],
  },
  staleSeries: 2,
  lowestTime: 500,
  disk: {
    commits: 11,
    committedBytes: 70_000,
    syncs: 5,
    syncMs: 2500,
    checkpoints: 2,
    checkpointFailures: 1,
    truncations: 3,
    truncationMs: 30,
    collections: 3,
    collectionMs: 60,
    rounds: 9,
    compactionMs: 4000,
    compactionsSkipped: 1,
    verticalCompactions: 2,
    blocksBeingWritten: 1,
    reloads: 10,
    reloadFailures: 1,
    timeRetentions: 6,
    sizeRetentions: 7,
    tombstoneMs: 500,
    retentionMs: 86_400_000,
    retentionBytes: 1024,
    retentionPercentage: 50,
    workerRestarts: 1,
  },
};

/** What was asked of the parts behind the API, in order. */
export interface Asked {
  readonly instant: InstantRequest[];
  readonly range: RangeRequest[];
  readonly lookups: (LookupRequest & { readonly what: string })[];
  readonly exemplars: unknown[];
  readonly admin: unknown[][];
  readonly writes: RemoteWriteRequest[];
  readonly reads: Uint8Array[];
  readonly federated: Omit<FederationRequest, "signal">[];
  readonly control: string[];
}

/** What the parts answer; tests replace what they need. */
export interface Answers {
  query: () => EvaluatedQuery;
  series: Labels[];
  texts: string[];
  exemplars: SeriesExemplars[];
  sentMetadata: SentMetadata[];
  stats: StoreStats;
  write: RemoteWriteResult;
  read: RemoteReadResult;
  federation: () => Generator<Uint8Array, void>;
  reload: () => Promise<void>;
  scrapeConfigs: readonly ScrapeConfig[];
  active: ActiveTarget[];
  metadata: MetricMetadata[];
}

type SentMethod = "DELETE" | "HEAD" | "OPTIONS" | "PATCH" | "PUT" | "GET" | "POST";

export interface Rig {
  readonly server: ApiServer;
  readonly asked: Asked;
  readonly answers: Answers;
  readonly clock: FakeClock;
  readonly parts: ApiParts;
  /** A request without a socket; the path is below the API's root unless it starts with "//". */
  readonly get: (path: string, headers?: Record<string, string>) => Promise<Answered>;
  readonly post: (path: string, form?: string, headers?: Record<string, string>) => Promise<Answered>;
  readonly send: (method: SentMethod, path: string) => Promise<Answered>;
}

export interface Answered {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly text: string;
  readonly bytes: Buffer;
}

export function evaluated(data: string, warnings: string[] = [], infos: string[] = []): EvaluatedQuery {
  return {
    data: { first: Buffer.from(data), rest: undefined },
    warnings,
    infos,
    isEmpty: false,
    timings: { queueMs: 0, preparationMs: 0, evaluationMs: 0, sortMs: 0 },
    samplesRead: 0,
  };
}

export function settings(clock: FakeClock, changes: Partial<ApiSettings> = {}): ApiSettings {
  return {
    listenAddresses: ["0.0.0.0:9090"],
    routePrefix: "/",
    externalUrl: { scheme: "http", host: "mon.example:9090" },
    corsOrigin: ".*",
    enableLifecycle: false,
    enableAdminApi: false,
    enableRemoteWriteReceiver: true,
    maxConnections: 512,
    readTimeoutMs: 300_000,
    pageTitle: "Narthex <test>",
    parse: {},
    buildInfo: {
      version: "3.14.0+narthex.0.1.0",
      revision: "r",
      branch: "b",
      buildUser: "u",
      buildDate: "d",
      runtimeVersion: "v24",
    },
    flags: { "web.enable-admin-api": "false", "storage.tsdb.path": "data/" },
    features: { zoo: { "x<": true }, api: { b: false, a: true } },
    storageRetention: "15d",
    workingDirectory: "/srv",
    hostname: "h",
    startTimeMs: NOW_MS - 5000,
    clock,
    logger: silentLogger,
    ...changes,
  };
}

export async function createRig(changes: Partial<ApiSettings> = {}, isReady = true): Promise<Rig> {
  const clock = new FakeClock(NOW_MS);
  const asked: Asked = {
    instant: [],
    range: [],
    lookups: [],
    exemplars: [],
    admin: [],
    writes: [],
    reads: [],
    federated: [],
    control: [],
  };
  const answers: Answers = {
    query: () => evaluated('{"resultType":"vector","result":[]}'),
    series: [],
    texts: [],
    exemplars: [],
    sentMetadata: [],
    stats: STATS,
    write: { kind: "stored" },
    read: { kind: "samples", body: Buffer.from("samples") },
    *federation() {
      yield Buffer.from("# TYPE up untyped\nup 1 1000\n");
    },
    reload: () => Promise.resolve(),
    scrapeConfigs: [],
    active: [],
    metadata: [],
  };
  const parts = partsOf(asked, answers);
  const settled = settings(clock, changes);
  const metrics = createServerMetrics({
    buildInfo: settled.buildInfo,
    isReady: () => isReady,
    store: () => (isReady ? answers.stats : undefined),
    queries: () => parts.executor.load(),
    reload: () => parts.config.lastReload,
    scrape: () => undefined,
    discovery: () => undefined,
    remoteWrite: () => parts.receiver.counters(),
    remoteReads: () => parts.reader.load(),
    federationErrors: () => parts.federation.errorCount(),
    clockSteps: () => 6,
  });
  const server = await createApiServer(settled, metrics);
  if (isReady) server.serve(parts);
  return { server, asked, answers, clock, parts, ...senders(server) };
}

function fullPath(path: string): string {
  return path.startsWith("//") ? path.slice(1) : `/api/v1${path}`;
}

function unused(): never {
  throw new Error("not asked for by the API");
}

function counts(name: string): { name: string; value: number }[] {
  return [{ name, value: 2 }];
}

function senders(server: ApiServer): Pick<Rig, "get" | "post" | "send"> {
  const send = async (
    method: SentMethod,
    path: string,
    headers: Record<string, string> = {},
    payload?: string,
  ): Promise<Answered> => {
    const request = { method, url: fullPath(path), headers, ...(payload === undefined ? {} : { payload }) };
    const reply = await server.inject(request);
    return {
      status: reply.statusCode,
      headers: reply.headers,
      text: reply.payload,
      bytes: reply.rawPayload,
    };
  };
  return {
    send: (method, path) => send(method, path),
    get: (path, headers) => send("GET", path, headers),
    post: (path, form, headers) =>
      send("POST", path, { "content-type": "application/x-www-form-urlencoded", ...headers }, form ?? ""),
  };
}

function partsOf(asked: Asked, answers: Answers): ApiParts {
  return {
    store: storeOf(asked, answers),
    executor: {
      instant: (request) => {
        asked.instant.push(request);
        return Promise.resolve().then(answers.query);
      },
      range: (request) => {
        asked.range.push(request);
        return Promise.resolve().then(answers.query);
      },
      load: () => ({ running: 1, waiting: 2, concurrencyMax: 20, workerRestarts: 0 }),
    },
    receiver: {
      receive: (request) => {
        asked.writes.push(request);
        return Promise.resolve(answers.write);
      },
      counters: () => ({ samplesStored: 5, invalidLabelsSeries: 1, requestsRefused: 0 }),
    },
    reader: {
      read: (body) => {
        asked.reads.push(body);
        return Promise.resolve(answers.read);
      },
      load: () => 3,
    },
    federation: {
      federate: (request) => {
        asked.federated.push({ matcherSets: request.matcherSets, accept: request.accept });
        return Promise.resolve().then(() => ({
          contentType: "text/plain; made-up",
          chunks: answers.federation(),
        }));
      },
      errorCount: () => 4,
    },
    targets: targetsOf(answers),
    config: {
      yaml: () => "global:\n  scrape_interval: 15s\n",
      scrapeConfig: (pool) => answers.scrapeConfigs.find(({ jobName }) => jobName === pool),
      lastReload: { successful: true, lastAttemptMs: NOW_MS - 1000, lastSuccessMs: NOW_MS - 1000 },
    },
    control: {
      reload: () => {
        asked.control.push("reload");
        return answers.reload();
      },
      quit: () => asked.control.push("quit"),
    },
  };
}

function targetsOf(answers: Answers): TargetsView {
  return {
    pools: () => ["web", "api"],
    active: () =>
      answers.active.map((target) =>
        Object.assign({}, target, {
          metadata: (metric?: string) =>
            answers.metadata.filter((entry) => metric === undefined || entry.metric === metric),
        }),
      ),
    dropped: () => [
      { scrapePool: "web", discoveredLabels: labelsFromRecord({ __address__: "d:1", drop: "yes" }) },
    ],
    droppedCounts: () =>
      new Map([
        ["web", 1],
        ["api", 0],
      ]),
  };
}

function storeOf(asked: Asked, answers: Answers): Store {
  const lookup = (what: string, request: LookupRequest): void => {
    asked.lookups.push({ what, ...request });
  };
  return {
    openTable: unused,
    appendBatch: unused,
    putMetadata: unused,
    metadata: (metric) =>
      answers.sentMetadata.filter((entry) => metric === undefined || entry.metric === metric),
    exemplars: (matcherSets, from, to) => {
      asked.exemplars.push({ matcherSets, from, to });
      return answers.exemplars;
    },
    reconfigure: unused,
    select: unused,
    maintain: unused,
    close: unused,
    series: (request) => {
      lookup("series", request);
      return answers.series;
    },
    labelNames: (request) => {
      lookup("names", request);
      return answers.texts;
    },
    labelValues: (name, request) => {
      lookup(`values of ${name}`, request);
      return answers.texts;
    },
    stats: () => answers.stats,
    cardinality: (limit) => ({
      labelPairs: limit,
      seriesByMetric: counts("up"),
      valuesByLabel: counts("job"),
      bytesByLabel: counts("job"),
      seriesByPair: counts("job=<a>"),
    }),
    blocks: () => [
      {
        from: millis(0),
        to: millis(7_200_000),
        generation: 33,
        level: 2,
        series: 3,
        samples: { float: 10, histogram: 2 },
      },
    ],
    deleteSeries: (...args) => {
      asked.admin.push(["delete", ...args]);
      return Promise.resolve();
    },
    cleanTombstones: () => {
      asked.admin.push(["clean"]);
      return Promise.resolve();
    },
    snapshot: (options) => {
      asked.admin.push(["snapshot", options]);
      return Promise.resolve("20261122T070104Z-31cc99fc7ee18250");
    },
  };
}

import { join } from "node:path";
import { engineFeatures, parseOptions, queryBytesMax, queryWorkers } from "./app-settings.ts";
import { errorText, type Clock, type Logger } from "./base/index.ts";
import type { ServerFlags } from "./config/index.ts";
import {
  createGradedRunner,
  createPromqlEngine,
  createQueryExecutor,
  QueryJournal,
  QueryPool,
  shortSelections,
  warmUp,
  type EngineSettings,
  type JobRunner,
  type QueryEngine,
  type QueryExecutor,
  type QueryObserver,
  type SharedQueryable,
} from "./query/index.ts";
import type { Queryable, Store } from "./storage/index.ts";
import { openStore } from "./tsdb/index.ts";

// Wiring of the query side.

const WAITING_QUERIES_MAX = 10_000;
/** Queries that take no longer do not go to the workers. */
const INLINE_MS = 2;
/** A worker always has room for this many bytes of objects. */
const WORKER_HEAP_BYTES_MIN = 256 * 2 ** 20;

// The program runs from its sources and from what they are built to.
const SOURCE = new URL("./query-worker.ts", import.meta.url);
const WORKER = import.meta.url.endsWith(".ts") ? SOURCE : new URL(SOURCE.href.replace(/\.ts$/, ".js"));

export interface QueriesOptions {
  readonly flags: ServerFlags;
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly observer: QueryObserver;
  readonly defaultSubqueryStepMs: () => number;
  /** How long in ms a query may take on the main thread before a worker begins with it. */
  readonly inlineQueryMs?: number;
}

/** What runs the server's queries. */
export interface Queries {
  readonly executor: QueryExecutor;
  /** Makes the first queries as fast as later ones, by some on a store of its own; never fails. */
  warmUp(isStopped: () => boolean): Promise<void>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** Opens the list of running queries in the data directory (CLI-74) and builds the executor. */
export function createQueries(options: QueriesOptions): Queries {
  const { flags, store, clock, logger, observer } = options;
  const file = join(flags.storagePath, "queries.active");
  const journal = new QueryJournal({ file, slots: flags.queryConcurrencyMax, clock, logger });
  const engine = engineOver(store, options);
  const pool = createPool(options);
  const executor = createQueryExecutor({
    engine,
    runner: pool && createRunner(pool, options),
    limits: {
      samplesMax: flags.querySamplesMax,
      timeoutMs: flags.queryTimeoutMs,
      concurrencyMax: flags.queryConcurrencyMax,
      waitingMax: WAITING_QUERIES_MAX,
      lookbackMs: flags.queryLookbackDeltaMs,
    },
    perStepStats: flags.features.has("promql-per-step-stats"),
    clock,
    observer,
    journal,
    cache:
      store.changes === undefined ? undefined : { changes: store.changes, bytesMax: flags.queryCacheBytes },
  });
  return {
    executor,
    warmUp: (isStopped) => warmUpQueries(options, isStopped),
    close: async () => {
      await pool?.close();
      // Whoever waited for a worker is told first, so that no query is noted as one that did not finish.
      await new Promise((resolve) => setImmediate(resolve));
      journal.close();
    },
  };
}

function createRunner(pool: QueryPool, options: QueriesOptions): JobRunner {
  const { store, clock, inlineQueryMs = INLINE_MS } = options;
  const engine = engineOver(shortSelections(store), options);
  return createGradedRunner({ engine, pool, inlineMs: inlineQueryMs, clock });
}

// Undefined: all queries run on the main thread.
function createPool({
  flags,
  store,
  clock,
  logger,
  defaultSubqueryStepMs,
}: QueriesOptions): QueryPool | undefined {
  const threads = queryWorkers(flags);
  if (threads === 0 || !isShared(store)) return undefined;
  return new QueryPool({
    threads,
    entry: WORKER,
    queryable: store,
    engine: engineSettings(flags),
    heapBytesMax: Math.max(WORKER_HEAP_BYTES_MIN, queryBytesMax(flags)),
    defaultSubqueryStepMs,
    clock,
    logger,
  });
}

function isShared(store: Store): store is Store & SharedQueryable {
  return store.shareWith !== undefined;
}

function engineSettings(flags: ServerFlags): EngineSettings {
  return {
    parse: parseOptions(flags),
    features: engineFeatures(flags),
    memoryBytesMax: queryBytesMax(flags),
  };
}

function engineOver(
  queryable: Queryable,
  { flags, clock, defaultSubqueryStepMs }: QueriesOptions,
): QueryEngine {
  return createPromqlEngine({ queryable, ...engineSettings(flags), defaultSubqueryStepMs, clock });
}

async function warmUpQueries(options: QueriesOptions, isStopped: () => boolean): Promise<void> {
  const { clock, logger } = options;
  try {
    const store = await openStore({
      directory: undefined,
      clock,
      logger,
      retentionMs: 0,
      retentionBytes: 0,
    });
    await warmUp({ store, engine: engineOver(store, options), clock, isStopped });
    await store.close();
  } catch (error) {
    logger.warn("queries could not be warmed up", { err: errorText(error) });
  }
}

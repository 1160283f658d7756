import { join } from "node:path";
import { engineFeatures, parseOptions, queryBytesMax } from "./app-settings.ts";
import { errorText, type Clock, type Logger } from "./base/index.ts";
import type { ServerFlags } from "./config/index.ts";
import {
  createPromqlEngine,
  createQueryExecutor,
  QueryJournal,
  warmUp,
  type QueryEngine,
  type QueryExecutor,
  type QueryObserver,
} from "./query/index.ts";
import type { Store } from "./storage/index.ts";
import { openStore } from "./tsdb/index.ts";

// Wiring of the query side.

const WAITING_QUERIES_MAX = 10_000;

export interface QueriesOptions {
  readonly flags: ServerFlags;
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly observer: QueryObserver;
  readonly defaultSubqueryStepMs: () => number;
}

/** What runs the server's queries. */
export interface Queries {
  readonly executor: QueryExecutor;
  /** Makes the first queries as fast as later ones, by some on a store of its own; never fails. */
  warmUp(isStopped: () => boolean): Promise<void>;
  /** Idempotent. */
  close(): void;
}

/** Opens the list of running queries in the data directory (CLI-74) and builds the executor. */
export function createQueries(options: QueriesOptions): Queries {
  const { flags, store, clock, logger, observer } = options;
  const file = join(flags.storagePath, "queries.active");
  const journal = new QueryJournal({ file, slots: flags.queryConcurrencyMax, clock, logger });
  const executor = createQueryExecutor({
    engine: engineOver(store, options),
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
    close: () => journal.close(),
  };
}

function engineOver(store: Store, { flags, clock, defaultSubqueryStepMs }: QueriesOptions): QueryEngine {
  return createPromqlEngine({
    queryable: store,
    parse: parseOptions(flags),
    features: engineFeatures(flags),
    defaultSubqueryStepMs,
    clock,
    memoryBytesMax: queryBytesMax(flags),
  });
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

// The thread of a query worker: puts the query language and the reading side of the store together.

import { parentPort, workerData } from "node:worker_threads";
import { assert } from "./base/index.ts";
import { serveQueries, type PoolThreadStart } from "./query/index.ts";
import { SelectionOpener } from "./tsdb/index.ts";

/** Memory for decoded pages of blocks. */
const CACHE_BYTES = 32 * 2 ** 20;

assert(parentPort !== null, "to run as a worker");
const opener = new SelectionOpener({ cacheBytes: CACHE_BYTES });
serveQueries(workerData as PoolThreadStart, parentPort, {
  update: (update) => opener.update(update as Parameters<SelectionOpener["update"]>[0]),
  open: (description) => opener.open(description as Parameters<SelectionOpener["open"]>[0]),
});

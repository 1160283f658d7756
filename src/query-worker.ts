// The thread of a query worker: puts the query language and the reading side of the store together.

import { parentPort, workerData } from "node:worker_threads";
import { assert } from "./base/index.ts";
import { serveQueries, type PoolThreadStart } from "./query/index.ts";
import { SelectionOpener, type HeadUpdate, type SelectionDescription } from "./tsdb/index.ts";

/** Memory for decoded pages of blocks. */
const CACHE_BYTES = 32 * 2 ** 20;

assert(parentPort !== null, "to run as a worker");
serveQueries(workerData as PoolThreadStart, parentPort, (log) => {
  const opener = new SelectionOpener({
    cacheBytes: CACHE_BYTES,
    onDamage: ({ file, page, reason }) => log("damaged page of a block left out", { file, page, reason }),
  });
  return {
    update: (update) => opener.update(update as HeadUpdate),
    open: (description) => opener.open(description as SelectionDescription),
  };
});

import { Worker } from "node:worker_threads";

// The program runs from its sources and from what they are built to.
const WORKER_FILE = import.meta.url.endsWith(".ts") ? "./checkpoint-worker.ts" : "./checkpoint-worker.js";
const HEAP_MIB_MAX = 32;

/** Moves what lies in the WAL of the database at `path` to its file, in a thread that ends afterwards. */
export function checkpointAside(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(WORKER_FILE, import.meta.url), {
      workerData: path,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB_MAX },
    });
    worker.once("error", reject);
    worker.once("exit", () => resolve());
    worker.unref();
  });
}

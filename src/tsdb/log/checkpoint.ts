import { Worker } from "node:worker_threads";

const HEAP_MIB_MAX = 32;

/** Moves what lies in the WAL of the database at `path` to its file, in a thread that ends afterwards. */
export function checkpointAside(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(workerFile(), {
      workerData: path,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB_MAX },
    });
    worker.once("error", reject);
    worker.once("exit", () => resolve());
  });
}

// The program runs from its sources and from what they are built to.
function workerFile(): URL {
  const source = new URL("./checkpoint-worker.ts", import.meta.url);
  return import.meta.url.endsWith(".ts") ? source : new URL(source.href.replace(/\.ts$/, ".js"));
}

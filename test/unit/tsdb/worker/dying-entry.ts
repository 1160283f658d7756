// Runs the storage worker and ends the thread once, at the first commit: before or after carrying it out, as the file
// beside head.db says.
import { existsSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import type { Request, WorkerStart } from "../../../../src/tsdb/worker/messages.ts";

const directory = dirname((workerData as WorkerStart).paths.database);

function dieAt(name: string): (request: Request) => void {
  const marker = join(directory, name);
  return (request) => {
    if (request.job !== "commit" || !existsSync(marker)) return;
    rmSync(marker);
    process.exit(1);
  };
}

parentPort!.on("message", dieAt("die-before"));
await import("../../../../src/tsdb/worker/entry.ts");
parentPort!.on("message", dieAt("die-after"));

// The storage worker's thread: carries out what it is asked, jobs on blocks in between commits.

import { parentPort, workerData } from "node:worker_threads";
import { assert } from "../../base/index.ts";
import { StorageJobs } from "./jobs.ts";
import { toFailure, type Answer, type Request, type WorkerStart } from "./messages.ts";

assert(parentPort !== null, "to run as a worker");
const port = parentPort;
const { paths, stop } = workerData as WorkerStart;
// Opened with the first request: until then the main thread reads what it needs to start.
let jobs: StorageJobs | undefined;

async function answer({ id, job, input }: Request): Promise<void> {
  let reply: Answer;
  try {
    jobs ??= new StorageJobs(paths, stop);
    const run = jobs[job] as (...input: readonly unknown[]) => Promise<unknown>;
    reply = { id, result: await run.apply(jobs, [...input]) };
  } catch (error) {
    reply = { id, failure: toFailure(error) };
  }
  port.postMessage(reply);
  if (job === "close") port.close();
}

port.on("message", (request: Request) => void answer(request));

// The storage worker's thread: carries out what it is asked, jobs on blocks in between commits.

import { parentPort, workerData } from "node:worker_threads";
import { assert } from "../../base/index.ts";
import { HeadDatabase } from "../log/database.ts";
import { scanLog, type LogScan } from "../log/scan.ts";
import { StorageJobs } from "./jobs.ts";
import { toFailure, type Answer, type Request, type WorkerStart } from "./messages.ts";

assert(parentPort !== null, "to run as a worker");
const port = parentPort;
const { paths, stop } = workerData as WorkerStart;
// Opened with the first request: until then the main thread reads what it needs to start, and this one at most reads, too.
let jobs: StorageJobs | undefined;

function scan(): LogScan {
  const database = new HeadDatabase(paths.database, "read");
  try {
    return scanLog(database);
  } finally {
    database.close();
  }
}

async function carryOut({ job, input }: Request): Promise<unknown> {
  if (job === "scan") return scan();
  jobs ??= new StorageJobs(paths, stop);
  const run = jobs[job] as (...input: readonly unknown[]) => Promise<unknown>;
  return run.apply(jobs, [...input]);
}

async function answer(request: Request): Promise<void> {
  const { id, job } = request;
  let reply: Answer;
  try {
    reply = { id, result: await carryOut(request) };
  } catch (error) {
    reply = { id, failure: toFailure(error) };
  }
  port.postMessage(reply);
  if (job === "close") port.close();
}

port.on("message", (request: Request) => void answer(request));

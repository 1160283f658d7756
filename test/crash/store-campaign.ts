import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { powerLossImage, parseRecord, ReplayedFolder, writeImage, type FileCall } from "../faults/oplog.ts";
import type { Image } from "../faults/oplog.ts";
import { FaultShim, KILL_AFTER, KILL_BEFORE, KILL_WITHIN } from "../faults/shim.ts";
import { seededRandom } from "./random.ts";
import {
  complaints,
  expectationOf,
  readStore,
  runWriter,
  type Expectation,
  type WriterOptions,
} from "./store-run.ts";
import type { NotedEvent } from "./store-values.ts";

// Crashes of a store at chosen points of a fixed piece of work, and what it must give back afterwards.

const START = 1_700_000_000_000;

/** How the writer works unless a campaign says otherwise; ends with flushes, merges, deletions and a snapshot done. */
export const FIXED_WORK: Omit<WriterOptions, "directory"> = {
  start: START,
  rounds: 80,
  syncIntervalMs: 5000,
  outOfOrderWindowMs: 0,
  pauseMs: 0,
  snapshotRound: 55,
  cleanRound: 45,
};

export interface Outcome {
  readonly states: number;
  /** What was wrong, with what is needed to see it again; empty when all is well. */
  readonly failures: string[];
}

/** A new folder, in memory where the system offers that: the disk's own speed is nothing to these tests. */
export function crashFolder(): string {
  return mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "narthex-crash-"));
}

/** Opens what a crash left, twice, and says what is wrong with it. */
export async function checkDirectory(directory: string, expectation: Expectation): Promise<string[]> {
  try {
    const wrong = complaints(await readStore(directory), expectation);
    wrong.push(...complaints(await readStore(directory), expectation).map((text) => `second start: ${text}`));
    const names = readdirSync(directory, { recursive: true, encoding: "utf8" });
    wrong.push(
      ...names
        .filter((name) => name.startsWith("blocks/") && name.includes(".tmp"))
        .map((name) => `left over: ${name}`),
    );
    const database = new Database(join(directory, "head.db"), { readonly: true });
    const integrity = String(database.pragma("integrity_check", { simple: true }));
    database.close();
    if (integrity !== "ok") wrong.push(`head.db: ${integrity}`);
    if (names.some((name) => name.includes("corrupt"))) wrong.push("head.db was taken for damaged");
    return wrong;
  } catch (error) {
    return [`cannot be opened: ${String(error instanceof Error ? error.stack : error)}`];
  }
}

/** Runs the work once per point, with a real kill at that changing call: before it, in its middle or after it. */
export async function killAtCalls(library: string, every: number, parallel = 2): Promise<Outcome> {
  const scratch = crashFolder();
  try {
    const whole = new FaultShim({ library, directory: join(scratch, "whole"), scratch });
    await runWriter({ ...FIXED_WORK, directory: join(scratch, "whole") }, whole.env);
    const total = whole.read("calls");
    const points: number[] = [];
    for (let call = 1; call <= total; call += every) points.push(call);
    const failures: string[] = [];
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < points.length) failures.push(...(await killAtCall(library, points[next++]!)));
    };
    await Promise.all(Array.from({ length: parallel }, work));
    return { states: points.length, failures };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function killAtCall(library: string, call: number): Promise<string[]> {
  const scratch = crashFolder();
  const directory = join(scratch, "data");
  const shim = new FaultShim({ library, directory, scratch });
  try {
    const mode = [KILL_BEFORE, KILL_WITHIN, KILL_AFTER][call % 3]!;
    shim.killAt(call, mode);
    const { events, ended } = await runWriter({ ...FIXED_WORK, directory }, shim.env);
    if (ended !== "SIGKILL" && ended !== 0) return [`the writer ended with ${ended} at call ${call}`];
    const wrong = await checkDirectory(directory, expectationOf(events));
    return wrong.map((text) => `kill at call ${call}, mode ${mode}: ${text}`);
  } finally {
    shim.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** A run of the writer with all it did to its files. */
export interface RecordedRun {
  readonly events: readonly NotedEvent[];
  readonly calls: readonly FileCall[];
}

export async function recordRun(
  library: string,
  options: Omit<WriterOptions, "directory">,
): Promise<RecordedRun> {
  const scratch = crashFolder();
  const directory = join(scratch, "data");
  const record = join(scratch, "record");
  const shim = new FaultShim({ library, directory, scratch, record });
  try {
    const { events, ended } = await runWriter({ ...options, directory }, shim.env);
    if (ended !== 0) throw new Error(`the writer ended with ${ended}`);
    return { events, calls: parseRecord(readFileSync(record), directory) };
  } finally {
    shim.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The states that a kill between any two calls leaves, without running the work again: every `every`th of them. */
export async function checkKillStates(run: RecordedRun, every: number): Promise<Outcome> {
  const folder = new ReplayedFolder(run.calls);
  const failures: string[] = [];
  let states = 0;
  for (let cut = 1; cut <= run.calls.length; cut += every) {
    folder.advance(cut);
    const wrong = await checkImage(
      folder.image(),
      expectationAt(run, cut, () => true),
    );
    failures.push(...wrong.map((text) => `state after ${cut} recorded calls: ${text}`));
    states++;
  }
  return { states, failures };
}

/** What the state after the first `cut` calls must and may know. */
function expectationAt(
  { events, calls }: RecordedRun,
  cut: number,
  isSure: (event: NotedEvent) => boolean,
): Expectation {
  const last = calls[cut - 1]!.number;
  return expectationOf(
    events.filter((event) => event.calls <= last),
    isSure,
  );
}

async function checkImage(image: Image, expectation: Expectation): Promise<string[]> {
  const folder = crashFolder();
  try {
    writeImage(image, folder);
    return await checkDirectory(folder, expectation);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** On top of the promised interval: the time that a sync and a busy machine take. */
const SYNC_SLACK_MS = 1500;

export interface PowerOutcome extends Outcome {
  readonly lossMsMax: number; // Age of the oldest acknowledged row that a state had lost.
}

/**
 * States after a loss of power at random calls of a run. What must be there: what was acknowledged, when each commit is
 * synced; else what the store said was durable, and what was acknowledged longer ago than the interval.
 */
export async function checkPowerLoss(
  run: RecordedRun,
  options: { readonly syncIntervalMs: number; readonly states: number; readonly seed: number },
): Promise<PowerOutcome> {
  const { syncIntervalMs, states, seed } = options;
  const failures: string[] = [];
  let lossMsMax = 0;
  for (let state = 0; state < states; state++) {
    const stateSeed = seed + state;
    const random = seededRandom(stateSeed);
    const cut = 1 + Math.floor(random() * run.calls.length);
    const image = powerLossImage(run.calls, cut, random);
    const expectation = expectationAt(run, cut, surviving(run, cut, syncIntervalMs));
    const folder = crashFolder();
    try {
      writeImage(image, folder);
      const wrong = await checkDirectory(folder, expectation);
      failures.push(...wrong.map((text) => `power lost after ${cut} calls, seed ${stateSeed}: ${text}`));
      lossMsMax = Math.max(lossMsMax, await lossOf(folder, run, cut));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return { states, failures, lossMsMax };
}

function surviving(run: RecordedRun, cut: number, syncIntervalMs: number): (event: NotedEvent) => boolean {
  if (syncIntervalMs === 0) return () => true;
  const { number, timeMs } = run.calls[cut - 1]!;
  let durable = -Infinity; // By the store's clock.
  let durableCalls = -1; // What was acknowledged before is durable too, whatever its time.
  for (const event of run.events) {
    if (event.kind === "durable" && event.calls <= number) durable = Math.max(durable, event.time);
  }
  for (const event of run.events) {
    if (event.kind === "written" && event.time <= durable) durableCalls = event.calls;
  }
  return (event) => event.calls <= durableCalls || event.wallMs < timeMs - syncIntervalMs - SYNC_SLACK_MS;
}

// How long before the cut the oldest row was acknowledged that is not there; 0: none is lost.
async function lossOf(directory: string, run: RecordedRun, cut: number): Promise<number> {
  const { number, timeMs } = run.calls[cut - 1]!;
  const there = (await readStore(directory)).get("scraped_0");
  for (const event of run.events) {
    if (event.kind !== "written" || event.calls > number || there?.has(event.time) === true) continue;
    return timeMs - event.wallMs;
  }
  return 0;
}

import { rmSync } from "node:fs";
import { expect, test, type TestContext } from "vitest";
import { buildShim } from "../faults/shim.ts";
import { chosenSeed, seededRandom } from "./random.ts";
import {
  checkDirectory,
  checkKillStates,
  checkPowerLoss,
  crashFolder,
  FIXED_WORK,
  killAtCalls,
  recordRun,
} from "./store-campaign.ts";
import { expectationOf, lastSent, runWriter } from "./store-run.ts";
import type { NotedEvent } from "./store-values.ts";

// Short forms; the long ones: node test/crash/campaign.ts.

const KILLS = 5;
const KILL_CALLS_EVERY = 60;
const KILL_STATES_EVERY = 7;
const POWER_STATES = 50;

function shimOrSkip(context: TestContext): string {
  const shim = buildShim();
  if ("library" in shim) return shim.library;
  console.warn(`NOT TESTED: "${context.task.name}": ${shim.missing}`);
  return context.skip(shim.missing);
}

test("a kill at any moment loses nothing that was acknowledged and invents nothing (REL-1)", async () => {
  const seed = chosenSeed();
  const random = seededRandom(seed);
  const directory = crashFolder();
  const events: NotedEvent[] = [];
  try {
    for (let kill = 0; kill < KILLS; kill++) {
      const limit = 40 + Math.floor(random() * 300);
      const run = await runWriter(
        { ...FIXED_WORK, directory, start: lastSent(events, FIXED_WORK.start), rounds: 1_000_000 },
        {},
        (count, killNow) => void (count > limit && killNow()),
      );
      expect(run.ended).toBe("SIGKILL");
      events.push(...run.events);
      expect(await checkDirectory(directory, expectationOf(events)), `seed ${seed}, kill ${kill}`).toEqual(
        [],
      );
    }
    expect(events.filter(({ kind }) => kind === "written").length).toBeGreaterThan(KILLS * 10);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}, 120_000);

test("a kill at a system call that changes files loses nothing that was acknowledged (REL-1)", async (context) => {
  const { states, failures } = await killAtCalls(shimOrSkip(context), KILL_CALLS_EVERY);
  expect(failures).toEqual([]);
  expect(states).toBeGreaterThan(10);
}, 120_000);

test("the state between any two system calls holds what was acknowledged by then (REL-1)", async (context) => {
  const run = await recordRun(shimOrSkip(context), FIXED_WORK);
  const { states, failures } = await checkKillStates(run, KILL_STATES_EVERY);
  expect(failures).toEqual([]);
  expect(states).toBeGreaterThan(50);
}, 120_000);

async function powerFailures(context: TestContext, syncIntervalMs: number): Promise<string[]> {
  const seed = chosenSeed();
  const run = await recordRun(shimOrSkip(context), { ...FIXED_WORK, pauseMs: 5, syncIntervalMs });
  const { failures, lossMsMax } = await checkPowerLoss(run, { syncIntervalMs, states: POWER_STATES, seed });
  const figures = `${POWER_STATES} states from seed ${seed}, ${Math.round(lossMsMax)} ms lost at most`;
  console.log(`sync interval ${syncIntervalMs} ms: ${figures}`);
  return failures;
}

test("lost power costs no more than the sync interval, and never the store (REL-2)", async (context) => {
  expect(await powerFailures(context, 100)).toEqual([]);
}, 120_000);

test("lost power costs nothing when each commit is synced (REL-2)", async (context) => {
  expect(await powerFailures(context, 0)).toEqual([]);
}, 120_000);

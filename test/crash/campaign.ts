// Long forms of the crash tests: `node test/crash/campaign.ts <which> [count] [seed]`, one line of figures each.
import { join } from "node:path";
import { fastTime } from "./fast-time.ts";
import { buildShim } from "../faults/shim.ts";
import { soak } from "../faults/soak.ts";
import { NARTHEX } from "../support/server-process.ts";
import { mutateStores } from "./mutations.ts";
import { chosenSeed } from "./random.ts";
import { killServers } from "./server-kills.ts";
import { checkKillStates, checkPowerLoss, FIXED_WORK, killAtCalls, recordRun } from "./store-campaign.ts";

const [which = "", countText] = process.argv.slice(2);
const seed = chosenSeed();
const started = performance.now();

function library(): string {
  const shim = buildShim();
  if ("missing" in shim) throw new Error(shim.missing);
  return shim.library;
}

/** Prints figures and ends with 1 when something was wrong. */
function report(figures: Readonly<Record<string, number>>, failures: readonly string[]): void {
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  console.log(which, JSON.stringify({ seed, seconds, ...figures, failures: failures.length }));
  for (const failure of failures.slice(0, 40)) console.log(`  ${failure}`);
  if (failures.length > 0) process.exitCode = 1;
}

const FAST_SERVER = join(import.meta.dirname, "fast-server.ts");
const SPEED = 60;
const LATE_WINDOW_MS = 3_600_000;

const CAMPAIGNS: Readonly<Record<string, (count: number) => Promise<void>>> = {
  // A real kill at every changing call.
  async calls(count) {
    const { states, failures } = await killAtCalls(library(), count || 1);
    report({ states }, failures);
  },
  // The same with a clock that runs fast: blocks are cut and merged all the time.
  async flushes(count) {
    const origin = Date.now();
    const outcome = await killServers({
      command: [process.execPath, FAST_SERVER, String(SPEED), String(origin)],
      now: fastTime(SPEED, origin),
      flags: ["--storage.tsdb.min-block-duration=1m"],
      kills: count || 200,
      seed,
      loadMsMax: 3000,
      scrapeInterval: "30s",
    });
    const { failures, readyMsMax, ...figures } = outcome;
    report({ ...figures, readyMsMax: Math.round(readyMsMax) }, failures);
  },
  // So many minutes of scraping, compaction, retention and queries.
  async soak(count) {
    const options = { seconds: 60 * (count || 10), speed: 1, seriesPerTarget: 5000 };
    const { failedQueries, ...figures } = await soak(options);
    const numbers = Object.entries(figures).map(([name, value]) => [name, Number(value)] as const);
    report(Object.fromEntries(numbers), failedQueries);
  },
  // The state between any two calls.
  async states(count) {
    for (const outOfOrderWindowMs of [0, LATE_WINDOW_MS]) {
      const run = await recordRun(library(), { ...FIXED_WORK, rounds: 200, outOfOrderWindowMs });
      const { states, failures } = await checkKillStates(run, count || 1);
      report({ outOfOrderWindowMs, states }, failures);
    }
  },
  // kill -9 of the whole server at random moments.
  async kills(count) {
    const outcome = await killServers({
      command: NARTHEX,
      now: Date.now,
      kills: count || 1000,
      seed,
      loadMsMax: 400,
      scrapeInterval: "100ms",
    });
    const { failures, readyMsMax, ...figures } = outcome;
    report({ ...figures, readyMsMax: Math.round(readyMsMax) }, failures);
  },
  // Damaged files of a store of 10,000 series.
  async mutations(count) {
    const options = { series: 10_000, rounds: 100, mutations: count || 500, seed };
    const { failures, ...figures } = await mutateStores(options);
    report({ ...figures, startMsMax: Math.round(figures.startMsMax) }, failures);
  },
  async power(count) {
    for (const syncIntervalMs of [0, 300]) {
      for (const outOfOrderWindowMs of [0, LATE_WINDOW_MS]) {
        const work = { ...FIXED_WORK, rounds: 400, pauseMs: 10, syncIntervalMs, outOfOrderWindowMs };
        const run = await recordRun(library(), work);
        const states = Math.ceil((count || 2000) / 4);
        const { failures, lossMsMax } = await checkPowerLoss(run, { syncIntervalMs, states, seed });
        report({ syncIntervalMs, outOfOrderWindowMs, states, lossMsMax: Math.round(lossMsMax) }, failures);
      }
    }
  },
};

const campaign = CAMPAIGNS[which];
if (campaign === undefined)
  throw new Error(`which campaign? ${Object.keys(CAMPAIGNS).join(", ")}; got "${which}"`);
await campaign(Number(countText ?? 0));

import { expect, test } from "vitest";
import { NARTHEX } from "../support/server-process.ts";
import { chosenSeed } from "./random.ts";
import { killServers } from "./server-kills.ts";

const KILLS = 15; // 1,000: node test/crash/campaign.ts kills

test("kill -9 of a server under load loses nothing that it acknowledged (REL-1)", async () => {
  const seed = chosenSeed();
  const outcome = await killServers({
    command: NARTHEX,
    now: Date.now,
    kills: KILLS,
    seed,
    loadMsMax: 400,
    scrapeInterval: "100ms",
  });
  const { kills, acknowledged, deletions } = outcome;
  console.log(
    `${kills} kills from seed ${seed}: ${acknowledged} acknowledged samples, ${deletions} deletions, 0 lost`,
  );
  expect(outcome.failures).toEqual([]);
  expect(acknowledged).toBeGreaterThan(0);
}, 300_000);

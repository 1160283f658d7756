import { expect, test } from "vitest";
import { mutateStores } from "./mutations.ts";
import { chosenSeed } from "./random.ts";

const START_MS_MAX = 30_000;

// The long form, on 10,000 series: node test/crash/campaign.ts mutations.
test("a store with damaged files starts and gives nothing that was not written (REL-5)", async () => {
  const seed = chosenSeed();
  const { failures, startMsMax, keptShare } = await mutateStores({
    series: 200,
    rounds: 100,
    mutations: 40,
    seed,
  });
  const kept = Math.round(keptShare * 100);
  console.log(
    `40 damaged stores from seed ${seed}: ${kept} % of the samples kept, longest start ${Math.round(startMsMax)} ms`,
  );
  expect(failures).toEqual([]);
  expect(startMsMax).toBeLessThan(START_MS_MAX);
  expect(keptShare).toBeGreaterThan(0);
}, 120_000);

import { expect, onTestFinished, test } from "vitest";
import { millis } from "../../../../src/model/index.ts";
import {
  createGradedRunner,
  createPromqlEngine,
  createQueryExecutor,
  shortSelections,
  type QueryEngine,
} from "../../../../src/query/index.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { END_MS, openFilled } from "./rig.ts";

const LIMITS = {
  samplesMax: 1e6,
  timeoutMs: 60_000,
  concurrencyMax: 20,
  waitingMax: 10,
  lookbackMs: 300_000,
};

/** An engine that takes `ms` for a query of that text, asking now and then, and where queries went. */
function setUp(inlineMs: number, thereMs?: number) {
  const clock = new FakeClock();
  const places: string[] = [];
  const engine = (place: string): QueryEngine => ({
    evaluate({ query, shouldStop }) {
      places.push(place);
      const ms = place === "pool" ? (thereMs ?? Number(query)) : Number(query);
      for (let passed = 0; passed < ms; passed++) {
        shouldStop();
        clock.monotonic = (
          (now: number) => () =>
            now + 1
        )(clock.monotonic());
      }
      return {
        value: { kind: "scalar", time: millis(0), value: 1 },
        warnings: [],
        infos: [],
        stats: {
          totalQueryableSamples: 0,
          totalQueryableSamplesPerStep: undefined,
          samplesRead: 0,
          peakSamples: 0,
          timingsMs: { preparation: 0, evaluation: ms, sort: 0 },
        },
      };
    },
  });
  const there = createQueryExecutor({ engine: engine("pool"), limits: LIMITS, clock });
  const pool = {
    restarts: 3,
    run: ({ query, startMs }: { query: string; startMs: number }) =>
      there.instant({ query, timeMs: startMs, options: {} }),
  };
  const runner = createGradedRunner({ engine: engine("here"), pool, inlineMs, clock });
  const executor = createQueryExecutor({ engine: engine("here"), limits: LIMITS, clock, runner });
  const ask = (query: string) => executor.instant({ query, timeMs: 0, options: {} });
  return { ask, places, clock, executor };
}

test("a short query runs here", async () => {
  const { ask, places } = setUp(5);
  await ask("4");
  expect(places).toEqual(["here"]);
});

test("a long one is started again in the pool, and goes there at once for a minute", async () => {
  const { ask, places, clock, executor } = setUp(5);
  await ask("20");
  await ask("20");
  expect(places).toEqual(["here", "pool", "pool"]);
  clock.monotonic = (
    (now: number) => () =>
      now + 60_000
  )(clock.monotonic());
  await ask("20");
  expect(places.slice(3)).toEqual(["here", "pool"]);
  expect(executor.load().workerRestarts).toBe(3);
});

test("one that was slow only here is tried here again", async () => {
  const { ask, places } = setUp(5, 1);
  await ask("20");
  await ask("20");
  expect(places).toEqual(["here", "pool", "here", "pool"]);
});

test("without time to try, all goes to the pool", async () => {
  const { ask, places } = setUp(0);
  await ask("1");
  expect(places).toEqual(["pool"]);
});

test("a query with a long subquery or with many series does not try here", async () => {
  const store = await openFilled(3500);
  onTestFinished(() => store.close());
  const clock = new FakeClock();
  const engine = createPromqlEngine({
    queryable: shortSelections(store),
    parse: {},
    features: { delayedNameRemoval: false, typeAndUnitLabels: false },
    defaultSubqueryStepMs: () => 60_000,
    clock,
  });
  const sent: string[] = [];
  const there = createQueryExecutor({
    engine: createPromqlEngine({
      queryable: store,
      parse: {},
      features: { delayedNameRemoval: false, typeAndUnitLabels: false },
      defaultSubqueryStepMs: () => 60_000,
      clock,
    }),
    limits: LIMITS,
    clock,
  });
  const pool = {
    restarts: 0,
    run: ({ query, startMs }: { query: string; startMs: number }) => {
      sent.push(query);
      return there.instant({ query, timeMs: startMs, options: {} });
    },
  };
  const runner = createGradedRunner({ engine, pool, inlineMs: 5, clock });
  const executor = createQueryExecutor({ engine, limits: LIMITS, clock, runner });
  const ask = (query: string) => executor.instant({ query, timeMs: END_MS, options: {} });
  for (const query of [
    "target_info",
    "max_over_time(vector(1)[1h:1s])",
    "requests_total{instance='host-1'}",
  ]) {
    await ask(query);
  }
  expect(sent).toEqual([]);
  const long = ["max_over_time(vector(1)[1d:1s])", "max_over_time(vector(1)[30d:])", "count(requests_total)"];
  for (const query of long) await ask(query);
  expect(sent).toEqual(long);
  await expect(ask("sum(")).rejects.toMatchObject({ errorType: "bad_data" });
});

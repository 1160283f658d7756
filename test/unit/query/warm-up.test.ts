import { expect, test } from "vitest";
import { silentLogger } from "../../../src/base/index.ts";
import { ALL_FEATURES } from "../../../src/promql/index.ts";
import { createPromqlEngine, warmUp } from "../../../src/query/index.ts";
import type { EngineRequest, QueryEngine } from "../../../src/query/index.ts";
import { openStore } from "../../../src/tsdb/index.ts";
import { FakeClock } from "../../support/fake-clock.ts";

test("warming up asks instant and range queries that all give something, until it is stopped", async () => {
  const clock = new FakeClock();
  clock.after = (_delayMs, run) => {
    setImmediate(run);
    return { cancel: () => undefined };
  };
  const options = { directory: undefined, clock, logger: silentLogger, retentionMs: 0, retentionBytes: 0 };
  const store = await openStore(options);
  const engine = createPromqlEngine({
    queryable: store,
    parse: { features: ALL_FEATURES },
    features: { delayedNameRemoval: false, typeAndUnitLabels: false },
    defaultSubqueryStepMs: () => 15_000,
    clock,
  });
  const seen: Pick<EngineRequest, "kind" | "query">[] = [];
  const empty: string[] = [];
  const watched: QueryEngine = {
    evaluate(request) {
      const result = engine.evaluate(request);
      seen.push(request);
      const { value } = result;
      const count =
        value.kind === "vector" ? value.labels.length : value.kind === "matrix" ? value.series.length : 1;
      if (count === 0) empty.push(request.query);
      return result;
    },
  };
  await warmUp({ store, engine: watched, clock, isStopped: () => seen.length >= 80 });
  await store.close();
  expect(empty).toEqual([]);
  expect(seen).toHaveLength(80);
  expect(new Set(seen.map(({ kind }) => kind))).toEqual(new Set(["instant", "range"]));
});

import { describe, expect, test } from "vitest";
import { labelsFromRecord, millis } from "../../../src/model/index.ts";
import type { QueryResult, QueryValue, StopReason } from "../../../src/promql/index.ts";
import { createQueryExecutor } from "../../../src/query/index.ts";
import type { EngineRequest, EvaluatedQuery, QueryExecutor } from "../../../src/query/index.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const LIMITS = {
  samplesMax: 50_000_000,
  timeoutMs: 120_000,
  concurrencyMax: 20,
  waitingMax: 100,
  lookbackMs: 300_000,
};

interface Rig {
  readonly executor: QueryExecutor;
  readonly clock: FakeClock;
  readonly requests: EngineRequest[];
}

function resultOf(value: QueryValue, warnings: string[] = [], infos: string[] = []): QueryResult {
  return {
    value,
    warnings,
    infos,
    stats: {
      totalQueryableSamples: 12,
      totalQueryableSamplesPerStep: [[millis(1500), 12]],
      samplesRead: 9,
      peakSamples: 4,
      timingsMs: { preparation: 1, evaluation: 20, sort: 0.5 },
    },
  };
}

const ONE: QueryValue = { kind: "scalar", time: millis(4000), value: 2 };

function setUp(
  evaluate: (request: EngineRequest) => QueryResult = () => resultOf(ONE),
  perStepStats = false,
): Rig {
  const clock = new FakeClock();
  const requests: EngineRequest[] = [];
  const engine = {
    evaluate: (request: EngineRequest) => {
      requests.push(request);
      return evaluate(request);
    },
  };
  return { clock, requests, executor: createQueryExecutor({ engine, limits: LIMITS, clock, perStepStats }) };
}

async function textOf({ data }: EvaluatedQuery): Promise<string> {
  const chunks = [data.first];
  if (data.rest !== undefined) for await (const chunk of data.rest) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

describe("the engine gets", () => {
  test("the server's limits for a bare request", async () => {
    const { executor, requests } = setUp();
    await executor.instant({ query: "1+1", timeMs: 4000, options: {} });
    expect(requests[0]).toMatchObject({
      query: "1+1",
      kind: "instant",
      startMs: 4000,
      endMs: 4000,
      stepMs: 0,
      lookbackMs: 300_000,
      samplesMax: 50_000_000,
      perStepStats: false,
    });
  });

  test("range and lookback of the request; a lookback of 0 is none", async () => {
    const { executor, requests } = setUp(undefined, true);
    const range = { query: "x", startMs: 0, endMs: 60_000, stepMs: 15_000 };
    await executor.range({ ...range, options: { lookbackMs: 1000, stats: "per-step" } });
    await executor.range({ ...range, options: { lookbackMs: 0 } });
    expect(requests[0]).toMatchObject({ kind: "range", endMs: 60_000, stepMs: 15_000, lookbackMs: 1000 });
    expect(requests[0]!.perStepStats).toBe(true);
    expect(requests[1]!.lookbackMs).toBe(300_000);
  });

  test("no wish for counts of each step unless the server allows it", async () => {
    const { executor, requests } = setUp();
    await executor.instant({ query: "x", timeMs: 0, options: { stats: "per-step" } });
    expect(requests[0]!.perStepStats).toBe(false);
  });

  test("word to stop when the time of the request is over, which the server's bounds", async () => {
    const answers: (StopReason | undefined)[] = [];
    const { executor, clock } = setUp((request) => {
      answers.push(request.shouldStop());
      return resultOf(ONE);
    });
    clock.monotonic = ((): (() => number) => {
      let calls = 0;
      return () => calls++ * 2000;
    })();
    await executor.instant({ query: "x", timeMs: 0, options: { timeoutMs: 3000 } });
    await executor.instant({ query: "x", timeMs: 0, options: { timeoutMs: 10_000_000 } });
    expect(answers).toEqual(["timeout", undefined]);
  });

  test("word to stop when the client has gone away", async () => {
    const client = new AbortController();
    const answers: (StopReason | undefined)[] = [];
    const { executor } = setUp((request) => {
      client.abort();
      answers.push(request.shouldStop());
      return resultOf(ONE);
    });
    await executor.instant({ query: "x", timeMs: 0, options: { signal: client.signal } });
    expect(answers).toEqual(["canceled"]);
  });
});

describe("an answer", () => {
  test("is the data object as bytes", async () => {
    const { executor } = setUp();
    const answer = await executor.instant({ query: "1+1", timeMs: 4000, options: {} });
    expect(await textOf(answer)).toBe('{"resultType":"scalar","result":[4,"2"]}');
  });

  test("has times in seconds and counts when stats are asked for", async () => {
    const { executor } = setUp();
    const answer = await executor.instant({ query: "x", timeMs: 4000, options: { stats: "totals" } });
    expect(JSON.parse(await textOf(answer))).toEqual({
      resultType: "scalar",
      result: [4, "2"],
      stats: {
        timings: {
          evalTotalTime: 0.0215,
          resultSortTime: 0.0005,
          queryPreparationTime: 0.001,
          innerEvalTime: 0.02,
          execQueueTime: 0,
          execTotalTime: 0.0215,
        },
        samples: {
          totalQueryableSamplesPerStep: [[1.5, 12]],
          totalQueryableSamples: 12,
          samplesRead: 9,
          peakSamples: 4,
        },
      },
    });
  });

  test("tells when the limit cut it, before the other warnings", async () => {
    const labels = ["a", "b"].map((x) => labelsFromRecord({ x }));
    const values = Float64Array.of(1, 2);
    const vector: QueryValue = { kind: "vector", time: millis(0), labels, values, histograms: undefined };
    const { executor } = setUp(() => resultOf(vector, ["w"]));
    const answer = await executor.instant({ query: "x", timeMs: 0, options: { seriesMax: 1 } });
    expect(answer.warnings).toEqual(["results truncated due to limit", "w"]);
    expect(await textOf(answer)).toContain('[{"metric":{"x":"a"},"value":[0,"1"]}]');
    const whole = await executor.instant({ query: "x", timeMs: 0, options: { seriesMax: 2 } });
    expect(whole.warnings).toEqual(["w"]);
  });

  test("has at most ten annotations of a kind and the number of the others", async () => {
    const texts = Array.from({ length: 13 }, (_, i) => `note ${i}`);
    const { executor } = setUp(() => resultOf(ONE, texts, texts));
    const answer = await executor.instant({ query: "x", timeMs: 0, options: {} });
    expect(answer.warnings).toHaveLength(11);
    expect(answer.warnings[10]).toBe("3 more warning annotations omitted");
    expect(answer.infos[10]).toBe("3 more info annotations omitted");
  });
});

test("a failed evaluation gives its slot back", async () => {
  const { executor } = setUp(() => {
    throw new Error("no");
  });
  await expect(executor.instant({ query: "x", timeMs: 0, options: {} })).rejects.toThrow("no");
  expect(executor.load()).toMatchObject({ running: 0, waiting: 0, concurrencyMax: 20 });
});

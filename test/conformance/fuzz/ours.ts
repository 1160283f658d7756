import { NarthexError, silentLogger, type Clock } from "../../../src/base/index.ts";
import { labelsFromRecord, millis, setStaleAt, bitsOf, type Histogram } from "../../../src/model/index.ts";
import { createPromqlEngine, createQueryExecutor, type EvaluatedQuery } from "../../../src/query/index.ts";
import type { SeriesBatch, Store } from "../../../src/storage/index.ts";
import { openStore } from "../../../src/tsdb/index.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import type { Answer, AnswerData } from "./answer.ts";
import type { DatasetSeries } from "./dataset.ts";
import type { FuzzQuery } from "./generate.ts";

/** Answers queries as a server would. */
export type Ask = (query: FuzzQuery) => Promise<Answer>;

/** Our store, in memory, with the data. @throws Error when the store refuses a sample. */
export async function openDataset(dataset: readonly DatasetSeries[], clock: Clock): Promise<Store> {
  const store = await openStore({
    directory: undefined,
    clock,
    logger: silentLogger,
    retentionMs: 0,
    retentionBytes: 0,
    blockRangeMs: 10 * 24 * 3_600_000, // Series are written one after the other, each from the start.
  });
  for (const series of dataset) {
    for (const batch of runsOfOneKind(series)) {
      const { refusals } = await store.appendBatch([batch], "all-or-nothing");
      if (refusals.length > 0) throw new Error(`${JSON.stringify(series.labels)}: ${refusals[0]!.reason}`);
    }
  }
  return store;
}

/** Our store and query executor over the data, in this process. @throws Error when the store refuses a sample. */
export async function openOurs(
  dataset: readonly DatasetSeries[],
  endMs: number,
): Promise<{ ask: Ask; store: Store }> {
  const clock = new FakeClock(endMs);
  const store = await openDataset(dataset, clock);
  const engine = createPromqlEngine({
    queryable: store,
    parse: { features: { experimentalFunctions: true } },
    features: { delayedNameRemoval: false, typeAndUnitLabels: false },
    defaultSubqueryStepMs: () => 60_000,
    clock,
  });
  const limits = {
    samplesMax: 50_000_000,
    timeoutMs: 120_000,
    concurrencyMax: 20,
    waitingMax: 1000,
    lookbackMs: 300_000,
  };
  const executor = createQueryExecutor({ engine, limits, clock });
  const ask: Ask = async ({ text, startMs, endMs: lastMs, stepMs }) => {
    try {
      const evaluated =
        stepMs === undefined
          ? executor.instant({ query: text, timeMs: startMs, options: {} })
          : executor.range({ query: text, startMs, endMs: lastMs, stepMs, options: {} });
      return await answerOf(await evaluated);
    } catch (thrown) {
      if (!(thrown instanceof NarthexError)) throw thrown;
      const prefix = thrown.errorType === "bad_data" ? 'invalid parameter "query": ' : "";
      return { status: "error", errorType: thrown.errorType, error: `${prefix}${thrown.message}` };
    }
  };
  return { ask, store };
}

async function answerOf({ data, warnings, infos }: EvaluatedQuery): Promise<Answer> {
  const chunks = [data.first];
  for await (const chunk of data.rest ?? []) chunks.push(Buffer.from(chunk));
  return {
    status: "success",
    data: JSON.parse(Buffer.concat(chunks).toString("utf8")) as AnswerData,
    ...(warnings.length > 0 ? { warnings } : {}),
    ...(infos.length > 0 ? { infos } : {}),
  };
}

function* runsOfOneKind({ labels, times, points }: DatasetSeries): Generator<SeriesBatch> {
  for (let from = 0; from < points.length;) {
    const isHistogram = typeof points[from] === "object";
    let to = from + 1;
    while (to < points.length && (typeof points[to] === "object") === isHistogram) to++;
    const set = labelsFromRecord(labels);
    if (isHistogram) {
      const histograms = points.slice(from, to).map((point, at) => {
        return { time: millis(times[from + at]!), histogram: point as Histogram };
      });
      yield { labels: set, times: new Float64Array(0), values: new Float64Array(0), histograms };
    } else {
      const values = new Float64Array(to - from);
      for (let at = from; at < to; at++) {
        const point = points[at]!;
        if (point === "stale") setStaleAt(bitsOf(values), at - from);
        else values[at - from] = point as number;
      }
      yield { labels: set, times: Float64Array.from(times.slice(from, to)), values, histograms: [] };
    }
    from = to;
  }
}

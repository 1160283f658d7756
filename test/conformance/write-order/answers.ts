import { silentLogger } from "../../../src/base/index.ts";
import { formatFloat, labelValue, millis } from "../../../src/model/index.ts";
import { createSeriesSamples, type Store } from "../../../src/storage/index.ts";
import { openStore } from "../../../src/tsdb/index.ts";
import { contestedIn, NOW_OFFSET_MS, requestsOf, windowOf } from "./scenario.ts";

/** What a server says to the requests of a scenario and keeps of them. Times are `@` and ms from its start. */
export interface Answers {
  /** Why each request was refused; "" when it was not. */
  readonly refused: readonly string[];
  /** Samples by series, ascending in time. */
  readonly kept: Readonly<Record<string, readonly string[]>>;
}

const START = 1_700_000_000_000;

/** What our store says. */
export async function ourAnswers(seed: number): Promise<Answers> {
  const nowMs = START + NOW_OFFSET_MS;
  const store = await openStore({
    directory: undefined,
    clock: { now: () => nowMs, monotonic: () => 0, after: () => ({ cancel() {} }) },
    logger: silentLogger,
    retentionMs: 0,
    retentionBytes: 0,
    tuning: { outOfOrderWindowMs: windowOf(seed) },
  });
  const refused: string[] = [];
  for (const request of requestsOf(seed, START)) {
    const { refusals } = await store.appendBatch(request, "all-or-nothing");
    const reason = refusals[0]?.reason ?? "";
    refused.push(reason.replaceAll(/\b1\d{12}\b/g, (time) => `@${Number(time) - START}`));
  }
  const kept = keptIn(store);
  await store.close();
  return { refused, kept };
}

function keptIn(store: Store): Record<string, string[]> {
  const selection = store.select({ matchers: [], from: millis(0), to: millis(2 * START) });
  const samples = createSeriesSamples();
  const kept: Record<string, string[]> = {};
  for (let i = 0; i < selection.seriesCount; i++) {
    selection.read(i, samples);
    const { count, times, values, histograms } = samples;
    const points = Array.from({ length: count }, (_, k) => {
      const histogram = histograms?.[k];
      const text = histogram === undefined ? formatFloat(values[k]!) : `histogram of ${histogram.count}`;
      return `@${times[k]! - START} ${text}`;
    });
    kept[labelValue(selection.labels(i), "s")] = points;
  }
  selection.close();
  return kept;
}

/** How answers to the scenario of a seed differ, in words; none when both are the same. */
export function compareAnswers(seed: number, theirs: Answers, ours: Answers): string[] {
  const contested = windowOf(seed) === 0 ? new Set<string>() : contestedIn(requestsOf(seed, START), START);
  const comparable = (series: string, samples: readonly string[] = []): string[] =>
    samples.map((sample) => {
      const time = sample.split(" ")[0]!;
      return contested.has(`${series} ${time}`) ? time : sample;
    });
  const differences: string[] = [];
  theirs.refused.forEach((text, n) => {
    if (ours.refused[n] !== text)
      differences.push(`request ${n}: theirs "${text}", ours "${ours.refused[n]}"`);
  });
  for (const series of new Set([...Object.keys(theirs.kept), ...Object.keys(ours.kept)])) {
    const left = comparable(series, theirs.kept[series]);
    const right = comparable(series, ours.kept[series]);
    const missing = left.filter((sample) => !right.includes(sample));
    const extra = right.filter((sample) => !left.includes(sample));
    if (missing.length + extra.length > 0) {
      differences.push(`series ${series}: only theirs ${missing.join(", ")}; only ours ${extra.join(", ")}`);
    } else if (left.join() !== right.join()) differences.push(`series ${series}: another order`);
  }
  return differences;
}

import {
  createHistogram,
  labelsFromRecord,
  labelValue,
  millis,
  type Histogram,
  type Millis,
} from "../../../src/model/index.ts";
import type { ReceivedSeries } from "../../../src/wire/index.ts";
import { Random } from "../fuzz/random.ts";

const SERIES = 4;
const REQUESTS = 30;
const MINUTE_MS = 60_000;

/** The server's clock is this far from the scenario's start. */
export const NOW_OFFSET_MS: number = 45 * MINUTE_MS;

/** Out-of-order windows that scenarios have, by seed. */
const WINDOWS_MS: readonly number[] = [0, 10 * MINUTE_MS, 180 * MINUTE_MS];

/** The window of a seed's scenario, ms. */
export function windowOf(seed: number): number {
  return WINDOWS_MS[seed % WINDOWS_MS.length]!;
}

type Sample = { readonly time: Millis } & ({ readonly value: number } | { readonly histogram: Histogram });

/**
 * Remote-write requests with samples in and out of order, repeated, in conflict, too old and too new, floats and
 * histograms; times count from `start` (ms). Equal seeds give equal requests.
 */
export function requestsOf(seed: number, start: number): ReceivedSeries[][] {
  const random = new Random(seed);
  const sent: number[] = []; // Times that were used.
  let cursor = start;
  const requests: ReceivedSeries[][] = [[seriesOf(0, [{ time: millis(start), value: 1 }])]];
  for (let n = 1; n < REQUESTS; n++) {
    cursor += random.pick([0, 1000, 15_000, 15_000, MINUTE_MS]);
    const names = random.chance(0.1) ? [1, 1] : random.some([0, 1, 2, 3].slice(0, SERIES), 3);
    // Of a request with both for one series 3.5.3 stores the floats first, which makes earlier histograms late.
    const isHistogram = random.chance(0.15);
    const context = { cursor, start, sent, isHistogram };
    requests.push(names.map((name) => seriesOf(name, samplesOf(random, context))));
  }
  return requests.filter((request) => request.length > 0);
}

/** What samples are drawn by; times in ms. */
interface Context {
  readonly cursor: number;
  readonly start: number;
  readonly sent: number[];
  readonly isHistogram: boolean;
}

function samplesOf(random: Random, context: Context): Sample[] {
  const count = random.weighted([
    [6, 1],
    [2, 2],
    [2, 4],
  ]);
  const samples: Sample[] = [];
  let time = timeOf(random, context);
  for (let i = 0; i < count; i++) {
    context.sent.push(time);
    samples.push({ time: millis(time), ...valueOf(random, context.isHistogram) });
    time += random.weighted([
      [8, 1000],
      [1, 0],
      [1, -2000],
    ]);
  }
  return samples;
}

function timeOf(random: Random, { cursor, start, sent }: Context): number {
  const kind = random.weighted<"next" | "again" | "little late" | "late" | "old" | "ahead">([
    [50, "next"],
    [20, "again"],
    [15, "little late"],
    [8, "late"],
    [4, "old"],
    [1, "ahead"],
  ]);
  switch (kind) {
    case "next":
      return cursor;
    case "again":
      return sent.length === 0 ? cursor : random.pick(sent);
    case "little late":
      return cursor - random.below(5 * MINUTE_MS);
    case "late":
      return cursor - random.below(70 * MINUTE_MS);
    case "old":
      return cursor - random.below(240 * MINUTE_MS);
    case "ahead":
      return start + NOW_OFFSET_MS + 12 * MINUTE_MS;
  }
}

function valueOf(
  random: Random,
  isHistogram: boolean,
): { readonly value: number } | { readonly histogram: Histogram } {
  if (isHistogram) return { histogram: histogramOf(1 + random.below(2)) };
  return { value: random.pick([1, 1, 2, -0, 0.5, Infinity, 1e300]) };
}

function histogramOf(count: number): Histogram {
  return createHistogram({
    schema: 0,
    count,
    sum: 1.5 * count,
    positiveSpans: [{ offset: 0, length: 1 }],
    positiveBuckets: [count],
  });
}

function seriesOf(number: number, samples: readonly Sample[]): ReceivedSeries {
  const floats = samples.filter((sample) => "value" in sample);
  const values = new Float64Array(floats.length);
  floats.forEach(({ value }, i) => (values[i] = value));
  return {
    labels: labelsFromRecord({ __name__: "m", s: String(number) }),
    times: Float64Array.from(floats, ({ time }) => time),
    values,
    histograms: samples.filter((sample) => "histogram" in sample),
  };
}

/**
 * Samples of which a scenario sends several values, as `<series> <time>`. Where there is a window, Prometheus shows one or
 * the other of them, as its chunks happen to lie; ours shows the one that was stored first.
 */
export function contestedIn(requests: readonly (readonly ReceivedSeries[])[], start: number): Set<string> {
  const seen = new Map<string, string>();
  const contested = new Set<string>();
  const note = (key: string, value: string): void => {
    if ((seen.get(key) ?? value) !== value) contested.add(key);
    seen.set(key, value);
  };
  for (const { labels, times, values, histograms } of requests.flat()) {
    const series = labelValue(labels, "s");
    times.forEach((time, i) =>
      note(`${series} @${time - start}`, Object.is(values[i], -0) ? "-0" : String(values[i])),
    );
    for (const { time, histogram } of histograms) note(`${series} @${time - start}`, `h${histogram.count}`);
  }
  return contested;
}

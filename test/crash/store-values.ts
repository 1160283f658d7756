import { createHistogram, type Histogram } from "../../src/model/index.ts";

// What the store's writer writes: every value follows from its series and time.

export const SERIES_COUNT = 20;
export const HISTOGRAM_COUNT = 2;
export const STEP_MS = 5000;
export const BLOCK_RANGE_MS = 60_000;

/** The value that series `series` has at `time`: whole, with decimals, or with all digits. */
export function crashValue(series: number, time: number): number {
  const mixed = Math.imul((time / STEP_MS) | 0, 2654435761) >>> 0;
  if (series % 3 === 0) return time / STEP_MS + series;
  return series % 3 === 1 ? (mixed % 10_000) / 100 : mixed / (series + 0.7);
}

/** The histogram that series `series` has at `time`. */
export function crashHistogram(series: number, time: number): Histogram {
  const round = time / STEP_MS;
  const counts = [round % 7, round % 11, (round + series) % 5];
  return createHistogram({
    schema: 1,
    count: counts[0]! + counts[1]! + counts[2]! + 3,
    sum: crashValue(series + 1, time),
    zeroThreshold: 0.001,
    zeroCount: 3,
    positiveSpans: [
      { offset: -2, length: 2 },
      { offset: 1 + series, length: 1 },
    ],
    positiveBuckets: counts,
  });
}

/** What the writer says, a line of JSON each, in the order in which it happened. */
export type WriterEvent =
  /** The rows of this time are about to be written; the late sample is that old (ms); -1: there is none. */
  | { readonly kind: "writing"; readonly time: number; readonly lateMs: number }
  /** They are acknowledged. */
  | { readonly kind: "written"; readonly time: number }
  /** Samples of `pushed_<series>` in a closed range are about to be deleted. */
  | { readonly kind: "deleting"; readonly series: number; readonly from: number; readonly to: number }
  | { readonly kind: "deleted"; readonly series: number; readonly from: number; readonly to: number }
  /** What was acknowledged up to this time of the store's clock is said to survive a power cut. */
  | { readonly kind: "durable"; readonly time: number };

/** An event with the state of the machine when it was noted. */
export type NotedEvent = WriterEvent & {
  readonly calls: number; // Changing calls of the process so far, when it runs under a shim.
  readonly wallMs: number;
};

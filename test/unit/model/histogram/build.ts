import { createHistogram, type Histogram, type ResetHint } from "../../../../src/model/index.ts";

/** A histogram in few words: a side is the index of its first bucket and then one count a bucket. */
export interface Sketch {
  readonly schema?: number;
  readonly hint?: ResetHint;
  readonly sum?: number;
  readonly count?: number; // Without it: what the buckets hold.
  readonly zero?: readonly [threshold: number, count: number];
  readonly positive?: readonly number[];
  readonly negative?: readonly number[];
  readonly bounds?: readonly number[]; // Makes it one with custom buckets.
}

export function sketch(form: Sketch): Histogram {
  const [positiveOffset = 0, ...positiveBuckets] = form.positive ?? [];
  const [negativeOffset = 0, ...negativeBuckets] = form.negative ?? [];
  const [zeroThreshold, zeroCount] = form.zero ?? [0, 0];
  const held = [...positiveBuckets, ...negativeBuckets, zeroCount].reduce((sum, count) => sum + count, 0);
  return createHistogram({
    schema: form.bounds === undefined ? (form.schema ?? 0) : -53,
    resetHint: form.hint ?? "unknown",
    count: form.count ?? held,
    sum: form.sum ?? 0,
    zeroThreshold,
    zeroCount,
    positiveSpans:
      positiveBuckets.length === 0 ? [] : [{ offset: positiveOffset, length: positiveBuckets.length }],
    positiveBuckets,
    negativeSpans:
      negativeBuckets.length === 0 ? [] : [{ offset: negativeOffset, length: negativeBuckets.length }],
    negativeBuckets,
    customBounds: form.bounds ?? [],
  });
}

/** To twelve digits and without the sign of zero, for comparing results of interpolation. */
export function rounded(value: number): number {
  return Number(value.toPrecision(12)) + 0;
}

import type { Histogram, Labels, Millis } from "../model/index.ts";

/** One element per label set, all at one time; element `i` of each column belongs together. */
export interface VectorResult {
  readonly kind: "vector";
  readonly time: Millis;
  readonly labels: readonly Labels[];
  readonly values: Float64Array; // 0 where a histogram is.
  readonly histograms: readonly (Histogram | undefined)[] | undefined; // Undefined: all floats.
}

/** One series of a matrix; element `i < count` of each column is one point, times ascending. */
export interface MatrixSeries {
  readonly labels: Labels;
  readonly count: number;
  readonly times: Float64Array; // Millis.
  readonly values: Float64Array; // 0 where a histogram is.
  readonly histograms: readonly (Histogram | undefined)[] | undefined;
}

export interface MatrixResult {
  readonly kind: "matrix";
  readonly series: readonly MatrixSeries[]; // Sorted by labels.
}

export type QueryValue =
  | { readonly kind: "scalar"; readonly time: Millis; readonly value: number }
  | { readonly kind: "string"; readonly time: Millis; readonly value: string }
  | VectorResult
  | MatrixResult;

/** Counters of one evaluation (API-35). */
export interface QueryStats {
  readonly totalQueryableSamples: number;
  readonly totalQueryableSamplesPerStep: readonly (readonly [time: Millis, samples: number])[] | undefined;
  readonly samplesRead: number;
  readonly peakSamples: number;
  readonly timingsMs: { readonly preparation: number; readonly evaluation: number; readonly sort: number };
}

/** What one part of a query did. Parts come with those they are made of after them, one deeper. */
export interface NodeProfile {
  readonly expr: string; // As written.
  readonly depth: number; // 0: the whole query.
  readonly series: number;
  readonly points: number; // That it gave; of a range selector the samples.
  readonly samplesDecoded: number; // That it read from the store itself.
  readonly totalMs: number; // The parts below included.
  readonly ownMs: number;
}

/** What an evaluation gives: the value and the annotations, in order of first appearance and unique. */
export interface QueryResult {
  readonly value: QueryValue;
  readonly warnings: readonly string[];
  readonly infos: readonly string[];
  readonly stats: QueryStats;
  /** Where it was asked for. */
  readonly profile?: readonly NodeProfile[] | undefined;
}

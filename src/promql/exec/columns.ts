import type { Histogram, Labels } from "../../model/index.ts";
import type { RangeInput } from "./windows.ts";

// Presence is a byte a step, not a NaN pattern: elementwise kernels then run over a whole column without a
// branch (whatever they make of an absent element is never looked at), and no arithmetic can turn an absent
// element into a present one or the other way round by changing a NaN's payload.

/** Kinds of element in a `StepColumn`. */
export const ABSENT = 0;
export const FLOAT = 1;
export const HISTOGRAM = 2;

/** One series at all steps of an evaluation: element `s` of each column is step `s`. */
export interface StepColumn {
  readonly values: Float64Array; // Meaningless where `kinds` is not FLOAT.
  readonly kinds: Uint8Array; // ABSENT, FLOAT or HISTOGRAM.
  readonly histograms: (Histogram | undefined)[]; // Meaningless where `kinds` is not HISTOGRAM; may be shorter.
  hasHistograms: boolean; // False: no element is a HISTOGRAM.
}

export function createStepColumn(stepCount: number): StepColumn {
  return {
    values: new Float64Array(stepCount),
    kinds: new Uint8Array(stepCount),
    histograms: [],
    hasHistograms: false,
  };
}

/** Makes every step absent. */
export function clearColumn(column: StepColumn): void {
  column.kinds.fill(ABSENT);
  column.hasHistograms = false;
}

export function setFloat(column: StepColumn, step: number, value: number): void {
  column.values[step] = value;
  column.kinds[step] = FLOAT;
}

export function setHistogram(column: StepColumn, step: number, histogram: Histogram): void {
  column.histograms[step] = histogram;
  column.kinds[step] = HISTOGRAM;
  column.hasHistograms = true;
}

/** Sets a float, a histogram or, for undefined, nothing. */
export function setPoint(column: StepColumn, step: number, point: number | Histogram | undefined): void {
  if (point === undefined) column.kinds[step] = ABSENT;
  else if (typeof point === "number") setFloat(column, step, point);
  else setHistogram(column, step, point);
}

/** Makes every histogram absent. */
export function dropHistograms(column: StepColumn): void {
  if (!column.hasHistograms) return;
  const { kinds } = column;
  for (let step = 0; step < kinds.length; step++) if (kinds[step] === HISTOGRAM) kinds[step] = ABSENT;
  column.hasHistograms = false;
}

/** Whether any step has a float. */
export function anyFloat({ kinds }: StepColumn): boolean {
  return kinds.includes(FLOAT);
}

/** Number of steps with a point of either kind. */
export function pointCount(column: StepColumn): number {
  const { kinds } = column;
  let count = 0;
  for (let step = 0; step < kinds.length; step++) if (kinds[step] !== ABSENT) count++;
  return count;
}

/** Takes over what `from` has at one step. */
export function copyPoint(from: StepColumn, to: StepColumn, step: number): void {
  const kind = from.kinds[step]!;
  to.kinds[step] = kind;
  if (kind === FLOAT) to.values[step] = from.values[step]!;
  if (kind !== HISTOGRAM) return;
  to.histograms[step] = from.histograms[step];
  to.hasHistograms = true;
}

/** A number for each step. */
export interface ScalarValue {
  readonly kind: "scalar";
  readonly values: Float64Array;
}

interface StringValue {
  readonly kind: "string";
  readonly value: string;
}

/**
 * An instant vector at all steps, series by series. The reader owns the column it passes; every series is read
 * exactly once, in ascending order, unless `isBatch`.
 */
export interface VectorStream {
  readonly kind: "vector";
  readonly seriesCount: number;
  /** No two series are equal, and would not be without their metric names either. */
  readonly uniqueWithoutName: boolean;
  /** Label set of series `index`, the name included where it is kept. May be asked for at any time. */
  labels(index: number): Labels;
  /** Value of one of those labels, "" where there is none; often cheaper than all of them. */
  labelValue(index: number, name: string): string;
  /** Whether the name in `labels(index)` is to be removed from the result (only with delayed name removal). */
  dropsName(index: number): boolean;
  /** Fills every element of `into`. */
  read(index: number, into: StepColumn): void;
  /** The reader needs none of it any more: what it held counts no longer against the sample limit. */
  release(): void;
}

/** Modifiers that widen the windows of a range selector (SEM-19). */
export type RangeExtension = "anchored" | "smoothed";

/** A range vector at all steps, series by series, read in the same way. */
export interface RangeStream {
  readonly kind: "matrix";
  readonly extension: RangeExtension | undefined;
  /** Metric name of every series, where the selector fixes it. */
  readonly metricName: string | undefined;
  readonly seriesCount: number;
  readonly uniqueWithoutName: boolean;
  readonly rangeMs: number;
  labels(index: number): Labels;
  labelValue(index: number, name: string): string;
  dropsName(index: number): boolean;
  /** Fills `into`; its arrays are valid until the next read into it. */
  read(index: number, into: RangeInput): void;
  release(): void;
}

export type EvaluatedValue = ScalarValue | StringValue | VectorStream | RangeStream;

import type { Histogram, Labels } from "../../model/index.ts";
import type { EvaluatedValue, RangeExtension, StepColumn } from "../exec/columns.ts";
import type { EvalContext } from "../exec/context.ts";
import type { StepGrid } from "../exec/grid.ts";
import type { RangeInput } from "../exec/windows.ts";
import type { Position } from "../parse/ast.ts";
import type { CallNode } from "../plan/plan.ts";

/** The scalar arguments of a call in their order, one number a step each; vectors and strings are left out. */
export type ScalarArgs = readonly Float64Array[];

/**
 * A function of an instant vector whose first argument is the vector and which looks at one point at a time.
 * The caller drops names and merges or refuses equal series.
 */
export interface ElementwiseFunction {
  readonly kind: "elementwise";
  /**
   * Changes all of `column.values` in place, without looking at `kinds` unless it makes points absent; elements
   * that are not floats hold any number, and what they become does not matter. Undefined: floats are dropped.
   */
  readonly floats: ((column: StepColumn, args: ScalarArgs) => void) | undefined;
  /** What a histogram becomes; undefined drops it. Not given: histograms are dropped. */
  readonly histogram?: (
    histogram: Histogram,
    step: number,
    args: ScalarArgs,
  ) => number | Histogram | undefined;
  /** Called without a vector it works on `vector(time())`. */
  readonly defaultsToTime?: boolean;
}

/** What a range function may want to know about the series that it is given. */
export interface RangeSeries {
  labels(): Labels;
  /** Its metric name, for annotations; cheap where the selector fixes it. */
  metricName(): string;
  /** Value of a label, "" when it has none. */
  label(name: string): string;
}

/** One call of a range function, for all series and steps. */
export interface RangeCall {
  readonly node: CallNode;
  readonly grid: StepGrid;
  readonly context: EvalContext;
  readonly args: ScalarArgs;
  /** Where the range vector argument stands; most annotations name it. */
  readonly argPos: Position;
  readonly pos: Position;
  readonly rangeMs: number;
  /** Set only for functions that list it: windows then hold more rows than lie in the range (SEM-19). */
  readonly extension: RangeExtension | undefined;
}

/** One step of one series with at least one histogram in its window: rows `[from, to)` of both kinds. */
export interface MixedWindow {
  step: number;
  startMs: number; // The window is (startMs, endMs].
  endMs: number;
  floatTimes: Float64Array;
  floats: Float64Array;
  floatFrom: number;
  floatTo: number;
  histogramTimes: Float64Array;
  histograms: readonly Histogram[];
  histogramFrom: number;
  histogramTo: number;
}

export interface RangeEvaluator {
  /**
   * Sets the steps of `out` that have a result; all are absent before. `input.histograms` is not its concern. The
   * windows of steps that go to `mixed` are empty here.
   */
  floats(input: RangeInput, out: StepColumn, series: RangeSeries): void;
  /**
   * The result of one step whose window holds a histogram. Not given: histograms are ignored, with ANN-18 where
   * the window holds floats too.
   */
  mixed?(window: MixedWindow, series: RangeSeries): number | Histogram | undefined;
}

/** A function of a range vector, which looks at one series and step at a time. */
export interface RangeFunction {
  readonly kind: "range";
  readonly keepsName: boolean;
  /** Range modifiers that it knows; none when left out. */
  readonly extensions?: readonly RangeExtension[];
  /** Makes the evaluator of one call; what it keeps between series lives in its closure. */
  readonly open: (call: RangeCall) => RangeEvaluator;
}

/** A call as special forms see it. */
export interface SpecialCall {
  readonly node: CallNode;
  readonly grid: StepGrid;
  readonly context: EvalContext;
  /** Evaluates argument `index` over the steps of `grid`. */
  evaluate(index: number): EvaluatedValue;
}

/** A function that needs more than one point of one series at a time, or gives no vector. */
interface SpecialFunction {
  readonly kind: "special";
  readonly evaluate: (call: SpecialCall) => EvaluatedValue;
}

export type FunctionImplementation = ElementwiseFunction | RangeFunction | SpecialFunction;

/** Implementations by the function's name. */
export type FunctionTable = Readonly<Record<string, FunctionImplementation>>;

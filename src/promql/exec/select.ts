import { bitsOf, isStaleAt, labelValue, METRIC_NAME, type Labels, type Matcher } from "../../model/index.ts";
import { createSeriesSamples, type Selection, type SeriesSamples } from "../../storage/index.ts";
import type { SelectNode, WindowNode } from "../plan/plan.ts";
import { columnSamples } from "./budget.ts";
import {
  ABSENT,
  FLOAT,
  setHistogram,
  type RangeExtension,
  type RangeStream,
  type StepColumn,
  type VectorStream,
} from "./columns.ts";
import type { EvalContext } from "./context.ts";
import { lastStepTime, type StepGrid } from "./grid.ts";
import { withoutBuckets } from "./histogram-statistics.ts";
import { NO_REACH, RangeReader } from "./range-reader.ts";
import { createVectorStream, keepsEveryName } from "./stream.ts";
import { fillInstantRows, gatherRows } from "./windows.kernel.ts";
import type { WindowSpec } from "./windows.ts";

/** Reference times of a selector at the steps of a grid: the step's time or `@`, minus the offset (SEM-6). */
export function referenceTimes(
  node: { readonly atMs: number | undefined; readonly offsetMs: number },
  grid: StepGrid,
): Float64Array {
  const times = new Float64Array(grid.count);
  if (node.atMs !== undefined) return times.fill(node.atMs - node.offsetMs);
  for (let step = 0; step < grid.count; step++)
    times[step] = grid.startMs + step * grid.stepMs - node.offsetMs;
  return times;
}

/** An instant selector: the newest sample of the lookback window, or its time in seconds (SEM-2 to SEM-4, SEM-12). */
export function evaluateSelect(
  node: SelectNode,
  grid: StepGrid,
  context: EvalContext,
  take: "value" | "time" = "value",
): VectorStream {
  const ends = referenceTimes(node, grid);
  const selection = selectForSteps(node, grid, context);
  const samples = createSeriesSamples();
  const rows = new RowFinder(ends, context.lookbackMs);
  const { counts } = context;
  return createVectorStream(context, {
    seriesCount: selection.seriesCount,
    uniqueWithoutName: hasOneName(node, { grid, reachMs: context.lookbackMs }, context),
    labels: (index) => selection.labels(index),
    labelValue: (index, name) => valueIn(selection, index, name),
    dropsName: keepsEveryName,
    read(index, into) {
      readSamples(selection, index, samples, node);
      takeNewest(samples, rows, into);
      const looked = columnSamples(into);
      counts.total += looked;
      counts.samplesRead += looked;
      if (counts.perStep !== undefined) addPerStep(counts.perStep, into);
      if (take === "time") replaceByTimes(samples, rows, into);
    },
    inputs: [],
  });
}

/** The series that an instant selector reads for the steps of a grid. */
export function selectForSteps(node: SelectNode, grid: StepGrid, context: EvalContext): Selection {
  const { first, last } = referenceRange(node, grid);
  const isSmoothed = node.extension === "smoothed";
  const to = isSmoothed ? last + context.lookbackMs : last;
  return context.selections.select(node.matchers, first - context.lookbackMs + 1, to);
}

/** The series that a range selector reads. */
export function selectForWindows(
  { select, rangeMs }: WindowNode,
  grid: StepGrid,
  context: EvalContext,
): Selection {
  const { first, last } = referenceRange(select, grid);
  const { reachLeftMs, reachRightMs } = reachOf(select.extension, context.lookbackMs);
  // Resets are told from the sample before, which Prometheus also looks for at the very edge of the window.
  const edge = select.onlyStatistics ? 0 : 1;
  return context.selections.select(
    select.matchers,
    first - rangeMs - reachLeftMs + edge,
    last + reachRightMs,
  );
}

/** The first and the last time that a selector refers to. */
function referenceRange(node: SelectNode, grid: StepGrid): { readonly first: number; readonly last: number } {
  if (node.atMs !== undefined) return { first: node.atMs - node.offsetMs, last: node.atMs - node.offsetMs };
  return { first: grid.startMs - node.offsetMs, last: lastStepTime(grid) - node.offsetMs };
}

/** A range selector. */
export function evaluateWindow(node: WindowNode, grid: StepGrid, context: EvalContext): RangeStream {
  const { select, rangeMs } = node;
  const spec = {
    ends: referenceTimes(select, grid),
    rangeMs,
    ...reachOf(select.extension, context.lookbackMs),
  };
  const selection = selectForWindows(node, grid, context);
  const samples = createSeriesSamples();
  const reader = new RangeReader(spec, context);
  return {
    kind: "matrix",
    extension: select.extension,
    metricName: fixedName(select.matchers),
    seriesCount: selection.seriesCount,
    uniqueWithoutName: hasOneName(select, { grid, reachMs: rangeMs + context.lookbackMs }, context),
    rangeMs,
    labels: (index) => selection.labels(index),
    labelValue: (index, name) => valueIn(selection, index, name),
    dropsName: keepsEveryName,
    read(index, into) {
      readSamples(selection, index, samples, select);
      reader.read(samples, into);
      context.counts.samplesRead += into.windows.rowUnion + (into.histograms?.windows.rowUnion ?? 0);
    },
    release: () => reader.flushCounts(),
  };
}

function reachOf(
  extension: RangeExtension | undefined,
  lookbackMs: number,
): Pick<WindowSpec, "reachLeftMs" | "reachRightMs"> {
  if (extension === undefined) return NO_REACH;
  return { reachLeftMs: lookbackMs, reachRightMs: extension === "smoothed" ? lookbackMs : 0 };
}

/**
 * Whether all series of a selection bear the same name, and nothing else goes with it, so that they differ without.
 * `reachMs` is how far from the times it refers to its samples may be.
 */
export function hasOneName(
  node: SelectNode,
  { grid, reachMs }: { readonly grid: StepGrid; readonly reachMs: number },
  { selections }: EvalContext,
): boolean {
  if (fixedName(node.matchers) === undefined) return false;
  const { first, last } = referenceRange(node, grid);
  return !selections.hasTypedSeries(first - reachMs, last + reachMs);
}

function valueIn(selection: Selection, index: number, name: string): string {
  return selection.labelValue?.(index, name) ?? labelValue(selection.labels(index), name);
}

export function metricNameOf(labels: Labels): string {
  return labelValue(labels, METRIC_NAME);
}

function fixedName(matchers: readonly Matcher[]): string | undefined {
  return matchers.find(({ kind, name }) => kind === "=" && name === METRIC_NAME)?.value;
}

/** The row that each step sees, found once per timeline. */
class RowFinder {
  readonly #ends: Float64Array;
  readonly #lookbackMs: number;
  readonly #byTimeline = new Map<number, Int32Array>();
  readonly #own: Int32Array;

  constructor(ends: Float64Array, lookbackMs: number) {
    this.#ends = ends;
    this.#lookbackMs = lookbackMs;
    this.#own = new Int32Array(ends.length);
  }

  /** Valid until the next call. */
  rowsOf(samples: SeriesSamples): Int32Array {
    let rows = samples.timeline < 0 ? this.#own : this.#byTimeline.get(samples.timeline);
    if (rows !== undefined && rows !== this.#own) return rows;
    if (rows === undefined) {
      rows = new Int32Array(this.#ends.length);
      this.#byTimeline.set(samples.timeline, rows);
    }
    fillInstantRows(samples.times, samples.count, this.#ends, this.#lookbackMs, rows);
    return rows;
  }
}

function readSamples(
  selection: Selection,
  index: number,
  samples: SeriesSamples,
  { onlyStatistics }: SelectNode,
): void {
  selection.read(index, samples);
  if (onlyStatistics && samples.histograms !== undefined) {
    samples.histograms = withoutBuckets(samples.histograms);
  }
}

function takeNewest(samples: SeriesSamples, finder: RowFinder, into: StepColumn): void {
  into.hasHistograms = false;
  if (samples.count === 0) {
    into.kinds.fill(ABSENT);
    return;
  }
  const rows = finder.rowsOf(samples);
  gatherRows(samples.values, rows, into.values, into.kinds);
  if (samples.histograms !== undefined) replaceByHistograms(samples, rows, into);
  if (samples.hasStale) dropStale(samples, rows, into);
}

function replaceByHistograms(samples: SeriesSamples, rows: Int32Array, into: StepColumn): void {
  for (let step = 0; step < rows.length; step++) {
    const histogram = samples.histograms![rows[step]!];
    if (histogram !== undefined) setHistogram(into, step, histogram);
  }
}

// A marker as the newest sample hides the older ones (SEM-3).
function dropStale(samples: SeriesSamples, rows: Int32Array, into: StepColumn): void {
  const bits = bitsOf(samples.values);
  for (let step = 0; step < rows.length; step++) {
    if (into.kinds[step] === ABSENT) continue;
    const row = rows[step]!;
    const histogram = samples.histograms?.[row];
    const stale = histogram === undefined ? isStaleAt(bits, row) : histogram.stale;
    if (stale) into.kinds[step] = ABSENT;
  }
}

function replaceByTimes(samples: SeriesSamples, finder: RowFinder, into: StepColumn): void {
  if (samples.count === 0) return;
  const rows = finder.rowsOf(samples);
  for (let step = 0; step < rows.length; step++) {
    if (into.kinds[step] === ABSENT) continue;
    into.kinds[step] = FLOAT;
    into.values[step] = samples.times[rows[step]!]! / 1000;
  }
  into.hasHistograms = false;
}

function addPerStep(perStep: Float64Array, column: StepColumn): void {
  // A histogram counts for more than one (see histogramSamples); per step it is counted as one column element.
  for (let step = 0; step < perStep.length; step++) perStep[step]! += column.kinds[step] === ABSENT ? 0 : 1;
}

import { labelsKey, type Histogram } from "../../model/index.ts";
import type { PlanNode } from "../plan/plan.ts";
import type { MatrixSeries } from "../result.ts";
import type { EvalContext } from "./context.ts";
import type { StepGrid } from "./grid.ts";
import { selectForSteps, selectForWindows } from "./select.ts";

// A long range over series that come and go is evaluated piece by piece: each piece selects only the series that
// live in it, so that what is held grows with the points and not with all series times all steps.

// Series times steps at which splitting starts: 16 M places are some 150 to 300 MB.
const PLACES_PER_PIECE = 2 ** 24;
// Windows of neighbouring pieces overlap and are read twice; with fewer steps that would cost more than it saves.
const STEPS_MIN = 64;

/** The grid in as many pieces, ascending, as the most series that a selector of the plan has ask for. */
export function splitGrid(plan: PlanNode, grid: StepGrid, context: EvalContext): StepGrid[] {
  if (grid.count <= STEPS_MIN) return [grid];
  const seriesMax = mostSeries(plan, grid, context);
  const steps = Math.max(STEPS_MIN, Math.floor(PLACES_PER_PIECE / Math.max(1, seriesMax)));
  const pieces: StepGrid[] = [];
  for (let first = 0; first < grid.count; first += steps) {
    const count = Math.min(steps, grid.count - first);
    pieces.push({ startMs: grid.startMs + first * grid.stepMs, stepMs: grid.stepMs, count });
  }
  return pieces;
}

// The selections stay open in the context, which finds them again if the grid is not split.
function mostSeries(node: PlanNode, grid: StepGrid, context: EvalContext): number {
  if (node.invariant) return 0;
  switch (node.kind) {
    case "number":
    case "string":
    case "subquery":
      return 0;
    case "select":
      return selectForSteps(node, grid, context).seriesCount;
    case "window":
      return selectForWindows(node, grid, context).seriesCount;
    case "unary":
      return mostSeries(node.operand, grid, context);
    case "binary":
      return Math.max(mostSeries(node.left, grid, context), mostSeries(node.right, grid, context));
    case "aggregate":
      return mostSeries(node.operand, grid, context);
    case "call":
      return Math.max(0, ...node.args.map((arg) => mostSeries(arg, grid, context)));
  }
}

/** Puts the series of consecutive pieces together by label set. */
export function joinPieces(pieces: readonly (readonly MatrixSeries[])[]): MatrixSeries[] {
  const parts = new Map<string, MatrixSeries[]>();
  for (const series of pieces.flat()) {
    const key = labelsKey(series.labels);
    const known = parts.get(key);
    if (known === undefined) parts.set(key, [series]);
    else known.push(series);
  }
  return [...parts.values()].map(joinSeries);
}

function joinSeries(parts: readonly MatrixSeries[]): MatrixSeries {
  const [first] = parts as [MatrixSeries];
  if (parts.length === 1) return first;
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const times = new Float64Array(count);
  const values = new Float64Array(count);
  const histograms: (Histogram | undefined)[] = [];
  let at = 0;
  for (const part of parts) {
    times.set(part.times.subarray(0, part.count), at);
    values.set(part.values.subarray(0, part.count), at);
    for (const [index, histogram] of (part.histograms ?? []).entries()) histograms[at + index] = histogram;
    at += part.count;
  }
  const hasHistograms = parts.some((part) => part.histograms !== undefined);
  histograms.length = hasHistograms ? count : 0;
  return { labels: first.labels, count, times, values, histograms: hasHistograms ? histograms : undefined };
}

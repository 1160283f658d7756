import type { ArithmeticOp, BinaryOp, ComparisonOp } from "../../parse/ast.ts";
import type { BinaryNode } from "../../plan/plan.ts";
import { ABSENT, FLOAT, HISTOGRAM, setPoint, type StepColumn } from "../columns.ts";
import type { EvalContext } from "../context.ts";
import { combineWithHistogram } from "./histogram-operators.ts";
import { computeArithmetic, computeComparison, intersectKinds } from "./operators.kernel.ts";

const COMPARISONS: ReadonlySet<BinaryOp> = new Set<BinaryOp>(["==", "!=", "<", "<=", ">", ">="]);
const ARITHMETIC: ReadonlySet<BinaryOp> = new Set<BinaryOp>(["+", "-", "*", "/", "%", "^", "atan2"]);

export function isComparison(op: BinaryOp): op is ComparisonOp {
  return COMPARISONS.has(op);
}

export function isArithmetic(op: BinaryOp): op is ArithmeticOp {
  return ARITHMETIC.has(op);
}

/** Whether the result is no longer what the metric's name says (SEM-13). */
export function dropsMetricName({ op, bool }: Pick<BinaryNode, "op" | "bool">): boolean {
  return bool || isArithmetic(op);
}

/** Applies an operator to two columns; `out` may be neither of them. */
export type Combine = (left: StepColumn, right: StepColumn, out: StepColumn) => void;

/** `filterKeeps` is the side whose values a comparison without `bool` keeps. */
export function createCombine(
  node: BinaryNode,
  stepCount: number,
  context: EvalContext,
  filterKeeps: "left" | "right",
): Combine {
  const { op, bool } = node;
  const flags = new Uint8Array(stepCount);
  return (left, right, out) => {
    out.hasHistograms = false;
    intersectKinds(left.kinds, right.kinds, out.kinds);
    if (isArithmetic(op)) {
      computeArithmetic(op, left.values, right.values, out.values);
    } else if (isComparison(op)) {
      computeComparison(op, left.values, right.values, flags);
      if (bool) out.values.set(flags);
      else keepFlagged(filterKeeps === "left" ? left : right, flags, out);
    } else {
      out.kinds.fill(ABSENT);
    }
    const isMixed = left.hasHistograms || right.hasHistograms || !(isArithmetic(op) || isComparison(op));
    if (isMixed) combineMixed(left, right, out, { node, context, filterKeeps });
  };
}

function keepFlagged(kept: StepColumn, flags: Uint8Array, out: StepColumn): void {
  out.values.set(kept.values);
  for (let step = 0; step < flags.length; step++) out.kinds[step]! &= flags[step]!;
}

interface MixedOptions {
  readonly node: BinaryNode;
  readonly context: EvalContext;
  readonly filterKeeps: "left" | "right";
}

// Steps at which a side is a histogram, or whose operator knows only histograms.
function combineMixed(left: StepColumn, right: StepColumn, out: StepColumn, options: MixedOptions): void {
  const { node, context, filterKeeps } = options;
  const needsHistogram = !isArithmetic(node.op) && !isComparison(node.op);
  for (let step = 0; step < out.kinds.length; step++) {
    const leftKind = left.kinds[step]!;
    const rightKind = right.kinds[step]!;
    if (leftKind === ABSENT || rightKind === ABSENT) {
      out.kinds[step] = ABSENT;
      continue;
    }
    if (leftKind === FLOAT && rightKind === FLOAT && !needsHistogram) continue;
    const a = leftKind === HISTOGRAM ? left.histograms[step]! : left.values[step]!;
    const b = rightKind === HISTOGRAM ? right.histograms[step]! : right.values[step]!;
    const { point, keep } = combineWithHistogram(a, b, node, context.annotations);
    if (point === undefined) out.kinds[step] = ABSENT;
    else if (node.bool) setPoint(out, step, keep ? 1 : 0);
    else if (!keep) out.kinds[step] = ABSENT;
    else setPoint(out, step, isComparison(node.op) ? (filterKeeps === "left" ? a : b) : point);
  }
}

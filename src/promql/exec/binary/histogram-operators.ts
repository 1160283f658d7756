import {
  addHistograms,
  divideHistogram,
  multiplyHistogram,
  sameHistogram,
  subtractHistograms,
  trimHistogram,
  type CombinedHistogram,
  type Histogram,
} from "../../../model/index.ts";
import { HistogramNotes } from "../../functions/histogram-notes.ts";
import type { BinaryNode } from "../../plan/plan.ts";
import type { Annotations } from "../annotations.ts";

/** What an operator gave; no point when it is not for these kinds of sample. */
export interface MixedResult {
  readonly point: number | Histogram | undefined;
  readonly keep: boolean; // Whether a comparison holds; true for the rest.
}

const NOTHING: MixedResult = { point: undefined, keep: false };

/**
 * An operator on two samples of which at least one is a histogram, or a trim operator.
 * Source: Prometheus promql/engine.go, vectorElemBinop; spec BIN-16 to BIN-18.
 */
export function combineWithHistogram(
  left: number | Histogram,
  right: number | Histogram,
  node: BinaryNode,
  annotations: Annotations,
): MixedResult {
  if (typeof left === "number") {
    const isScaling = node.op === "*" && typeof right !== "number";
    return isScaling ? kept(multiplyHistogram(right, left)) : noteKinds(left, right, node, annotations);
  }
  const known =
    typeof right === "number" ? withNumber(left, right, node) : twoHistograms(left, right, node, annotations);
  return known ?? noteKinds(left, right, node, annotations);
}

/** Undefined: no such operator. */
function withNumber(left: Histogram, right: number, { op }: BinaryNode): MixedResult | undefined {
  switch (op) {
    case "*":
      return kept(multiplyHistogram(left, right));
    case "/":
      return kept(divideHistogram(left, right));
    case "</":
      return kept(trimHistogram(left, right, "below"));
    case ">/":
      return kept(trimHistogram(left, right, "above"));
    default:
      return undefined;
  }
}

function twoHistograms(
  left: Histogram,
  right: Histogram,
  node: BinaryNode,
  annotations: Annotations,
): MixedResult | undefined {
  switch (node.op) {
    case "+":
      return noteSum(addHistograms(left, right), "addition", node, annotations);
    case "-":
      return noteSum(subtractHistograms(left, right), "subtraction", node, annotations);
    case "==":
      return { point: left, keep: sameHistogram(left, right) };
    case "!=":
      return { point: left, keep: !sameHistogram(left, right) };
    default:
      return undefined;
  }
}

function kept(point: Histogram): MixedResult {
  return { point, keep: true };
}

function noteSum(
  sum: CombinedHistogram | undefined,
  operation: "addition" | "subtraction",
  { op, pos }: BinaryNode,
  annotations: Annotations,
): MixedResult {
  if (sum === undefined) {
    annotations.warn(`incompatible bucket layout encountered for binary operator ${op}`, pos);
    return NOTHING;
  }
  new HistogramNotes(annotations, pos).combined(sum, operation);
  // Prometheus leaves the element out when the two contradict each other about resets.
  return sum.collision ? NOTHING : kept(sum.histogram);
}

function noteKinds(
  left: number | Histogram,
  right: number | Histogram,
  { op, pos }: BinaryNode,
  annotations: Annotations,
): MixedResult {
  const kinds = `${kindText(left)} ${op} ${kindText(right)}`;
  annotations.info(`incompatible sample types encountered for binary operator "${op}": ${kinds}`, pos);
  return NOTHING;
}

function kindText(sample: number | Histogram): string {
  return typeof sample === "number" ? "float" : "histogram";
}

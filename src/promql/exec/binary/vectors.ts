import { METRIC_NAME, type Labels } from "../../../model/index.ts";
import type { VectorMatching } from "../../parse/ast.ts";
import { materialize } from "../batch.ts";
import { clearColumn, createStepColumn, type VectorStream } from "../columns.ts";
import type { EvalContext } from "../context.ts";
import type { StepGrid } from "../grid.ts";
import { ALL_LABELS, LabelGroups } from "../label-groups.ts";
import { createVectorStream } from "../stream.ts";
import { createCombine, dropsMetricName } from "./combine.ts";
import { matchGroups, resultLabels } from "./matching.ts";
import type { MatchedNode, Pairing } from "./pairing.ts";
import { combineByStep } from "./vectors-by-step.ts";

/** Two vectors under an arithmetic, comparison or trim operator (BIN-7 to BIN-13, BIN-15). */
export function combineVectors(
  node: MatchedNode,
  operands: { readonly left: VectorStream; readonly right: VectorStream },
  grid: StepGrid,
  context: EvalContext,
): VectorStream {
  const { matching } = node;
  const isSwapped = matching.cardinality === "one-to-many";
  const many = isSwapped ? operands.right : operands.left;
  const one = isSwapped ? operands.left : operands.right;
  const groups = matchGroups(many, one, matching);
  const pairing = { many, one, manyGroups: groups.left, oneGroups: groups.right, groupCount: groups.count };
  const isFilled = matching.fillLeft !== undefined || matching.fillRight !== undefined;
  const partners = isFilled ? undefined : findPartners(pairing, matching);
  const pairs = partners === undefined ? undefined : distinctPairs(pairing, partners, node, context);
  if (pairs === undefined) return combineByStep(node, pairing, grid, context);
  return combinePairs(node, pairing, pairs, { grid, context, isSwapped });
}

/**
 * The only series of the one side in the group of each series of the many side, or -1. Undefined when a group has
 * several series where one is asked for: whether they ever meet has to be looked at step by step.
 */
function findPartners(
  { manyGroups, oneGroups, groupCount }: Pairing,
  { cardinality }: VectorMatching,
): Int32Array | undefined {
  const oneOf = new Int32Array(groupCount).fill(-1);
  for (let index = 0; index < oneGroups.length; index++) {
    const group = oneGroups[index]!;
    if (oneOf[group] !== -1) return undefined;
    oneOf[group] = index;
  }
  const partners = new Int32Array(manyGroups.length);
  const isTaken = new Uint8Array(groupCount);
  for (let index = 0; index < manyGroups.length; index++) {
    const group = manyGroups[index]!;
    partners[index] = oneOf[group]!;
    if (cardinality === "one-to-one" && partners[index] !== -1 && isTaken[group] === 1) return undefined;
    isTaken[group] = 1;
  }
  return partners;
}

interface Pairs {
  readonly partners: Int32Array;
  readonly uniqueWithoutName: boolean;
  /** Labels of the result by series of the many side, where they had to be made already. */
  readonly labels: readonly Labels[] | undefined;
}

/** Undefined when two pairs give the same labels. */
function distinctPairs(
  { many, one }: Pairing,
  partners: Int32Array,
  node: MatchedNode,
  { features }: EvalContext,
): Pairs | undefined {
  const { matching } = node;
  const dropsName = dropsMetricName(node);
  if (matching.cardinality === "one-to-one" && !(matching.on && matching.labels.includes(METRIC_NAME))) {
    return { partners, uniqueWithoutName: true, labels: undefined };
  }
  const isOwnLabels = matching.cardinality !== "one-to-one" && matching.include.length === 0;
  if (isOwnLabels && (many.uniqueWithoutName || !dropsName)) {
    return { partners, uniqueWithoutName: many.uniqueWithoutName, labels: undefined };
  }
  const labels: Labels[] = [];
  const groups = new LabelGroups(ALL_LABELS);
  for (let index = 0; index < partners.length; index++) {
    if (partners[index] === -1) continue;
    labels[index] = resultLabels(many.labels(index), one.labels(partners[index]!), node, features);
    const countBefore = groups.count;
    if (groups.add(labels[index]!) < countBefore) return undefined;
  }
  return { partners, uniqueWithoutName: dropsName && !features.delayedNameRemoval, labels };
}

interface CombineOptions {
  readonly grid: StepGrid;
  readonly context: EvalContext;
  readonly isSwapped: boolean;
}

function combinePairs(
  node: MatchedNode,
  { many, one }: Pairing,
  { partners, uniqueWithoutName, labels }: Pairs,
  { grid, context, isSwapped }: CombineOptions,
): VectorStream {
  const oneBatch = materialize(one, grid.count, context.memory);
  const combine = createCombine(node, grid.count, context, "left");
  const manyColumn = createStepColumn(grid.count);
  const oneColumn = createStepColumn(grid.count);
  const { features } = context;
  return createVectorStream(context, {
    seriesCount: many.seriesCount,
    uniqueWithoutName,
    labels(index) {
      const partner = partners[index]!;
      if (partner === -1) return many.labels(index);
      return labels?.[index] ?? resultLabels(many.labels(index), oneBatch.labels(partner), node, features);
    },
    dropsName: (index) => features.delayedNameRemoval && (node.bool || many.dropsName(index)),
    read(index, into) {
      many.read(index, manyColumn);
      const partner = partners[index]!;
      if (partner === -1) {
        clearColumn(into);
        return;
      }
      oneBatch.read(partner, oneColumn);
      if (isSwapped) combine(oneColumn, manyColumn, into);
      else combine(manyColumn, oneColumn, into);
    },
    inputs: [many, oneBatch],
  });
}

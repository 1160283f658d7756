import { filterLabels, METRIC_NAME, withLabel, labelValue, type Labels } from "../../../model/index.ts";
import type { VectorMatching } from "../../parse/ast.ts";
import type { BinaryNode } from "../../plan/plan.ts";
import type { VectorStream } from "../columns.ts";
import { withoutReserved, type EngineFeatures } from "../context.ts";
import { LabelGroups } from "../label-groups.ts";
import { dropsMetricName } from "./combine.ts";

/** The match groups of two vectors: series with the same number belong together (BIN-7). */
export interface MatchGroups {
  readonly left: Int32Array; // By series.
  readonly right: Int32Array;
  readonly count: number;
}

export function matchGroups(left: VectorStream, right: VectorStream, matching: VectorMatching): MatchGroups {
  const groups = new LabelGroups({ names: matching.labels, without: !matching.on });
  // Both sides often come from one selection and then share their label sets, object by object.
  const known = new Map<Labels, number>();
  const leftGroups = new Int32Array(left.seriesCount);
  for (let index = 0; index < leftGroups.length; index++) {
    const labels = left.labels(index);
    leftGroups[index] = groups.add(labels);
    known.set(labels, leftGroups[index]!);
  }
  const rightGroups = new Int32Array(right.seriesCount);
  for (let index = 0; index < rightGroups.length; index++) {
    const labels = right.labels(index);
    rightGroups[index] = known.get(labels) ?? groups.add(labels);
  }
  return { left: leftGroups, right: rightGroups, count: groups.count };
}

/** Only the labels that are matched on. */
export function matchLabels(labels: Labels, { on, labels: names }: VectorMatching): Labels {
  return filterLabels(labels, (name) =>
    on ? names.includes(name) : name !== METRIC_NAME && !names.includes(name),
  );
}

/** Labels of the result of two matched elements (BIN-8, BIN-9). `many` is the left one in one-to-one matching. */
export function resultLabels(
  many: Labels,
  one: Labels,
  node: BinaryNode & { readonly matching: VectorMatching },
  features: EngineFeatures,
): Labels {
  const { matching } = node;
  // With delayed removal `bool` only notes that the name is to go; arithmetic removes it here all the same.
  const dropsNow = features.delayedNameRemoval
    ? dropsMetricName({ ...node, bool: false })
    : dropsMetricName(node);
  let labels = dropsNow ? withoutReserved(many, features) : many;
  if (matching.cardinality === "one-to-one") {
    const { on, labels: names } = matching;
    labels = filterLabels(labels, (name) => names.includes(name) === on);
  }
  for (const name of matching.include) labels = withLabel(labels, name, labelValue(one, name));
  return labels;
}

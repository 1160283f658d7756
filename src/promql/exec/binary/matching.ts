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
  const { on, labels: names } = matching;
  const groups = new LabelGroups({ names, without: !on });
  const groupOf = on
    ? (stream: VectorStream, index: number) =>
        groups.addValues(names, (name) => stream.labelValue(index, name))
    : (stream: VectorStream, index: number) => groups.add(stream.labels(index));
  const leftGroups = groupsOf(left, groupOf);
  const rightGroups = groupsOf(right, groupOf);
  return { left: leftGroups, right: rightGroups, count: groups.count };
}

function groupsOf(
  stream: VectorStream,
  groupOf: (stream: VectorStream, index: number) => number,
): Int32Array {
  const numbers = new Int32Array(stream.seriesCount);
  for (let index = 0; index < numbers.length; index++) numbers[index] = groupOf(stream, index);
  return numbers;
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
  let labels = dropsNow ? withoutReserved(many) : many;
  if (matching.cardinality === "one-to-one") {
    const { on, labels: names } = matching;
    labels = filterLabels(labels, (name) => names.includes(name) === on);
  }
  for (const name of matching.include) labels = withLabel(labels, name, labelValue(one, name));
  return labels;
}

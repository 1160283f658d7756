import { filterLabels, METRIC_NAME, withLabel, labelValue, type Labels } from "../../../model/index.ts";
import type { VectorMatching } from "../../parse/ast.ts";
import type { BinaryNode } from "../../plan/plan.ts";
import { groupKey } from "../aggregate/grouping.ts";
import type { VectorStream } from "../columns.ts";
import { withoutReserved, type EngineFeatures } from "../context.ts";
import { dropsMetricName } from "./combine.ts";

/** The match groups of two vectors: series with the same number belong together (BIN-7). */
export interface MatchGroups {
  readonly left: Int32Array; // By series.
  readonly right: Int32Array;
  readonly count: number;
}

export function matchGroups(left: VectorStream, right: VectorStream, matching: VectorMatching): MatchGroups {
  const keyOf = groupKey({ names: matching.labels.toSorted(), without: !matching.on });
  const groups = new Map<string, number>();
  const number = (stream: VectorStream): Int32Array => {
    const numbers = new Int32Array(stream.seriesCount);
    for (let index = 0; index < stream.seriesCount; index++) {
      const key = keyOf(stream.labels(index));
      let group = groups.get(key);
      if (group === undefined) {
        group = groups.size;
        groups.set(key, group);
      }
      numbers[index] = group;
    }
    return numbers;
  };
  return { left: number(left), right: number(right), count: groups.size };
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

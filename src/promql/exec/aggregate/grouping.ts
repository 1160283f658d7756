import { filterLabels, labelValue, METRIC_NAME, NO_LABELS, type Labels } from "../../../model/index.ts";
import type { VectorStream } from "../columns.ts";

/** Which group each series of an input belongs to. */
export interface Grouping {
  readonly groupOf: Int32Array; // By series.
  readonly groupCount: number;
  /** Of any series of the group, what the groups' result is called. */
  labels(group: number): Labels;
  /** Whether any series of the group has a name that is to be dropped (SEM-15). */
  dropsName(group: number): boolean;
  readonly uniqueWithoutName: boolean;
}

export interface GroupingRule {
  readonly names: readonly string[]; // Ascending.
  readonly without: boolean;
}

/** Assigns the series to groups, numbered in order of first appearance. Source: spec §6. */
export function groupSeries(stream: VectorStream, rule: GroupingRule): Grouping {
  const { seriesCount } = stream;
  const groupOf = new Int32Array(seriesCount);
  const firstOf: number[] = [];
  if (isOneGroup(rule)) {
    if (seriesCount > 0) firstOf.push(0);
  } else {
    const groups = new Map<string, number>();
    const keyOf = groupKey(rule);
    for (let index = 0; index < seriesCount; index++) {
      const key = keyOf(stream.labels(index));
      let group = groups.get(key);
      if (group === undefined) {
        group = firstOf.length;
        groups.set(key, group);
        firstOf.push(index);
      }
      groupOf[index] = group;
    }
  }
  const drops = new Uint8Array(firstOf.length);
  for (let index = 0; index < seriesCount; index++) if (stream.dropsName(index)) drops[groupOf[index]!] = 1;
  return {
    groupOf,
    groupCount: firstOf.length,
    labels: (group) => groupLabels(stream.labels(firstOf[group]!), rule),
    dropsName: (group) => drops[group] === 1,
    uniqueWithoutName: rule.without || !rule.names.includes(METRIC_NAME),
  };
}

function isOneGroup({ names, without }: GroupingRule): boolean {
  return !without && names.length === 0;
}

/** A function from a label set to a text that is the same for all series of a group. */
export function groupKey({ names, without }: GroupingRule): (labels: Labels) => string {
  if (without) return (labels) => keyWithout(labels, names);
  const [only] = names;
  if (names.length === 1 && only !== undefined) return (labels) => labelValue(labels, only);
  return (labels) => {
    let key = "";
    for (const name of names) {
      const value = labelValue(labels, name);
      key += `${value.length}:${value}`;
    }
    return key;
  };
}

function keyWithout(labels: Labels, names: readonly string[]): string {
  let key = "";
  for (let i = 0; i < labels.length; i += 2) {
    const name = labels[i]!;
    if (name === METRIC_NAME || names.includes(name)) continue;
    const value = labels[i + 1]!;
    key += `${name.length}:${name}${value.length}:${value}`;
  }
  return key;
}

export function groupLabels(labels: Labels, { names, without }: GroupingRule): Labels {
  if (without) return filterLabels(labels, (name) => name !== METRIC_NAME && !names.includes(name));
  return names.length === 0 ? NO_LABELS : filterLabels(labels, (name) => names.includes(name));
}

import { filterLabels, METRIC_NAME, NO_LABELS, type Labels } from "../../../model/index.ts";
import type { VectorStream } from "../columns.ts";
import { LabelGroups, type LabelChoice } from "../label-groups.ts";

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

export type GroupingRule = LabelChoice;

/** Assigns the series to groups, numbered in order of first appearance. Source: spec §6. */
export function groupSeries(stream: VectorStream, rule: GroupingRule): Grouping {
  const { seriesCount } = stream;
  const groupOf = new Int32Array(seriesCount);
  const firstOf: number[] = [];
  const numberOf = numbering(rule);
  for (let index = 0; index < seriesCount; index++) {
    const group = numberOf(stream, index);
    if (group === firstOf.length) firstOf.push(index);
    groupOf[index] = group;
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

/** A function that gives the group of a series; the first of a new group gets the next number. */
function numbering(rule: GroupingRule): (stream: VectorStream, index: number) => number {
  const { names, without } = rule;
  if (!without && names.length === 0) return () => 0;
  const groups = new LabelGroups(rule);
  if (without) return (stream, index) => groups.add(stream.labels(index));
  return (stream, index) => groups.addValues(names, (name) => stream.labelValue(index, name));
}

export function groupLabels(labels: Labels, { names, without }: GroupingRule): Labels {
  if (without) return filterLabels(labels, (name) => name !== METRIC_NAME && !names.includes(name));
  return names.length === 0 ? NO_LABELS : filterLabels(labels, (name) => names.includes(name));
}

import { assert } from "../base/index.ts";
import type { Brand } from "./ids.ts";
import { isValidLabelName } from "./label-name.ts";
import { goQuote } from "./quote.ts";
import { compareText } from "./text-order.ts";

/** Name of the label that holds the metric's name. */
export const METRIC_NAME = "__name__";

/**
 * A label set as flat pairs: `labels[2i]` is a name, `labels[2i + 1]` its value. Names ascend by their
 * UTF-8 bytes and are unique; no value is empty (an empty value is an absent label).
 */
export type Labels = Brand<readonly string[], "Labels">;

export const NO_LABELS: Labels = [] as readonly string[] as Labels;

/** Takes pairs already in order; asserts nothing in production paths, so only for trusted producers. */
export function labelsFromSortedPairs(pairs: readonly string[]): Labels {
  return pairs as Labels;
}

/** From name → value; empty values are left out. */
export function labelsFromRecord(record: Readonly<Record<string, string>>): Labels {
  return labelsFromEntries(Object.entries(record));
}

/**
 * From pairs in any order; empty values are left out. Names must be unique (see `duplicateLabelName`
 * for input that may not be).
 */
export function labelsFromEntries(entries: Iterable<readonly [string, string]>): Labels {
  const kept: (readonly [string, string])[] = [];
  for (const entry of entries) if (entry[1] !== "") kept.push(entry);
  kept.sort((a, b) => compareText(a[0], b[0]));
  const pairs: string[] = [];
  for (const [name, value] of kept) {
    assert(pairs[pairs.length - 2] !== name, `unique label names, got ${name} twice`);
    pairs.push(name, value);
  }
  return pairs as readonly string[] as Labels;
}

/** First name that stands twice in `names`, or undefined. */
export function duplicateLabelName(names: Iterable<string>): string | undefined {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) return name;
    seen.add(name);
  }
  return undefined;
}

/** Value of a label, or "" when the set has no such label. */
export function labelValue(labels: Labels, name: string): string {
  for (let i = 0; i < labels.length; i += 2) if (labels[i] === name) return labels[i + 1]!;
  return "";
}

export function hasLabel(labels: Labels, name: string): boolean {
  for (let i = 0; i < labels.length; i += 2) if (labels[i] === name) return true;
  return false;
}

/** Name and value pairs in order. */
export function* labelEntries(labels: Labels): Generator<[string, string]> {
  for (let i = 0; i < labels.length; i += 2) yield [labels[i]!, labels[i + 1]!];
}

/** Only the labels whose name passes. */
export function filterLabels(labels: Labels, keep: (name: string) => boolean): Labels {
  const pairs: string[] = [];
  for (let i = 0; i < labels.length; i += 2) if (keep(labels[i]!)) pairs.push(labels[i]!, labels[i + 1]!);
  return pairs.length === labels.length ? labels : (pairs as readonly string[] as Labels);
}

/** The set with `name` set to `value`; an empty value removes the label. */
export function withLabel(labels: Labels, name: string, value: string): Labels {
  const pairs: string[] = [];
  let placed = value === "";
  for (let i = 0; i < labels.length; i += 2) {
    if (!placed && compareText(labels[i]!, name) >= 0) {
      pairs.push(name, value);
      placed = true;
    }
    if (labels[i] !== name) pairs.push(labels[i]!, labels[i + 1]!);
  }
  if (!placed) pairs.push(name, value);
  return pairs as readonly string[] as Labels;
}

/** A text that is equal for equal sets and different for different ones; not for showing. */
export function labelsKey(labels: Labels): string {
  // Lengths make it unambiguous whatever bytes the values hold.
  let key = "";
  for (const part of labels) key += `${part.length}:${part}`;
  return key;
}

/**
 * Order of label sets in answers: pair by pair, name then value, by UTF-8 bytes; a prefix sorts first.
 * Source: Prometheus model/labels, Compare; spec SEM-16.
 */
export function compareLabels(a: Labels, b: Labels): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    if (a[i] !== b[i]) return compareText(a[i]!, b[i]!);
  }
  return a.length - b.length;
}

export function sameLabels(a: Labels, b: Labels): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/**
 * `{a="1", "b c"="2"}` as Go prints it: values quoted, names only where they need it, the metric name as an ordinary
 * label. For messages.
 */
export function labelsText(labels: Labels): string {
  const parts: string[] = [];
  for (const [name, value] of labelEntries(labels)) {
    parts.push(`${isValidLabelName(name, "legacy") ? name : goQuote(name)}=${goQuote(value)}`);
  }
  return `{${parts.join(", ")}}`;
}

export function labelsToRecord(labels: Labels): Record<string, string> {
  return Object.fromEntries(labelEntries(labels));
}

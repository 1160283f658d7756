import { NarthexError } from "../base/index.ts";
import { isValidLabelName, labelsFromRecord, type Labels } from "../model/index.ts";

/** A list of target groups that is not one. */
export class TargetListError extends NarthexError {
  override readonly name = "TargetListError";
  readonly errorType = "bad_data";
}

/** One group as a list has it. */
export interface ListedGroup {
  readonly targets: readonly string[];
  readonly labels: Labels;
}

/**
 * The target groups of a JSON text, `[{"targets": ["host:port"], "labels": {"name": "value"}}]`. Source: spec SD-12,
 * SD-18.
 * @throws TargetListError naming the group and what is wrong with it.
 */
export function parseTargetJson(text: string): ListedGroup[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new TargetListError("the text is not JSON", { cause: error });
  }
  if (!Array.isArray(parsed)) throw new TargetListError("expected a list of target groups");
  return parsed.map((group: unknown, index) => readGroup(group, index));
}

function readGroup(group: unknown, index: number): ListedGroup {
  const at = `group ${index}`;
  if (group === null) throw new TargetListError(`nil target group item found (index ${index})`);
  if (!isRecord(group)) throw new TargetListError(`${at}: expected targets and labels`);
  const unknown = Object.keys(group).find((key) => !/^(?:targets|labels)$/i.test(key));
  if (unknown !== undefined) {
    throw new TargetListError(`${at}: unknown field "${unknown}", expected targets and labels`);
  }
  return {
    targets: readTargets(valueOf(group, "targets"), at),
    labels: readLabels(valueOf(group, "labels"), at),
  };
}

function readTargets(value: unknown, at: string): readonly string[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) && value.every((each) => typeof each === "string")) return value;
  throw new TargetListError(`${at}: targets must be a list of texts`);
}

function readLabels(value: unknown, at: string): Labels {
  if (value === undefined || value === null) return labelsFromRecord({});
  if (!isRecord(value)) throw new TargetListError(`${at}: labels must be an object`);
  const record: Record<string, string> = {};
  for (const [name, text] of Object.entries(value)) {
    if (!isValidLabelName(name)) throw new TargetListError(`${at}: "${name}" is not a valid label name`);
    if (typeof text !== "string") throw new TargetListError(`${at}: label "${name}" must be a text`);
    record[name] = text;
  }
  return labelsFromRecord(record);
}

// Prometheus does not look at the case of the two keys.
function valueOf(group: Readonly<Record<string, unknown>>, key: string): unknown {
  return group[key] ?? Object.entries(group).find(([written]) => written.toLowerCase() === key)?.[1];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

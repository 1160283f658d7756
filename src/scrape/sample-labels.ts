import { NarthexError } from "../base/index.ts";
import type { NameValidation } from "../config/index.ts";
import { goQuote, isValidLabelName, isValidMetricName, labelEntries } from "../model/index.ts";
import { labelsFromEntries, labelValue, METRIC_NAME, type Labels, type Relabeler } from "../model/index.ts";
import type { ExposedLabels } from "./parse/series-text.ts";

const SHOWN_CHARACTERS = 50;
const EXPORTED_PREFIX = "exported_";

/** What a job does with the labels of each sample; 0 stands for no limit. */
export interface LabelRules {
  readonly honorLabels: boolean;
  readonly relabeler: Relabeler;
  readonly nameValidation: NameValidation;
  readonly labelLimit: number;
  readonly labelNameLengthLimit: number; // Bytes.
  readonly labelValueLengthLimit: number; // Bytes.
}

/** A sample whose labels fail the whole scrape; the text is Prometheus's. */
export class SampleError extends NarthexError {
  override readonly name = "SampleError";
  readonly errorType = "bad_data";
  /** Whether a label limit was hit, which has its own counter. */
  readonly isLimit: boolean;
  constructor(message: string, isLimit: boolean) {
    super(message);
    this.isLimit = isLimit;
  }
}

/**
 * Labels under which an exposed sample is stored: joined with the target's, relabelled, checked. Undefined when
 * relabelling drops it. Source: Prometheus scrape/scrape.go, mutateSampleLabels; spec SCR-30 to SCR-35, LIM-3 to
 * LIM-5. @throws SampleError
 */
export function labelSample(
  exposed: ExposedLabels,
  targetLabels: Labels,
  rules: LabelRules,
): Labels | undefined {
  const first = new Map<string, string>();
  let repeated: string | undefined;
  for (let i = 0; i < exposed.length; i += 2) {
    // A metric without a name has no name label, and may then have one that is written out.
    if (i === 0 && exposed[1] === "") continue;
    const name = exposed[i]!;
    if (first.has(name)) repeated ??= name;
    else first.set(name, exposed[i + 1]!);
  }
  if (rules.honorLabels) addMissing(first, targetLabels);
  else override(first, targetLabels);
  const labels = rules.relabeler.relabel(labelsFromEntries(first));
  if (labels === undefined || labels.length === 0) return undefined;
  checkNames(labels, rules.nameValidation);
  checkLimits(labels, rules);
  if (repeated !== undefined) {
    throw new SampleError(`label name "${repeated}" is not unique: invalid sample`, false);
  }
  return labels;
}

// An exposed empty value counts as present, which lets a target keep a target label off (SCR-31).
function addMissing(labels: Map<string, string>, targetLabels: Labels): void {
  for (const [name, value] of labelEntries(targetLabels)) if (!labels.has(name)) labels.set(name, value);
}

function override(labels: Map<string, string>, targetLabels: Labels): void {
  const moved: [name: string, value: string][] = [];
  for (const [name, value] of labelEntries(targetLabels)) {
    const exposed = labels.get(name) ?? "";
    if (exposed !== "") moved.push([name, exposed]);
    labels.set(name, value);
  }
  if (moved.length > 1) moved.sort((a, b) => a[0].length - b[0].length);
  for (const [name, value] of moved) {
    let free = EXPORTED_PREFIX + name;
    while ((labels.get(free) ?? "") !== "") free = EXPORTED_PREFIX + free;
    labels.set(free, value);
  }
}

function checkNames(labels: Labels, scheme: NameValidation): void {
  const metric = labelValue(labels, METRIC_NAME);
  if (metric === "") throw new SampleError("missing metric name (__name__ label)", false);
  let valid = isValidMetricName(metric, scheme);
  for (let i = 0; valid && i < labels.length; i += 2) valid = isValidLabelName(labels[i]!, scheme);
  if (!valid) throw new SampleError(`invalid metric name or label names: ${shownLabels(labels)}`, false);
}

function checkLimits(labels: Labels, rules: LabelRules): void {
  const { labelLimit, labelNameLengthLimit, labelValueLengthLimit } = rules;
  const count = labels.length / 2;
  if (labelLimit > 0 && count > labelLimit) {
    throw limitError("label_limit", labels, `number of labels: ${count}, limit: ${labelLimit}`);
  }
  if (labelNameLengthLimit === 0 && labelValueLengthLimit === 0) return;
  for (const [name, value] of labelEntries(labels)) {
    const nameBytes = Buffer.byteLength(name);
    if (labelNameLengthLimit > 0 && nameBytes > labelNameLengthLimit) {
      const rest = `label name: ${cut(name)}, length: ${nameBytes}, limit: ${labelNameLengthLimit}`;
      throw limitError("label_name_length_limit", labels, rest);
    }
    const valueBytes = Buffer.byteLength(value);
    if (labelValueLengthLimit > 0 && valueBytes > labelValueLengthLimit) {
      const shown = `label name: ${cut(name)}, value: ${goQuote(cut(value))}`;
      const rest = `${shown}, length: ${valueBytes}, limit: ${labelValueLengthLimit}`;
      throw limitError("label_value_length_limit", labels, rest);
    }
  }
}

function limitError(limit: string, labels: Labels, rest: string): SampleError {
  return new SampleError(
    `${limit} exceeded (metric: ${cut(labelValue(labels, METRIC_NAME))}, ${rest})`,
    true,
  );
}

function cut(text: string): string {
  return text.length <= SHOWN_CHARACTERS ? text : Array.from(text).slice(0, SHOWN_CHARACTERS).join("");
}

function shownLabels(labels: Labels): string {
  const parts: string[] = [];
  for (const [name, value] of labelEntries(labels)) {
    parts.push(`${isValidLabelName(name, "legacy") ? name : goQuote(name)}=${goQuote(value)}`);
  }
  return `{${parts.join(", ")}}`;
}

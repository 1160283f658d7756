import { isValidLabelName, type NameScheme } from "./label-name.ts";
import { goQuote } from "./quote.ts";
import { DEFAULT_RELABEL, type RelabelAction, type RelabelConfig } from "./relabel.ts";

/** Fields whose presence matters even when they hold their default. */
export interface RelabelFieldsSet {
  readonly sourceLabels: boolean;
  readonly regex: boolean;
}

const NEEDS_TARGET: ReadonlySet<RelabelAction> = new Set<RelabelAction>([
  "replace",
  "hashmod",
  "lowercase",
  "uppercase",
  "keepequal",
  "dropequal",
]);
const REFUSES_REPLACEMENT: ReadonlySet<RelabelAction> = new Set<RelabelAction>([
  "lowercase",
  "uppercase",
  "keepequal",
  "dropequal",
]);
// A legacy name in which `$name` and `${name}` stand for any text.
const LEGACY_TEMPLATE = /^(?:[a-zA-Z_]|\$(?:\{\w+\}|\w))(?:\w|\$(?:\{\w+\}|\w))*$/;
const ACTIONS: ReadonlySet<string> = new Set<RelabelAction>([
  ...NEEDS_TARGET,
  "keep",
  "drop",
  "labelmap",
  "labeldrop",
  "labelkeep",
]);

/** The action named by `text` in any case, or undefined: `unknown relabel action "…"`. Source: spec REL-4. */
export function parseRelabelAction(text: string): RelabelAction | undefined {
  const action = text.toLowerCase();
  return ACTIONS.has(action) ? (action as RelabelAction) : undefined;
}

/**
 * What is wrong with a rule, in upstream's words, or undefined. The regex is checked by `compileRegex`.
 * Source: Prometheus model/relabel, Config.Validate; spec REL-8, 9, 11, 12, 13.
 */
export function checkRelabelRule(
  rule: RelabelConfig,
  fieldsSet: RelabelFieldsSet,
  scheme: NameScheme,
): string | undefined {
  const { action } = rule;
  if (action === "hashmod" && rule.modulus === 0) {
    return "relabel configuration for hashmod requires non-zero modulus";
  }
  return checkTarget(rule, scheme) ?? checkReplacement(rule, scheme) ?? checkUnusedFields(rule, fieldsSet);
}

function checkTarget(rule: RelabelConfig, scheme: NameScheme): string | undefined {
  const { action, targetLabel } = rule;
  if (!NEEDS_TARGET.has(action)) return undefined;
  if (targetLabel === "") return `relabel configuration for ${action} action requires 'target_label' value`;
  const valid =
    action === "replace" && targetLabel.includes("$")
      ? isValidTemplate(targetLabel, scheme)
      : isValidLabelName(targetLabel, scheme);
  return valid ? undefined : `${goQuote(targetLabel)} is invalid 'target_label' for ${action} action`;
}

function checkReplacement(rule: RelabelConfig, scheme: NameScheme): string | undefined {
  const { action, replacement } = rule;
  if (REFUSES_REPLACEMENT.has(action) && replacement !== DEFAULT_RELABEL.replacement) {
    return `'replacement' can not be set for ${action} action`;
  }
  if (action === "labelmap" && !isValidTemplate(replacement, scheme)) {
    return `${goQuote(replacement)} is invalid 'replacement' for ${action} action`;
  }
  return undefined;
}

function checkUnusedFields(rule: RelabelConfig, fieldsSet: RelabelFieldsSet): string | undefined {
  const { action } = rule;
  const plainOthers =
    rule.modulus === DEFAULT_RELABEL.modulus &&
    rule.separator === DEFAULT_RELABEL.separator &&
    rule.replacement === DEFAULT_RELABEL.replacement;
  if (action === "keepequal" || action === "dropequal") {
    if (plainOthers && !fieldsSet.regex) return undefined;
    return `${action} action requires only 'source_labels' and \`target_label\`, and no other fields`;
  }
  if (action === "labeldrop" || action === "labelkeep") {
    if (plainOthers && rule.targetLabel === "" && !fieldsSet.sourceLabels) return undefined;
    return `${action} action requires only 'regex', and no other fields`;
  }
  return undefined;
}

// With any UTF-8 allowed, so are the marks of a reference.
function isValidTemplate(text: string, scheme: NameScheme): boolean {
  return scheme === "legacy" ? LEGACY_TEMPLATE.test(text) : isValidLabelName(text, scheme);
}

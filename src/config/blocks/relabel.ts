import {
  checkRelabelRule,
  compileRegex,
  DEFAULT_RELABEL,
  goQuote,
  parseRelabelAction,
  RegexError,
  type NameScheme,
  type RelabelAction,
  type RelabelConfig,
} from "../../model/index.ts";
import { block, field, Mismatch, shownField, type BlockType, type Reading, type Type } from "../schema.ts";
import { labelName, list, refusingNull, text, uint } from "../values.ts";

// Relabel rules (spec section 5).

const regex: Type<string> = {
  zero: "",
  read(tree, place) {
    const pattern = text.read(tree, place);
    try {
      compileRegex(pattern);
    } catch (error) {
      if (error instanceof RegexError) throw new Mismatch(tree, error.message);
      throw error;
    }
    return pattern;
  },
  render: (value) => (value === DEFAULT_RELABEL.regex ? undefined : value),
};

const action: Type<RelabelAction> = {
  zero: "" as RelabelAction, // Refused by the block.
  read(tree, place) {
    const written = text.read(tree, place);
    const found = parseRelabelAction(written);
    if (found === undefined) throw new Mismatch(tree, `unknown relabel action ${goQuote(written)}`);
    return found;
  },
  render: (value) => value,
};

const RELABEL: BlockType<RelabelConfig> = block({
  fields: {
    sourceLabels: field("source_labels", list(labelName, { flow: true })),
    separator: shownField("separator", text, DEFAULT_RELABEL.separator),
    regex: field("regex", regex, DEFAULT_RELABEL.regex),
    modulus: field("modulus", uint),
    targetLabel: field("target_label", text),
    replacement: shownField("replacement", text, DEFAULT_RELABEL.replacement),
    action: field("action", action, DEFAULT_RELABEL.action),
  },
  finish(raw: RelabelConfig, place): RelabelConfig {
    if ((raw.action as string) === "") place.report("action", "relabel action cannot be empty");
    return raw;
  },
});

/**
 * A list of relabel rules; `complaint` refuses null entries. What a rule says as a whole is checked by
 * `checkRelabelRules`, where the naming scheme is known (spec REL-18).
 */
export function relabelRules(complaint: string): Type<readonly RelabelConfig[]> {
  return list(refusingNull(RELABEL, complaint));
}

/** Reports rules that were read in `reading` and that make no sense under `scheme`. */
export function checkRelabelRules(
  rules: readonly RelabelConfig[],
  scheme: NameScheme,
  reading: Reading,
): void {
  for (const rule of rules) {
    const place = reading.places.get(rule);
    if (place === undefined || place.isFaulty) continue;
    const fieldsSet = { sourceLabels: place.has("source_labels"), regex: place.has("regex") };
    const complaint = checkRelabelRule(rule, fieldsSet, scheme);
    if (complaint !== undefined) place.report("action", complaint);
  }
}

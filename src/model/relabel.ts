import { unreachable } from "../base/index.ts";
import { LabelBuilder } from "./label-builder.ts";
import { isValidLabelName, type NameScheme } from "./label-name.ts";
import type { Labels } from "./labels.ts";
import { md5Tail } from "./md5.ts";
import { compileRegex, type CompiledRegex } from "./regex.ts";
import { compileTemplate, expandTemplate, type Template } from "./template.ts";
import { lowerCase, upperCase } from "./text-case.ts";

export type RelabelAction =
  | "replace"
  | "keep"
  | "drop"
  | "keepequal"
  | "dropequal"
  | "hashmod"
  | "labelmap"
  | "labeldrop"
  | "labelkeep"
  | "lowercase"
  | "uppercase";

/** One relabel rule with its defaults filled in; plain data, made ready by `compileRelabel`. */
export interface RelabelConfig {
  readonly sourceLabels: readonly string[];
  readonly separator: string;
  readonly regex: string;
  readonly modulus: number;
  readonly targetLabel: string;
  readonly replacement: string;
  readonly action: RelabelAction;
}

/** What a rule has where its author says nothing. Source: spec REL-1. */
export const DEFAULT_RELABEL: RelabelConfig = {
  sourceLabels: [],
  separator: ";",
  regex: "(.*)",
  modulus: 0,
  targetLabel: "",
  replacement: "$1",
  action: "replace",
};

/** Relabel rules made ready; may be used for many label sets. */
export interface Relabeler {
  readonly ruleCount: number;
  /** The label set after all rules, or undefined when a rule drops it. The result may be `labels` itself. */
  relabel(labels: Labels): Labels | undefined;
}

interface CompiledRule {
  readonly config: RelabelConfig;
  readonly regex: CompiledRegex;
  readonly target: Template;
  readonly replacement: Template;
  readonly isStatic: boolean; // A replace that sets the same text whatever the labels.
}

/**
 * Makes rules ready that passed `checkRelabelRule`. `scheme` says which label names a replace may make.
 * Source: Prometheus model/relabel, Process; spec REL-1 to REL-17.
 * @throws RegexError for a pattern that RE2 refuses.
 */
export function compileRelabel(rules: readonly RelabelConfig[], scheme: NameScheme = "utf8"): Relabeler {
  const compiled = rules.map(compileRule);
  return {
    ruleCount: compiled.length,
    relabel(labels) {
      if (compiled.length === 0) return labels;
      const builder = new LabelBuilder(labels);
      for (const rule of compiled) if (!applyRule(rule, builder, scheme)) return undefined;
      return builder.build();
    },
  };
}

function compileRule(config: RelabelConfig): CompiledRule {
  const target = compileTemplate(config.targetLabel);
  const replacement = compileTemplate(config.replacement);
  return {
    config,
    regex: compileRegex(config.regex),
    target,
    replacement,
    isStatic:
      config.regex === DEFAULT_RELABEL.regex &&
      !config.targetLabel.includes("$") &&
      !config.replacement.includes("$"),
  };
}

// False: the set is dropped.
function applyRule(rule: CompiledRule, builder: LabelBuilder, scheme: NameScheme): boolean {
  const { config, regex } = rule;
  const source = config.sourceLabels.map((name) => builder.get(name)).join(config.separator);
  switch (config.action) {
    case "keep":
      return regex.matches(source);
    case "drop":
      return !regex.matches(source);
    case "keepequal":
      return builder.get(config.targetLabel) === source;
    case "dropequal":
      return builder.get(config.targetLabel) !== source;
    case "replace":
      replace(rule, source, builder, scheme);
      return true;
    case "hashmod":
      builder.set(config.targetLabel, String(md5Tail(source) % BigInt(config.modulus)));
      return true;
    case "lowercase":
      builder.set(config.targetLabel, lowerCase(source));
      return true;
    case "uppercase":
      builder.set(config.targetLabel, upperCase(source));
      return true;
    case "labelmap":
      mapLabels(rule, builder);
      return true;
    case "labeldrop":
    case "labelkeep": {
      const keepMatching = config.action === "labelkeep";
      for (const [name] of builder.entries()) if (regex.matches(name) !== keepMatching) builder.delete(name);
      return true;
    }
    default:
      return unreachable(config.action);
  }
}

function replace(rule: CompiledRule, source: string, builder: LabelBuilder, scheme: NameScheme): void {
  if (rule.isStatic) {
    builder.set(rule.config.targetLabel, rule.config.replacement);
    return;
  }
  const groups = rule.regex.findGroups(source);
  if (groups === undefined) return;
  const target = expandTemplate(rule.target, groups);
  if (!isValidLabelName(target, scheme)) return;
  builder.set(target, expandTemplate(rule.replacement, groups));
}

function mapLabels(rule: CompiledRule, builder: LabelBuilder): void {
  for (const [name, value] of builder.entries()) {
    const groups = rule.regex.findGroups(name);
    if (groups !== undefined) builder.set(expandTemplate(rule.replacement, groups), value);
  }
}

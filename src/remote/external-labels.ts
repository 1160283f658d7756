import { hasLabel, labelEntries, labelsFromEntries, labelValue } from "../model/index.ts";
import type { Labels, Matcher } from "../model/index.ts";

/**
 * Matchers for the store, which holds series without the external labels: an equality with an external label asks for the
 * series that lack it. Source: spec RR-6.
 */
export function withoutExternal(matchers: readonly Matcher[], external: Labels): Matcher[] {
  return matchers.map((matcher) => {
    const isExternal =
      hasLabel(external, matcher.name) && labelValue(external, matcher.name) === matcher.value;
    return matcher.kind === "=" && isExternal ? { ...matcher, value: "" } : matcher;
  });
}

/** The label set and the external labels that it lacks. Source: spec RR-6. */
export function withExternal(labels: Labels, external: Labels): Labels {
  if (external.length === 0) return labels;
  const added = [...labelEntries(external)].filter(([name]) => !hasLabel(labels, name));
  return added.length === 0 ? labels : labelsFromEntries([...labelEntries(labels), ...added]);
}

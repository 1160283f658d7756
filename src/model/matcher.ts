import { compileRegex, type CompiledRegex } from "./regex.ts";

export type MatcherKind = "=" | "!=" | "=~" | "!~";

/** One condition on a label; a missing label counts as "". Regexes are RE2, anchored at both ends. */
export interface Matcher {
  readonly kind: MatcherKind;
  readonly name: string;
  readonly value: string;
}

/** A matcher made ready: `matches` may be called for many values. */
export interface CompiledMatcher {
  readonly matcher: Matcher;
  /** Whether a label with this value passes. */
  matches(value: string): boolean;
  /** Whether a series without the label passes. */
  readonly matchesEmpty: boolean;
  /** For "=~" and "!~": what the regex compiled to, with its literal forms for index look-ups. */
  readonly regex: CompiledRegex | undefined;
}

/** @throws RegexError for a pattern that RE2 refuses. */
export function compileMatcher(matcher: Matcher): CompiledMatcher {
  const { kind, value } = matcher;
  if (kind === "=" || kind === "!=") {
    const wanted = kind === "=";
    return {
      matcher,
      matches: (text) => (text === value) === wanted,
      matchesEmpty: (value === "") === wanted,
      regex: undefined,
    };
  }
  const regex = compileRegex(value, "matcher");
  const wanted = kind === "=~";
  return {
    matcher,
    matches: (text) => regex.matches(text) === wanted,
    matchesEmpty: regex.matches("") === wanted,
    regex,
  };
}

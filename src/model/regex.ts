import { NarthexError } from "../base/index.ts";
import { RE2JS } from "re2js";

/** A pattern that RE2 refuses. */
export class RegexError extends NarthexError {
  override readonly name = "RegexError";
  readonly errorType = "bad_data";
}

/** A fully anchored regex in which `.` also matches newlines (PQL-18, REL-2). */
export interface CompiledRegex {
  readonly pattern: string;
  /** Whether the whole of `text` matches. */
  matches(text: string): boolean;
  /** When the pattern is just an alternation of literals: those, in order and unique. Else undefined. */
  readonly literals: readonly string[] | undefined;
  /** Every match starts with this; "" when nothing is known. */
  readonly prefix: string;
}

/** @throws RegexError with Go's text `error parsing regexp: …`. */
export function compileRegex(pattern: string): CompiledRegex {
  const compiled = RE2JS.compile(`^(?s:${pattern})$`);
  return { pattern, matches: (text) => compiled.testExact(text), literals: undefined, prefix: "" };
}

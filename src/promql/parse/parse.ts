import type { Matcher } from "../../model/index.ts";
import type { Expr } from "./ast.ts";
import { checkTypes } from "./check.ts";
import { runGrammar } from "./grammar.ts";
import { tokenize } from "./lexer.ts";
import { DEFAULT_LENGTH_MAX_BYTES, type ParseOptions } from "./options.ts";
import { Source } from "./source.ts";

/**
 * Parses and type-checks a PromQL expression (spec PQL, PTY, PER). Positions in the tree are byte offsets.
 * @throws PromqlParseError with Prometheus's text, also for what is longer or deeper than we take.
 */
export function parseExpr(text: string, options: ParseOptions = {}): Expr {
  const source = openSource(text, options);
  const tokens = tokenize(text);
  if (tokens.length === 0) throw source.error({ start: 0, end: 0 }, "no expression found in input");
  const expr = runGrammar("expression", tokens, source, options.features ?? {});
  checkTypes(source, expr);
  return expr;
}

/**
 * Parses a selector as the API's `match[]` has it: a metric name, matchers in braces, or both. An empty
 * selector is accepted here; see `selectsSomething`. @throws PromqlParseError
 */
export function parseSelector(text: string, options: ParseOptions = {}): readonly Matcher[] {
  const source = openSource(text, options);
  return runGrammar("selector", tokenize(text), source, {}).matchers;
}

function openSource(text: string, options: ParseOptions): Source {
  const lengthMaxBytes = options.lengthMaxBytes ?? DEFAULT_LENGTH_MAX_BYTES;
  const source = new Source(text);
  const { byteLength } = source;
  if (byteLength > lengthMaxBytes) {
    const reason = `the query is ${byteLength} bytes long, only ${lengthMaxBytes} are accepted`;
    throw source.error({ start: 0, end: byteLength }, reason);
  }
  return source;
}

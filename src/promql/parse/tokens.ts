import { createToken, Lexer, type IToken, type TokenType } from "chevrotain";

import { AGGREGATORS } from "./ast.ts";
import { goQuote } from "../../model/index.ts";

// Token types are syntactic roles: words that the grammar treats alike share one type and differ by image.
// Roles that several types may play are categories.

/** Every token type and category, for the parser's constructor. */
export const ALL_TOKENS: TokenType[] = [];

function role(name: string, ...categories: TokenType[]): TokenType {
  const type = createToken({ name, pattern: Lexer.NA, categories });
  ALL_TOKENS.push(type);
  return type;
}

/** May stand as a metric name outside braces (PQL-6). */
export const MetricName: TokenType = role("MetricName");
/** With a parenthesis behind it (an aggregator: also `by` or `without`) this is a call. */
export const CallName: TokenType = role("CallName");
/** May stand as a bare label name in a grouping list (PQL-7; `without` may not). */
export const LabelWord: TokenType = role("LabelWord");
export const BinaryOperator: TokenType = role("BinaryOperator");
export const DurationOperator: TokenType = role("DurationOperator");
export const MatchOperator: TokenType = role("MatchOperator");
/** Opens the list of labels to group by, or without which to group. */
export const GroupingWord: TokenType = role("GroupingWord");
/** Numbers and durations, which are interchangeable (PQL-13). */
export const NumberLike: TokenType = role("NumberLike");

export const Identifier: TokenType = role("Identifier", MetricName, CallName, LabelWord);
export const MetricIdentifier: TokenType = role("MetricIdentifier", MetricName, LabelWord);
export const NumberToken: TokenType = role("NumberToken", NumberLike);
export const DurationToken: TokenType = role("DurationToken", NumberLike);
export const StringToken: TokenType = role("StringToken");
/** What the lexer could not read; its `message` is the error to report when the parser gets here. */
export const LexError: TokenType = role("LexError");

export const LParen: TokenType = role("LParen");
export const RParen: TokenType = role("RParen");
export const LBrace: TokenType = role("LBrace");
export const RBrace: TokenType = role("RBrace");
export const LBracket: TokenType = role("LBracket");
export const RBracket: TokenType = role("RBracket");
export const Comma: TokenType = role("Comma");
export const Colon: TokenType = role("Colon");
export const At: TokenType = role("At");

export const Sign: TokenType = role("Sign", BinaryOperator, DurationOperator);
export const Arithmetic: TokenType = role("Arithmetic", BinaryOperator, DurationOperator);
export const Comparison: TokenType = role("Comparison", BinaryOperator);
export const NotEqual: TokenType = role("NotEqual", BinaryOperator, MatchOperator);
export const Equal: TokenType = role("Equal", MatchOperator);
export const RegexOperator: TokenType = role("RegexOperator", MatchOperator);
const SetOperator: TokenType = role("SetOperator", BinaryOperator, MetricName, LabelWord);
const Atan2: TokenType = role("Atan2", BinaryOperator, LabelWord);

export const AggregatorToken: TokenType = role("AggregatorToken", MetricName, CallName, LabelWord);
const By: TokenType = role("By", GroupingWord, MetricName, LabelWord);
const Without: TokenType = role("Without", GroupingWord, MetricName);
export const MatchingWord: TokenType = role("MatchingWord", LabelWord); // on, ignoring
export const GroupSide: TokenType = role("GroupSide", LabelWord); // group_left, group_right
export const Bool: TokenType = role("Bool", LabelWord);
export const Offset: TokenType = role("Offset", MetricName, LabelWord);
export const RangeExtension: TokenType = role("RangeExtension", MetricName, LabelWord); // anchored, smoothed
export const Fill: TokenType = role("Fill", MetricName, LabelWord);
export const FillSide: TokenType = role("FillSide", MetricName, LabelWord); // fill_left, fill_right
export const QueryBound: TokenType = role("QueryBound", MetricName, CallName, LabelWord); // start, end
export const QueryExtent: TokenType = role("QueryExtent", MetricName, CallName, LabelWord); // step, range
export const DurationPick: TokenType = role("DurationPick", MetricName, CallName, LabelWord); // max_of, min_of

const WORDS: readonly (readonly [TokenType, string])[] = [
  [SetOperator, "and or unless"],
  [Atan2, "atan2"],
  [AggregatorToken, AGGREGATORS.join(" ")],
  [Offset, "offset"],
  [RangeExtension, "anchored smoothed"],
  [By, "by"],
  [Without, "without"],
  [MatchingWord, "on ignoring"],
  [GroupSide, "group_left group_right"],
  [Fill, "fill"],
  [FillSide, "fill_left fill_right"],
  [Bool, "bool"],
  [QueryBound, "start end"],
  [QueryExtent, "step range"],
  [DurationPick, "max_of min_of"],
  [NumberToken, "inf nan"],
];

/** Words with a meaning of their own, in lower case (PQL-5). */
export const KEYWORDS: ReadonlyMap<string, TokenType> = new Map(
  WORDS.flatMap(([type, words]) => words.split(" ").map((word) => [word, type] as const)),
);

/** One token. Offsets are UTF-16 positions in the text, `endOffset` exclusive. */
export class Token implements IToken {
  readonly tokenType: TokenType;
  readonly tokenTypeIdx: number;
  readonly image: string;
  readonly startOffset: number;
  readonly endOffset: number;
  /** For LexError: what was wrong. */
  readonly message: string;

  constructor(tokenType: TokenType, text: string, start: number, end: number, message = "") {
    this.tokenType = tokenType;
    this.tokenTypeIdx = tokenType.tokenTypeIdx!;
    this.image = text.slice(start, end);
    this.startOffset = start;
    this.endOffset = end;
    this.message = message;
  }
}

// How error texts name the tokens of a type: with its word, in angle brackets after this prefix.
const BRACKETED = new Map<TokenType, string>([
  ...[By, Without, MatchingWord, GroupSide, Bool, Offset, RangeExtension, Fill, FillSide].map(
    (type): [TokenType, string] => [type, ""],
  ),
  ...[Sign, Arithmetic, Comparison, NotEqual, RegexOperator, SetOperator, Atan2, At].map(
    (type): [TokenType, string] => [type, "op:"],
  ),
  [AggregatorToken, "aggr:"],
]);
const NAMED = new Map<TokenType, string>([
  [Identifier, "identifier"],
  [MetricIdentifier, "metric identifier"],
  [StringToken, "string"],
  [NumberToken, "number"],
  [DurationToken, "duration"],
]);
const SHOWN_MAX = 10; // Longer texts are cut, except names.

/** The token as Prometheus's error texts name it (PER-9): `identifier "a"`, `<op:+>`, `"("`, `end of input`. */
export function describeToken(token: IToken): string {
  const { tokenType: type, image } = token;
  const prefix = BRACKETED.get(type);
  if (prefix !== undefined) return `<${prefix}${image}>`;
  const name = NAMED.get(type);
  if (name === undefined && image === "") return "end of input";
  const isName = type === Identifier || type === MetricIdentifier;
  const long = !isName && new TextEncoder().encode(image).length > SHOWN_MAX;
  const shown = long ? `${goQuote(Array.from(image).slice(0, SHOWN_MAX).join(""))}...` : goQuote(image);
  return name === undefined ? shown : `${name} ${shown}`;
}

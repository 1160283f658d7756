import { EmbeddedActionsParser, type IToken, type ParserMethod, type TokenType } from "chevrotain";

import type { DurationExpr } from "./ast.ts";
import { numberLiteral } from "./build.ts";
import {
  binaryDuration,
  durationLiteral,
  durationParen,
  pickDuration,
  requirePositive,
  unaryDuration,
} from "./build-durations.ts";
import { DEPTH_MAX, type ParseFeatures } from "./options.ts";
import { operatorLevel, OperatorStack, type NodeMaker } from "./precedence.ts";
import { Source } from "./source.ts";
import * as T from "./tokens.ts";

const DURATION_STARTS = "number, duration, step(), or range()";
/** What may stand behind the colon of a subquery. */
export const STEP_STARTS = 'number, duration, step(), range(), or "]"';

// Prometheus's parser names a context for some places. Those that need the exact place are found by `expect`;
// what Chevrotain finds missing is reported with the context of the innermost rule listed here, else with that
// of the aggregation it is in, if any.
const CONTEXTS = new Map<string, readonly [context: string, expected: string]>([
  ["offsetValue", ["offset", DURATION_STARTS]],
  ["atValue", ["@", "timestamp"]],
  ["windowValue", ["subquery or range selector", DURATION_STARTS]],
  ["stepValue", ["subquery selector", STEP_STARTS]],
]);

export interface GrammarOptions {
  /** Whether Chevrotain looks for faults of the grammar itself; a test does, the first query need not wait. */
  readonly validate: boolean;
}

type DurationStack = OperatorStack<DurationExpr, IToken>;
/** What stands behind `@`. */
export type AtValue = { readonly seconds: number } | { readonly bound: "start" | "end" };

/** Rules for numbers and durations, and what all rules share. One token of look-ahead is enough throughout. */
export class DurationGrammar extends EmbeddedActionsParser {
  protected source: Source = new Source("");
  protected features: ParseFeatures = {};
  #depth = 0;
  #openAggregations = 0;
  readonly #durationMaker: NodeMaker<DurationExpr, IToken> = {
    unary: (sign, operand) => unaryDuration(this.source, sign, operand),
    binary: (op, left, right) => binaryDuration(this.source, op, left, right),
    tooDeep: () => this.tooDeep(),
  };

  constructor(options: GrammarOptions) {
    super(T.ALL_TOKENS, {
      maxLookahead: 1,
      recoveryEnabled: false,
      skipValidations: !options.validate,
    });
  }

  /** Sets what the rules work on; then one of them is called. */
  begin(tokens: IToken[], source: Source, features: ParseFeatures): void {
    this.source = source;
    this.features = features;
    this.#depth = 0;
    this.#openAggregations = 0;
    this.input = tokens;
  }

  /** What Chevrotain found wrong during the rule called last, in Prometheus's words. */
  syntaxError(): Error | undefined {
    const [error] = this.errors;
    if (error === undefined) return undefined;
    const rule = error.context.ruleStack.findLast((name) => CONTEXTS.has(name));
    const outer = this.#openAggregations > 0 ? "aggregation" : "";
    const [context, expected] = CONTEXTS.get(rule ?? "") ?? [outer, ""];
    return this.source.unexpected(error.token, context, expected);
  }

  protected isNext(type: TokenType): boolean {
    const { tokenTypeIdx } = this.LA(1);
    return tokenTypeIdx === type.tokenTypeIdx || type.categoryMatchesMap?.[tokenTypeIdx] === true;
  }

  /** @throws PromqlParseError when the next token is none of `types`. */
  protected expect(types: readonly TokenType[], context: string, expected: string): void {
    if (types.some((type) => this.isNext(type))) return;
    throw this.source.unexpected(this.LA(1), context, expected);
  }

  /** For places where Prometheus looks at the next token before it checks what it has read. */
  protected failOnLexError(): void {
    if (this.isNext(T.LexError)) throw this.source.unexpected(this.LA(1));
  }

  /** Counts a level of nesting; each has a matching `leave`, except when an error ends the parse. */
  protected enter(): void {
    if (++this.#depth > DEPTH_MAX) throw this.tooDeep();
  }

  protected tooDeep(): Error {
    return this.source.tooDeep(this.source.span(this.LA(1)));
  }

  protected leave(): void {
    this.#depth--;
  }

  /** Between its name and its end an aggregation is the context of errors that have no closer one. */
  protected enterAggregation(): void {
    this.#openAggregations++;
  }

  protected leaveAggregation(): void {
    this.#openAggregations--;
  }

  protected readonly signedNumber: ParserMethod<[], number> = this.RULE("signedNumber", (): number => {
    let sign: IToken | undefined;
    this.OPTION(() => {
      sign = this.CONSUME(T.Sign);
    });
    const token = this.CONSUME(T.NumberLike);
    return this.ACTION(() => {
      const { value } = numberLiteral(this.source, token);
      return sign?.image === "-" ? -value : value;
    });
  });

  protected readonly atValue: ParserMethod<[], AtValue> = this.RULE("atValue", (): AtValue =>
    this.OR([
      { ALT: () => ({ seconds: this.SUBRULE(this.signedNumber) }) },
      {
        ALT: () => {
          const word = this.CONSUME(T.QueryBound);
          this.CONSUME(T.LParen);
          this.CONSUME(T.RParen);
          return { bound: word.image.toLowerCase() as "start" | "end" };
        },
      },
    ]),
  );

  protected readonly windowValue: ParserMethod<[], DurationExpr> = this.RULE("windowValue", () => {
    const value = this.SUBRULE(this.durationExpression, { ARGS: [false] });
    return this.ACTION(() => requirePositive(this.source, value));
  });

  protected readonly stepValue: ParserMethod<[], DurationExpr> = this.RULE("stepValue", () => {
    const value = this.SUBRULE(this.durationExpression, { ARGS: [false] });
    return this.ACTION(() => requirePositive(this.source, value));
  });

  protected readonly offsetValue: ParserMethod<[], DurationExpr> = this.RULE("offsetValue", () =>
    this.SUBRULE(this.durationExpression, { ARGS: [true] }),
  );

  /** Arithmetic on durations (PQL-28). Behind `offset` it ends early: `g offset 5m + 1` adds to the result. */
  private readonly durationExpression: ParserMethod<[boolean], DurationExpr> = this.RULE(
    "durationExpression",
    (isOffset) => {
      const stack = this.ACTION((): DurationStack => {
        this.enter();
        return new OperatorStack(this.#durationMaker);
      });
      const mayGoOn = this.SUBRULE(this.durationOperand, { ARGS: [stack, isOffset] }) || !isOffset;
      this.MANY({
        GATE: () => mayGoOn,
        DEF: () => {
          const op = this.CONSUME(T.DurationOperator);
          this.ACTION(() => stack.pushBinary(op, operatorLevel(op.image)));
          this.SUBRULE2(this.durationOperand, { ARGS: [stack, false] });
        },
      });
      return this.ACTION(() => {
        this.leave();
        if (mayGoOn) this.failOnLexError();
        return stack.finish();
      });
    },
  );

  /** Pushes an operand with its signs; tells whether arithmetic may follow even behind `offset`. */
  private readonly durationOperand: ParserMethod<[DurationStack, boolean], boolean> = this.RULE(
    "durationOperand",
    (stack, isOffset) => {
      let signCount = 0;
      let sign: IToken | undefined;
      this.MANY(() => {
        const token = this.CONSUME(T.Sign);
        sign = token;
        signCount++;
        this.ACTION(() => stack.pushSign(token));
      });
      const isParen = this.isNext(T.LParen);
      // Prometheus blames the sign for a number out of range when it read both as one.
      const blamed = isOffset && signCount === 1 ? sign : undefined;
      const node = this.SUBRULE(this.durationPrimary, { ARGS: [blamed] });
      this.ACTION(() => stack.pushOperand(node));
      return signCount > 1 || (signCount === 0 && isParen);
    },
  );

  private readonly durationPrimary: ParserMethod<[IToken | undefined], DurationExpr> = this.RULE(
    "durationPrimary",
    (blamed) =>
      this.OR([
        {
          ALT: () => {
            const token = this.CONSUME(T.NumberLike);
            return this.ACTION(() => durationLiteral(this.source, token, blamed ?? token));
          },
        },
        {
          ALT: () => {
            const word = this.CONSUME(T.QueryExtent);
            this.CONSUME(T.LParen);
            const close = this.CONSUME(T.RParen);
            return this.ACTION((): DurationExpr => {
              const kind = word.image.toLowerCase() === "step" ? "durationStep" : "durationRange";
              return { kind, pos: this.source.span(word, close) };
            });
          },
        },
        {
          ALT: () => {
            const word = this.CONSUME(T.DurationPick);
            this.CONSUME2(T.LParen);
            const left = this.SUBRULE(this.durationExpression, { ARGS: [false] });
            this.CONSUME(T.Comma);
            const right = this.SUBRULE2(this.durationExpression, { ARGS: [false] });
            this.CONSUME2(T.RParen);
            return this.ACTION(() => pickDuration(word, left, right));
          },
        },
        {
          ALT: () => {
            const open = this.CONSUME3(T.LParen);
            const inner = this.SUBRULE3(this.durationExpression, { ARGS: [false] });
            const close = this.CONSUME3(T.RParen);
            return this.ACTION(() => durationParen(inner, this.source.span(open, close)));
          },
        },
      ]),
  );
}

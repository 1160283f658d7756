import type { IToken, ParserMethod, TokenType } from "chevrotain";

import type { Matcher } from "../../model/index.ts";
import type { Aggregator, AtModifier, DurationExpr, Expr, VectorMatching, VectorSelector } from "./ast.ts";
import * as build from "./build.ts";
import { DurationGrammar, STEP_STARTS } from "./grammar-durations.ts";
import { operatorLevel, OperatorStack, type NodeMaker } from "./precedence.ts";
import type { ParseFeatures } from "./options.ts";
import { quoteText } from "./quote.ts";
import type { Source } from "./source.ts";
import { unquote } from "./string-literal.ts";
import * as T from "./tokens.ts";

const MATCHING = "label matching";
const GROUPING = "grouping opts";
const CALLABLE = new Set<TokenType>([T.Identifier, T.QueryBound, T.QueryExtent, T.DurationPick]);
const EXPRESSION_STARTS: readonly TokenType[] = [
  T.MetricName,
  T.AggregatorToken,
  T.NumberLike,
  T.StringToken,
  T.Sign,
  T.LParen,
  T.LBrace,
];

type ExprStack = OperatorStack<Expr, build.OperatorUse>;

/** The whole grammar. Its two start rules are `expression` and `metricSelector`. */
class Grammar extends DurationGrammar {
  readonly #exprMaker: NodeMaker<Expr, build.OperatorUse> = {
    unary: (use, operand) => build.unaryExpr(this.source, use.token, operand),
    binary: (use, left, right) => build.binaryExpr(this.source, this.features, use, left, right),
  };

  constructor() {
    super();
    this.performSelfAnalysis();
  }

  readonly expression = this.RULE("expression", (): Expr => {
    const stack = this.ACTION((): ExprStack => {
      this.enter();
      return new OperatorStack(this.#exprMaker);
    });
    this.SUBRULE(this.operand, { ARGS: [stack] });
    this.MANY(() => {
      const token = this.CONSUME(T.BinaryOperator);
      const modifiers = this.SUBRULE(this.operatorModifiers);
      this.ACTION(() => stack.pushBinary({ token, modifiers }, operatorLevel(token.image.toLowerCase())));
      this.SUBRULE2(this.operand, { ARGS: [stack] });
    });
    return this.ACTION(() => {
      this.leave();
      this.failOnLexError();
      return stack.finish();
    });
  });

  /** Signs, a primary and what follows it closely; pushed onto the stack. */
  private readonly operand = this.RULE("operand", (stack: ExprStack): void => {
    this.MANY(() => {
      const token = this.CONSUME(T.Sign);
      this.ACTION(() => stack.pushSign({ token, modifiers: build.NO_MODIFIERS }));
    });
    let node = this.SUBRULE(this.primary);
    this.MANY2(() => {
      node = this.SUBRULE(this.modified, { ARGS: [node] });
    });
    this.ACTION(() => stack.pushOperand(node));
  });

  private readonly primary = this.RULE("primary", (): Expr =>
    this.OR([
      {
        ALT: () => {
          const token = this.CONSUME(T.NumberLike);
          return this.ACTION(() => build.numberLiteral(this.source, token));
        },
      },
      {
        ALT: () => {
          const token = this.CONSUME(T.StringToken);
          return this.ACTION((): Expr => ({
            kind: "string",
            value: unquote(token.image),
            pos: this.source.span(token),
          }));
        },
      },
      {
        ALT: () => {
          const open = this.CONSUME(T.LParen);
          const expr = this.SUBRULE(this.expression);
          const close = this.CONSUME(T.RParen);
          return this.ACTION((): Expr => ({ kind: "paren", expr, pos: this.source.span(open, close) }));
        },
      },
      { ALT: () => this.SUBRULE(this.braces, { ARGS: [undefined] }) },
      { ALT: () => this.SUBRULE(this.named) },
      { ALT: () => this.SUBRULE(this.aggregatorName) },
    ]),
  );

  /** A call, or a selector with its metric name outside braces. */
  private readonly named = this.RULE("named", (): Expr => {
    const name = this.CONSUME(T.MetricName);
    let node: Expr | undefined;
    this.OPTION({
      GATE: () => CALLABLE.has(name.tokenType),
      DEF: () => {
        const args = this.SUBRULE(this.callArguments);
        node = this.ACTION(() => build.callExpr(this.source, this.features, name, args, this.LA(0)));
      },
    });
    this.OPTION2(() => {
      node = this.SUBRULE(this.braces, { ARGS: [name] });
    });
    return this.ACTION(() => node ?? build.vectorSelector(name.image, [], this.source.span(name)));
  });

  /** An aggregation, or a selector of a metric that is called like an aggregator. */
  private readonly aggregatorName = this.RULE("aggregatorName", (): Expr => {
    const name = this.CONSUME(T.AggregatorToken);
    let node: Expr | undefined;
    this.OPTION(() => {
      node = this.SUBRULE(this.aggregation, { ARGS: [name] });
    });
    this.OPTION2(() => {
      node = this.SUBRULE(this.braces, { ARGS: [name] });
    });
    return this.ACTION(() => node ?? build.vectorSelector(name.image, [], this.source.span(name)));
  });

  private readonly aggregation = this.RULE("aggregation", (name: IToken): Expr => {
    let grouping: build.Grouping | undefined;
    let args: readonly Expr[] = [];
    this.OR([
      {
        ALT: () => {
          grouping = this.SUBRULE(this.grouping);
          args = this.SUBRULE(this.callArguments);
        },
      },
      {
        ALT: () => {
          args = this.SUBRULE2(this.callArguments);
          this.ACTION(() => this.failOnLexError());
          this.OPTION(() => {
            grouping = this.SUBRULE2(this.grouping);
          });
        },
      },
    ]);
    return this.ACTION(() => {
      const op = name.image.toLowerCase() as Aggregator;
      const pos = this.source.span(name, this.LA(0));
      return build.aggregateExpr(this.source, this.features, { op, args, grouping, pos });
    });
  });

  private readonly grouping = this.RULE("grouping", (): build.Grouping => {
    const word = this.CONSUME(T.GroupingWord);
    const labels = this.SUBRULE(this.groupingLabels);
    return this.ACTION(() => ({ labels, without: word.image.toLowerCase() === "without" }));
  });

  private readonly groupingLabels = this.RULE("groupingLabels", (): string[] => {
    const labels: string[] = [];
    this.ACTION(() => this.expect([T.LParen], GROUPING, '"("'));
    this.CONSUME(T.LParen);
    this.MANY(() => {
      const label = this.SUBRULE(this.groupingLabel);
      labels.push(label);
      this.ACTION(() => this.expect([T.Comma, T.RParen], GROUPING, '"," or ")"'));
      this.OPTION(() => this.CONSUME(T.Comma));
    });
    this.ACTION(() => this.expect([T.RParen], GROUPING, "label"));
    this.CONSUME(T.RParen);
    return labels;
  });

  private readonly groupingLabel = this.RULE("groupingLabel", (): string =>
    this.OR([
      { ALT: () => this.CONSUME(T.LabelWord).image },
      {
        ALT: () => {
          const token = this.CONSUME(T.StringToken);
          return this.ACTION(() => {
            const name = unquote(token.image);
            if (name !== "") return name;
            const reason = `invalid label name for grouping: ${quoteText(name)}`;
            throw this.source.error(this.source.span(token), reason);
          });
        },
      },
    ]),
  );

  private readonly callArguments = this.RULE("callArguments", (): Expr[] => {
    const args: Expr[] = [];
    this.CONSUME(T.LParen);
    this.OPTION(() => {
      args.push(this.SUBRULE(this.expression));
      this.MANY(() => {
        const comma = this.CONSUME(T.Comma);
        this.ACTION(() => {
          this.failOnLexError();
          if (EXPRESSION_STARTS.some((type) => this.isNext(type))) return;
          const reason = "trailing commas not allowed in function call args";
          throw this.source.error(this.source.span(comma), reason);
        });
        args.push(this.SUBRULE2(this.expression));
      });
    });
    this.CONSUME(T.RParen);
    return args;
  });

  private readonly operatorModifiers = this.RULE("operatorModifiers", (): build.OperatorModifiers => {
    let bool = false;
    let matching: VectorMatching = build.NO_MODIFIERS.matching;
    this.OPTION(() => {
      this.CONSUME(T.Bool);
      bool = true;
    });
    this.OPTION2(() => {
      const word = this.CONSUME(T.MatchingWord);
      const labels = this.SUBRULE(this.groupingLabels);
      matching = { ...matching, on: word.image.toLowerCase() === "on", labels };
      this.OPTION3(() => {
        const side = this.CONSUME(T.GroupSide);
        const isLeft = side.image.toLowerCase() === "group_left";
        matching = { ...matching, cardinality: isLeft ? "many-to-one" : "one-to-many" };
        this.OPTION4(() => {
          const include = this.SUBRULE2(this.groupingLabels);
          matching = { ...matching, include };
        });
      });
    });
    this.OPTION5(() => {
      const fill = this.SUBRULE(this.fillModifiers);
      matching = { ...matching, ...fill };
    });
    if (!bool && matching === build.NO_MODIFIERS.matching) return build.NO_MODIFIERS;
    return { bool, matching };
  });

  private readonly fillModifiers = this.RULE(
    "fillModifiers",
    (): Pick<VectorMatching, "fillLeft" | "fillRight"> =>
      this.OR([
        {
          ALT: () => {
            this.CONSUME(T.Fill);
            const value = this.SUBRULE(this.fillValue);
            return { fillLeft: value, fillRight: value };
          },
        },
        {
          ALT: () => {
            const side = this.CONSUME(T.FillSide);
            const value = this.SUBRULE2(this.fillValue);
            const isLeft = side.image.toLowerCase() === "fill_left";
            let other: number | undefined;
            this.OPTION({
              GATE: () => this.LA(1).image.toLowerCase() !== side.image.toLowerCase(),
              DEF: () => {
                this.CONSUME2(T.FillSide);
                other = this.SUBRULE3(this.fillValue);
              },
            });
            return isLeft ? { fillLeft: value, fillRight: other } : { fillLeft: other, fillRight: value };
          },
        },
      ]),
  );

  private readonly fillValue = this.RULE("fillValue", (): number => {
    this.CONSUME(T.LParen);
    const value = this.SUBRULE(this.signedNumber);
    this.CONSUME(T.RParen);
    return value;
  });

  /** A selector from its opening brace on; `name` stands before it or not. */
  private readonly braces = this.RULE("braces", (name: IToken | undefined): VectorSelector => {
    const matchers: Matcher[] = [];
    const open = this.CONSUME(T.LBrace);
    this.MANY(() => {
      const matcher = this.SUBRULE(this.matcher);
      matchers.push(matcher);
      this.ACTION(() => this.expect([T.Comma, T.RBrace], MATCHING, '"," or "}"'));
      this.OPTION(() => this.CONSUME(T.Comma));
    });
    this.ACTION(() => this.expect([T.RBrace], MATCHING, 'identifier or "}"'));
    const close = this.CONSUME(T.RBrace);
    return this.ACTION(() => {
      const pos = this.source.span(name ?? open, close);
      return build.vectorSelector(name?.image ?? "", matchers, pos);
    });
  });

  private readonly matcher = this.RULE("matcher", (): Matcher =>
    this.OR([
      {
        ALT: () => {
          const label = this.CONSUME(T.Identifier);
          this.ACTION(() => this.expect([T.MatchOperator], MATCHING, "label matching operator"));
          const op = this.CONSUME(T.MatchOperator);
          this.ACTION(() => this.expect([T.StringToken], MATCHING, "string"));
          const value = this.CONSUME(T.StringToken);
          return this.ACTION(() => build.matcher(this.source, label, label.image, op, value));
        },
      },
      {
        ALT: () => {
          const name = this.CONSUME2(T.StringToken);
          let made: Matcher | undefined;
          this.OPTION(() => {
            const op = this.CONSUME2(T.MatchOperator);
            this.ACTION(() => this.expect([T.StringToken], MATCHING, "string"));
            const value = this.CONSUME3(T.StringToken);
            made = this.ACTION(() => build.matcher(this.source, name, unquote(name.image), op, value));
          });
          return this.ACTION(() => made ?? build.nameMatcher(unquote(name.image)));
        },
      },
    ]),
  );

  /** What may follow a selector or subquery closely; takes the expression before it. */
  private readonly modified = this.RULE("modified", (expr: Expr): Expr =>
    this.OR([
      { ALT: () => this.SUBRULE(this.brackets, { ARGS: [expr] }) },
      {
        ALT: () => {
          this.CONSUME(T.Offset);
          const offset = this.SUBRULE(this.offsetValue);
          return this.ACTION(() => build.withOffset(this.source, expr, offset, this.LA(0)));
        },
      },
      {
        ALT: () => {
          this.CONSUME(T.At);
          const value = this.SUBRULE(this.atValue);
          return this.ACTION(() => {
            const at: AtModifier =
              "bound" in value ? { kind: value.bound } : build.atTime(this.source, expr, value.seconds);
            return build.withAt(this.source, expr, at, this.LA(0));
          });
        },
      },
      {
        ALT: () => {
          const word = this.CONSUME(T.RangeExtension);
          return this.ACTION(() => build.withExtension(this.source, this.features, expr, word));
        },
      },
    ]),
  );

  private readonly brackets = this.RULE("brackets", (expr: Expr): Expr => {
    const open = this.CONSUME(T.LBracket);
    const range = this.SUBRULE(this.windowValue);
    this.ACTION(() => this.expect([T.Colon, T.RBracket], "subquery or range", '":" or "]"'));
    let step: DurationExpr | undefined;
    let isSubquery = false;
    this.OPTION(() => {
      this.CONSUME(T.Colon);
      isSubquery = true;
      this.OPTION2(() => {
        step = this.SUBRULE(this.stepValue);
      });
      const expected = step === undefined ? STEP_STARTS : '"]"';
      this.ACTION(() => this.expect([T.RBracket], "subquery selector", expected));
    });
    const close = this.CONSUME(T.RBracket);
    return this.ACTION(() => {
      if (isSubquery) return build.subquery(expr, range, step, this.source.span(close));
      return build.matrixSelector(this.source, expr, range, this.source.span(open, close));
    });
  });

  readonly metricSelector: ParserMethod<[], VectorSelector> = this.RULE("metricSelector", () => {
    let name: IToken | undefined;
    let node: VectorSelector | undefined;
    this.OPTION(() => {
      name = this.OR([
        { ALT: () => this.CONSUME(T.MetricName) },
        { ALT: () => this.CONSUME(T.AggregatorToken) },
      ]);
    });
    this.OPTION2(() => {
      node = this.SUBRULE(this.braces, { ARGS: [name] });
    });
    return this.ACTION(() => {
      if (node !== undefined) return node;
      if (name === undefined) throw this.source.unexpected(this.LA(1));
      return build.vectorSelector(name.image, [], this.source.span(name));
    });
  });
}

let grammar: Grammar | undefined;

/**
 * Runs a start rule of the grammar on tokens; it must take them all. Parsing is synchronous, so one parser
 * object, made at the first call, serves everybody.
 * @throws PromqlParseError
 */
export function runGrammar(
  rule: "expression",
  tokens: IToken[],
  source: Source,
  features: ParseFeatures,
): Expr;
export function runGrammar(
  rule: "metricSelector",
  tokens: IToken[],
  source: Source,
  features: ParseFeatures,
): VectorSelector;
export function runGrammar(
  rule: "expression" | "metricSelector",
  tokens: IToken[],
  source: Source,
  features: ParseFeatures,
): Expr {
  grammar ??= new Grammar();
  grammar.begin(tokens, source, features);
  const node = grammar[rule]();
  const error = grammar.syntaxError();
  if (error !== undefined) throw error;
  return node;
}

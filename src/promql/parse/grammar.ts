import type { IToken, ParserMethod, TokenType } from "chevrotain";

import { goQuote, isValidLabelName, type Matcher } from "../../model/index.ts";
import type { Aggregator, AtModifier, DurationExpr, Expr, VectorMatching, VectorSelector } from "./ast.ts";
import * as build from "./build.ts";
import { DurationGrammar, STEP_STARTS, type GrammarOptions } from "./grammar-durations.ts";
import { operatorLevel, OperatorStack, type NodeMaker } from "./precedence.ts";
import type { ParseFeatures } from "./options.ts";
import type { Source } from "./source.ts";
import { unquote } from "./string-literal.ts";
import * as T from "./tokens.ts";

const MATCHING = "label matching";
const GROUPING = "grouping opts";
const EXPRESSION_STARTS: readonly TokenType[] = [
  T.MetricName,
  T.NumberLike,
  T.StringToken,
  T.Sign,
  T.LParen,
  T.LBrace,
];

type ExprStack = OperatorStack<Expr, build.OperatorUse>;

/** The whole grammar. Its two start rules are `expression` and `selector`. */
export class Grammar extends DurationGrammar {
  readonly #exprMaker: NodeMaker<Expr, build.OperatorUse> = {
    unary: (use, operand) => build.unaryExpr(this.source, use.token, operand),
    binary: (use, left, right) => build.binaryExpr(this.source, this.features, use, left, right),
    tooDeep: () => this.tooDeep(),
  };

  constructor(options: GrammarOptions) {
    super(options);
    this.performSelfAnalysis();
  }

  /**
   * Operands and operators in a flat run; the stack groups them by precedence. All that nests is in this one
   * rule and calls its body directly: a rule per construct costs four stack frames each, and DEPTH_MAX levels
   * would not fit into the stack of a thread.
   */
  readonly expression: ParserMethod<[], Expr> = this.RULE("expression", () => this.#expressionBody());

  // For the analysis of the grammar the way down is an ordinary reference, numbered by its place in the rule.
  #nested(place: 1 | 2): Expr {
    return this.RECORDING_PHASE ? this.subrule(place, this.expression) : this.#expressionBody();
  }

  #expressionBody(): Expr {
    const stack = this.ACTION((): ExprStack => {
      this.enter();
      return new OperatorStack(this.#exprMaker);
    });
    let operator: IToken | undefined;
    this.AT_LEAST_ONE_SEP({
      SEP: T.BinaryOperator,
      DEF: () => {
        this.#modifiers(stack, operator);
        this.#operand(stack);
        operator = this.LA(1); // Consumed as the separator when it is one.
      },
    });
    return this.ACTION(() => {
      this.leave();
      this.failOnLexError();
      return stack.finish();
    });
  }

  // What may follow a binary operator, which was consumed just before; pushes the operator.
  #modifiers(stack: ExprStack, token: IToken | undefined): void {
    let modifiers = build.NO_MODIFIERS;
    this.OPTION({
      GATE: () => token !== undefined,
      DEF: () => {
        modifiers = this.SUBRULE(this.operatorModifiers);
      },
    });
    if (token === undefined) return;
    stack.pushBinary({ token, modifiers }, operatorLevel(token.image.toLowerCase()));
  }

  // Signs, a primary and what follows it closely; pushed onto the stack.
  #operand(stack: ExprStack): void {
    this.MANY(() => {
      const token = this.CONSUME(T.Sign);
      this.ACTION(() => stack.pushSign({ token, modifiers: build.NO_MODIFIERS }));
    });
    let node = this.OR([
      { GATE: () => this.#isCall(), ALT: () => this.#call() },
      { ALT: () => this.SUBRULE(this.selector) },
      { ALT: () => this.#paren() },
      { ALT: () => this.SUBRULE(this.literal) },
    ]);
    this.MANY2(() => {
      node = this.SUBRULE(this.modified, { ARGS: [node] });
    });
    this.ACTION(() => stack.pushOperand(node));
  }

  #isCall(): boolean {
    const name = this.LA(1).tokenType;
    const next = this.LA(2).tokenType;
    if (name === T.AggregatorToken && T.GroupingWord.categoryMatchesMap?.[next.tokenTypeIdx!] === true)
      return true;
    return next === T.LParen && this.isNext(T.CallName);
  }

  #paren(): Expr {
    const open = this.CONSUME(T.LParen);
    const expr = this.#nested(1);
    const close = this.CONSUME(T.RParen);
    return this.ACTION((): Expr => ({ kind: "paren", expr, pos: this.source.span(open, close) }));
  }

  // A function call or an aggregation.
  #call(): Expr {
    const name = this.CONSUME(T.CallName);
    const isAggregation = name.tokenType === T.AggregatorToken;
    const args: Expr[] = [];
    let grouping: build.Grouping | undefined;
    if (isAggregation) this.enterAggregation();
    this.OPTION2({
      GATE: () => isAggregation,
      DEF: () => {
        grouping = this.SUBRULE(this.grouping);
      },
    });
    this.CONSUME2(T.LParen);
    this.MANY_SEP({
      SEP: T.Comma,
      DEF: () => {
        this.ACTION(() => this.#failOnTrailingComma());
        args.push(this.#nested(2));
      },
    });
    this.CONSUME2(T.RParen);
    if (isAggregation && grouping === undefined) this.failOnLexError();
    this.OPTION3({
      GATE: () => isAggregation && grouping === undefined,
      DEF: () => {
        grouping = this.SUBRULE2(this.grouping);
      },
    });
    return this.ACTION(() => {
      if (!isAggregation) return build.callExpr(this.source, this.features, name, args, this.LA(0));
      this.leaveAggregation();
      const op = name.image.toLowerCase() as Aggregator;
      const pos = this.source.span(name, this.LA(0));
      return build.aggregateExpr(this.source, this.features, { op, args, grouping, pos });
    });
  }

  // Behind the comma of an argument list another argument must begin.
  #failOnTrailingComma(): void {
    const comma = this.LA(0);
    if (comma.tokenType !== T.Comma) return;
    this.failOnLexError();
    if (EXPRESSION_STARTS.some((type) => this.isNext(type))) return;
    const reason = "trailing commas not allowed in function call args";
    throw this.source.error(this.source.span(comma), reason);
  }

  private readonly literal = this.RULE("literal", (): Expr => {
    const token = this.OR([
      { ALT: () => this.CONSUME(T.NumberLike) },
      { ALT: () => this.CONSUME(T.StringToken) },
    ]);
    return this.ACTION(() => {
      if (token.tokenType !== T.StringToken) return build.numberLiteral(this.source, token);
      return { kind: "string", value: unquote(token.image), pos: this.source.span(token) };
    });
  });

  /** A metric name, matchers in braces, or both; also a start rule. */
  readonly selector: ParserMethod<[], VectorSelector> = this.RULE("selector", () =>
    this.OR([
      { ALT: () => this.SUBRULE(this.braces, { ARGS: [undefined] }) },
      {
        ALT: () => {
          const name = this.CONSUME(T.MetricName);
          let node: VectorSelector | undefined;
          this.OPTION(() => {
            node = this.SUBRULE2(this.braces, { ARGS: [name] });
          });
          return this.ACTION(() => node ?? build.vectorSelector(name.image, [], this.source.span(name)));
        },
      },
    ]),
  );

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
            if (isValidLabelName(name)) return name;
            const reason = `invalid label name for grouping: ${goQuote(name)}`;
            throw this.source.error(this.source.span(token), reason);
          });
        },
      },
    ]),
  );

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
        this.ACTION(() => this.expect([...EXPRESSION_STARTS, T.Fill, T.FillSide], GROUPING, '"("'));
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
  rule: "selector",
  tokens: IToken[],
  source: Source,
  features: ParseFeatures,
): VectorSelector;
export function runGrammar(
  rule: "expression" | "selector",
  tokens: IToken[],
  source: Source,
  features: ParseFeatures,
): Expr {
  grammar ??= new Grammar({ validate: false });
  grammar.begin(tokens, source, features);
  const node = runRule(grammar, rule, source);
  const error = grammar.syntaxError();
  if (error !== undefined) throw error;
  return node;
}

// DEPTH_MAX levels fit into an empty stack; a caller deep in its own may leave room for fewer.
function runRule(parser: Grammar, rule: "expression" | "selector", source: Source): Expr {
  try {
    return parser[rule]();
  } catch (thrown) {
    if (thrown instanceof RangeError) throw source.tooDeep({ start: 0, end: source.byteLength });
    throw thrown;
  }
}

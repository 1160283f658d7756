import { DEPTH_MAX } from "./options.ts";

/** An operator waiting for its right operand. */
interface Pending<Operator> {
  readonly operator: Operator;
  readonly level: number;
  readonly isUnary: boolean;
}

/** How nodes are made once the grouping is known. */
export interface NodeMaker<Node, Operator> {
  unary(operator: Operator, operand: Node): Node;
  binary(operator: Operator, left: Node, right: Node): Node;
  /** The error for a run whose tree would be deeper than DEPTH_MAX. */
  tooDeep(): Error;
}

/** Binds tightest and, alone of all, from right to left (PQL-20). */
const POWER_LEVEL = 6;
/** Signs bind like `*`, so below `^`: `-2^2` is -4 (PQL-21). */
const SIGN_LEVEL = 5;

const LEVELS: ReadonlyMap<string, number> = new Map([
  ["or", 1],
  ["and", 2],
  ["unless", 2],
  ...["==", "!=", "<=", "<", ">=", ">", "</", ">/"].map((op): [string, number] => [op, 3]),
  ["+", 4],
  ["-", 4],
  ["*", 5],
  ["/", 5],
  ["%", 5],
  ["atan2", 5],
  ["^", POWER_LEVEL],
]);

/** How tightly a binary operator, in lower case, binds. */
export function operatorLevel(op: string): number {
  return LEVELS.get(op)!;
}

/**
 * Groups a flat run `sign… operand (operator sign… operand)…` by precedence, as soon as each group is complete.
 * A run of any length needs no stack space of ours, unlike a rule per precedence level.
 */
export class OperatorStack<Node, Operator> {
  readonly #maker: NodeMaker<Node, Operator>;
  readonly #operands: Node[] = [];
  // Of each operand, counted within this run: long runs stop as soon as they are too deep for sure.
  readonly #heights: number[] = [];
  readonly #pending: Pending<Operator>[] = [];

  constructor(maker: NodeMaker<Node, Operator>) {
    this.#maker = maker;
  }

  pushOperand(node: Node): void {
    this.#operands.push(node);
    this.#heights.push(1);
  }

  pushSign(operator: Operator): void {
    this.#push({ operator, level: SIGN_LEVEL, isUnary: true });
  }

  pushBinary(operator: Operator, level: number): void {
    this.#reduceFrom(level === POWER_LEVEL ? level + 1 : level);
    this.#push({ operator, level, isUnary: false });
  }

  // Each pending operator is a level below the one before.
  #push(pending: Pending<Operator>): void {
    this.#limit(this.#pending.push(pending));
  }

  #limit(height: number): void {
    if (height > DEPTH_MAX) throw this.#maker.tooDeep();
  }

  /** The whole run as one node. */
  finish(): Node {
    this.#reduceFrom(0);
    return this.#operands.pop()!;
  }

  #reduceFrom(level: number): void {
    for (
      let top = this.#pending.at(-1);
      top !== undefined && top.level >= level;
      top = this.#pending.at(-1)
    ) {
      this.#pending.pop();
      this.#reduce(top);
    }
  }

  #reduce({ operator, isUnary }: Pending<Operator>): void {
    const right = this.#operands.pop()!;
    let height = this.#heights.pop()!;
    if (isUnary) this.#operands.push(this.#maker.unary(operator, right));
    else {
      this.#operands.push(this.#maker.binary(operator, this.#operands.pop()!, right));
      height = Math.max(height, this.#heights.pop()!);
    }
    this.#limit(height + 1);
    this.#heights.push(height + 1);
  }
}

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
  readonly #pending: Pending<Operator>[] = [];

  constructor(maker: NodeMaker<Node, Operator>) {
    this.#maker = maker;
  }

  pushOperand(node: Node): void {
    this.#operands.push(node);
  }

  pushSign(operator: Operator): void {
    this.#pending.push({ operator, level: SIGN_LEVEL, isUnary: true });
  }

  pushBinary(operator: Operator, level: number): void {
    this.#reduceFrom(level === POWER_LEVEL ? level + 1 : level);
    this.#pending.push({ operator, level, isUnary: false });
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
      const right = this.#operands.pop()!;
      const made = top.isUnary
        ? this.#maker.unary(top.operator, right)
        : this.#maker.binary(top.operator, this.#operands.pop()!, right);
      this.#operands.push(made);
    }
  }
}

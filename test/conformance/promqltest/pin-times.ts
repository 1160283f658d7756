import type { AtModifier, Expr } from "../../../src/promql/parse/index.ts";

// Their results may change with the time of evaluation although what they are given does not.
const TIME_DEPENDENT = new Set(
  "day_of_month day_of_week day_of_year days_in_month hour minute month year time timestamp"
    .concat(" predict_linear start end step range")
    .split(" "),
);

/**
 * The expression with `@ timeMs` on every selector and subquery that stands outside any subquery and has no
 * fixed time, or undefined when it would still depend on the time of evaluation.
 */
export function pinTimes(expr: Expr, timeMs: number): Expr | undefined {
  let isPinned = true;
  const at: AtModifier = { kind: "time", timeMs };
  const pinned = pin(expr);
  return isPinned ? pinned : undefined;

  function pin(node: Expr): Expr {
    switch (node.kind) {
      case "vectorSelector":
        return node.at?.kind === "time" ? node : { ...node, at };
      case "matrixSelector":
        return node.vector.at?.kind === "time" ? node : { ...node, vector: { ...node.vector, at } };
      case "subquery":
        return node.at?.kind === "time" ? node : { ...node, at };
      case "paren":
      case "unary":
        return { ...node, expr: pin(node.expr) };
      case "binary":
        return { ...node, left: pin(node.left), right: pin(node.right) };
      case "aggregate":
        return {
          ...node,
          expr: pin(node.expr),
          param: node.param === undefined ? undefined : pin(node.param),
        };
      case "call":
        if (TIME_DEPENDENT.has(node.func)) isPinned = false;
        return { ...node, args: node.args.map(pin) };
      default:
        return node;
    }
  }
}

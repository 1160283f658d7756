import type { Expr, VectorSelector } from "./ast.ts";

const NONE: readonly Expr[] = [];

/** Direct children of a node, in the order written. A range selector's vector is part of it, not a child. */
export function childrenOf(node: Expr): readonly Expr[] {
  switch (node.kind) {
    case "binary":
      return [node.left, node.right];
    case "aggregate":
      return node.param === undefined ? [node.expr] : [node.param, node.expr];
    case "call":
      return node.args;
    case "paren":
    case "unary":
    case "subquery":
      return [node.expr];
    default:
      return NONE;
  }
}

/** Calls `visit` for the node and everything below it, parents first, in the order written. */
export function walkExpr(root: Expr, visit: (node: Expr) => void): void {
  visit(root);
  for (const child of childrenOf(root)) walkExpr(child, visit);
}

/** Every selector of the expression, those of range selectors included, in the order written. */
export function selectorsOf(root: Expr): VectorSelector[] {
  const selectors: VectorSelector[] = [];
  walkExpr(root, (node) => {
    if (node.kind === "vectorSelector") selectors.push(node);
    else if (node.kind === "matrixSelector") selectors.push(node.vector);
  });
  return selectors;
}

import { unreachable } from "../../base/index.ts";
import type { Expr, ValueType } from "./ast.ts";
import { FUNCTIONS } from "./functions.ts";

/** The type that an expression evaluates to. Only follows parens, signs and operators, so it is cheap. */
export function valueTypeOf(expr: Expr): ValueType {
  switch (expr.kind) {
    case "number":
      return "scalar";
    case "string":
      return "string";
    case "vectorSelector":
    case "aggregate":
      return "vector";
    case "matrixSelector":
    case "subquery":
      return "matrix";
    case "paren":
    case "unary":
      return valueTypeOf(expr.expr);
    case "binary":
      return binaryType(valueTypeOf(expr.left), valueTypeOf(expr.right));
    case "call":
      return FUNCTIONS.get(expr.func)!.returnType;
    default:
      return unreachable(expr);
  }
}

/** Type of a binary operation: scalar only when both sides are. */
export function binaryType(left: ValueType, right: ValueType): ValueType {
  return left === "scalar" && right === "scalar" ? "scalar" : "vector";
}

/** A type as error texts call it. */
export function documentedType(type: ValueType): string {
  if (type === "vector") return "instant vector";
  return type === "matrix" ? "range vector" : type;
}

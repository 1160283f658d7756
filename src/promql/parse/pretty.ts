import type { Expr } from "./ast.ts";
import { aggregateHead, binaryHead, printExpr, subquerySuffix } from "./print.ts";

const LINE_MAX_BYTES = 100;
const INDENT = "  ";
const encoder = new TextEncoder();

/**
 * The expression over several lines: what is longer than 100 bytes on one line is split, its parts indented
 * by two blanks a level; selectors and literals never are (spec PQL-34). Comments are lost.
 */
export function prettyExpr(expr: Expr): string {
  return pretty(expr, 0);
}

function pretty(expr: Expr, level: number): string {
  const indent = INDENT.repeat(level);
  if (expr.kind === "unary") return indent + expr.op + pretty(expr.expr, level).trim();
  const line = printExpr(expr);
  if (line.length <= LINE_MAX_BYTES && encoder.encode(line).length <= LINE_MAX_BYTES) {
    // A subquery's indent is left to its expression, which is not asked here.
    return expr.kind === "subquery" ? line : indent + line;
  }
  switch (expr.kind) {
    case "aggregate": {
      const parts = expr.param === undefined ? [expr.expr] : [expr.param, expr.expr];
      return `${indent}${aggregateHead(expr)}(\n${prettyList(parts, level + 1)}\n${indent})`;
    }
    case "call":
      return `${indent}${expr.func}(\n${prettyList(expr.args, level + 1)}\n${indent})`;
    case "paren":
      return `${indent}(\n${pretty(expr.expr, level + 1)}\n${indent})`;
    case "binary": {
      const [left, right] = [pretty(expr.left, level + 1), pretty(expr.right, level + 1)];
      return `${left}\n${indent}${binaryHead(expr)}\n${right}`;
    }
    case "subquery":
      return pretty(expr.expr, level) + subquerySuffix(expr);
    default:
      return indent + line;
  }
}

function prettyList(exprs: readonly Expr[], level: number): string {
  return exprs.map((expr) => pretty(expr, level)).join(",\n");
}

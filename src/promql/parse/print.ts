import { unreachable } from "../../base/index.ts";
import {
  compareText,
  formatDuration,
  formatFloatPlain,
  goQuote,
  METRIC_NAME,
  type Matcher,
} from "../../model/index.ts";
import type {
  AggregateExpr,
  AtModifier,
  BinaryExpr,
  DurationExpr,
  Expr,
  MatrixSelector,
  Subquery,
  VectorMatching,
  VectorSelector,
} from "./ast.ts";
import { formatShort, secondsToNanos } from "./number-literal.ts";

const PLAIN_LABEL = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The expression in canonical form on one line (spec PQL-33). Parses back to the same tree. */
export function printExpr(expr: Expr): string {
  switch (expr.kind) {
    case "number":
      return expr.isDuration ? signedDuration(expr.value) : formatFloatPlain(expr.value);
    case "string":
      return goQuote(expr.value);
    case "vectorSelector":
      return printSelector(expr) + printAt(expr.at) + printExtension(expr) + printOffset(expr);
    case "matrixSelector":
      return printMatrix(expr);
    case "subquery":
      return printExpr(expr.expr) + subquerySuffix(expr);
    case "paren":
      return `(${printExpr(expr.expr)})`;
    case "unary":
      return expr.op + printExpr(expr.expr);
    case "binary":
      return `${printExpr(expr.left)} ${binaryHead(expr)} ${printExpr(expr.right)}`;
    case "aggregate": {
      const param = expr.param === undefined ? "" : `${printExpr(expr.param)}, `;
      return `${aggregateHead(expr)}(${param}${printExpr(expr.expr)})`;
    }
    case "call":
      return `${expr.func}(${expr.args.map(printExpr).join(", ")})`;
    default:
      return unreachable(expr);
  }
}

/** `sum by (a) `: an aggregation up to its opening paren. */
export function aggregateHead(expr: AggregateExpr): string {
  if (expr.without) return `${expr.op} without (${printLabels(expr.grouping)}) `;
  return expr.grouping.length === 0 ? expr.op : `${expr.op} by (${printLabels(expr.grouping)}) `;
}

/** `== bool on (a) group_left ()`: a binary operator with its modifiers. */
export function binaryHead(expr: BinaryExpr): string {
  const bool = expr.bool ? " bool" : "";
  return expr.op + bool + (expr.matching === undefined ? "" : printMatching(expr.matching));
}

function printMatching(matching: VectorMatching): string {
  const { cardinality, on, labels, include } = matching;
  const isGrouped = cardinality === "many-to-one" || cardinality === "one-to-many";
  let out = "";
  if (labels.length > 0 || on || isGrouped) out += ` ${on ? "on" : "ignoring"} (${printLabels(labels)})`;
  if (isGrouped) {
    out += ` group_${cardinality === "many-to-one" ? "left" : "right"} (${printLabels(include)})`;
  }
  return out + printFill(matching.fillLeft, matching.fillRight);
}

function printFill(left: number | undefined, right: number | undefined): string {
  if (left !== undefined && left === right) return ` fill (${formatShort(left)})`;
  const parts = [
    left === undefined ? "" : ` fill_left (${formatShort(left)})`,
    right === undefined ? "" : ` fill_right (${formatShort(right)})`,
  ];
  return parts.join("");
}

function printLabels(labels: readonly string[]): string {
  return labels.map(printLabelName).join(", ");
}

function printLabelName(name: string): string {
  return PLAIN_LABEL.test(name) ? name : goQuote(name);
}

/** `a="b"`, the name in quotes when it is not an identifier. */
function printMatcher(matcher: Matcher): string {
  return printLabelName(matcher.name) + matcher.kind + goQuote(matcher.value);
}

// Name and matchers, without what follows them. The matcher that the name stands for is not repeated.
function printSelector(expr: VectorSelector): string {
  const matchers = expr.matchers
    .filter(
      ({ name, kind, value }) => name !== METRIC_NAME || kind !== "=" || value === "" || value !== expr.name,
    )
    .map(printMatcher)
    .toSorted(compareText);
  return matchers.length === 0 ? expr.name : `${expr.name}{${matchers.join(",")}}`;
}

function printMatrix(expr: MatrixSelector): string {
  const { vector } = expr;
  const modifiers = printExtension(vector) + printAt(vector.at) + printOffset(vector);
  return `${printSelector(vector)}[${printDuration(expr.range)}]${modifiers}`;
}

/** `[5m:1m] @ 5.000 offset 1m`: a subquery without its expression. */
export function subquerySuffix(expr: Subquery): string {
  const step = expr.step === undefined ? "" : printDuration(expr.step);
  return `[${printDuration(expr.range)}:${step}]${printAt(expr.at)}${printOffset(expr)}`;
}

function printExtension(vector: VectorSelector): string {
  return vector.extension === undefined ? "" : ` ${vector.extension}`;
}

function printAt(at: AtModifier): string {
  if (at === undefined) return "";
  return at.kind === "time" ? ` @ ${(at.timeMs / 1000).toFixed(3)}` : ` @ ${at.kind}()`;
}

function printOffset({ offset }: VectorSelector | Subquery): string {
  if (offset === undefined) return "";
  if (offset.kind === "durationNumber" && secondsToNanos(offset.seconds) === 0) return "";
  return ` offset ${printDuration(offset)}`;
}

/** A duration expression; literals that stand alone are printed as durations however they were written. */
function printDuration(expr: DurationExpr): string {
  return expr.kind === "durationNumber" ? signedDuration(expr.seconds) : printComputed(expr);
}

function printComputed(expr: DurationExpr): string {
  switch (expr.kind) {
    case "durationNumber":
      return expr.isDuration ? signedDuration(expr.seconds) : formatFloatPlain(expr.seconds);
    case "durationStep":
      return "step()";
    case "durationRange":
      return "range()";
    case "durationParen":
      return `(${printComputed(expr.inner)})`;
    case "durationUnary":
      return expr.op + printComputed(expr.operand);
    case "durationBinary": {
      const [left, right] = [printComputed(expr.left), printComputed(expr.right)];
      const isCall = expr.op === "min_of" || expr.op === "max_of";
      return isCall ? `${expr.op}(${left}, ${right})` : `${left} ${expr.op} ${right}`;
    }
    default:
      return unreachable(expr);
  }
}

function signedDuration(seconds: number): string {
  const ms = Math.trunc(Math.abs(secondsToNanos(seconds)) / 1e6);
  return seconds < 0 ? `-${formatDuration(ms)}` : formatDuration(ms);
}

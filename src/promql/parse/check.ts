import { unreachable } from "../../base/index.ts";
import { compileMatcher, goQuote, METRIC_NAME } from "../../model/index.ts";
import type {
  AggregateExpr,
  BinaryExpr,
  CallExpr,
  DurationExpr,
  Expr,
  Position,
  Subquery,
  ValueType,
  VectorMatching,
  VectorSelector,
} from "./ast.ts";
import { FUNCTIONS, type FunctionSignature } from "./functions.ts";
import { DEPTH_MAX } from "./options.ts";
import type { Source } from "./source.ts";
import { binaryType, documentedType, valueTypeOf } from "./value-type.ts";

const COMPARISONS: ReadonlySet<string> = new Set(["==", "!=", "<=", "<", ">=", ">"]);
const SET_OPERATORS: ReadonlySet<string> = new Set(["and", "or", "unless"]);

/**
 * Checks types and the rules that go with them, in Prometheus's order, so that the same first error is
 * reported (spec PTY, PER-13…PER-34). Puts `matching` of operators into its final form: none unless both
 * sides are vectors, many-to-many for set operators. The tree must not have been handed out yet.
 * Source: Prometheus promql/parser/parse.go, checkAST. @throws PromqlParseError
 */
export function checkTypes(source: Source, root: Expr): void {
  check(source, root, 1);
}

function check(source: Source, node: Expr, depth: number): ValueType {
  limitDepth(source, node.pos, depth);
  switch (node.kind) {
    case "number":
      return "scalar";
    case "string":
      return "string";
    case "vectorSelector":
      checkSelector(source, node, true);
      checkDuration(source, node.offset, depth);
      return "vector";
    case "matrixSelector":
      checkSelector(source, node.vector, true);
      checkDuration(source, node.range, depth);
      checkDuration(source, node.vector.offset, depth);
      return "matrix";
    case "subquery":
      return checkSubquery(source, node, depth);
    case "paren":
      return check(source, node.expr, depth + 1);
    case "unary": {
      const type = check(source, node.expr, depth + 1);
      if (type === "scalar" || type === "vector") return type;
      const allowed = "expressions of type scalar or instant vector";
      const got = goQuote(documentedType(type));
      throw source.error(node.pos, `unary expression only allowed on ${allowed}, got ${got}`);
    }
    case "binary": {
      const left = check(source, node.left, depth + 1);
      const right = check(source, node.right, depth + 1);
      return checkBinary(source, node, left, right);
    }
    case "aggregate":
      return checkAggregate(source, node, depth);
    case "call":
      return checkCall(source, node, depth);
    default:
      return unreachable(node);
  }
}

function limitDepth(source: Source, pos: Position, depth: number): void {
  if (depth > DEPTH_MAX) throw source.tooDeep(pos);
}

function checkDuration(source: Source, expr: DurationExpr | undefined, depth: number): void {
  if (expr === undefined) return;
  limitDepth(source, expr.pos, depth);
  if (expr.kind === "durationParen") checkDuration(source, expr.inner, depth + 1);
  else if (expr.kind === "durationUnary") checkDuration(source, expr.operand, depth + 1);
  else if (expr.kind === "durationBinary") {
    checkDuration(source, expr.left, depth + 1);
    checkDuration(source, expr.right, depth + 1);
  }
}

function checkSubquery(source: Source, node: Subquery, depth: number): ValueType {
  const type = check(source, node.expr, depth + 1);
  if (type !== "vector") {
    throw source.error(node.pos, `subquery is only allowed on instant vector, got ${type} instead`);
  }
  checkDuration(source, node.range, depth);
  checkDuration(source, node.step, depth);
  checkDuration(source, node.offset, depth);
  return "matrix";
}

function checkSelector(source: Source, node: VectorSelector, needsMatcher: boolean): void {
  if (node.name !== "") {
    const second = node.matchers.slice(0, -1).find((matcher) => matcher.name === METRIC_NAME);
    if (second === undefined) return; // A name is a matcher that is not empty.
    const names = `${goQuote(node.name)} or ${goQuote(second.value)}`;
    throw source.error(node.pos, `metric name must not be set twice: ${names}`);
  }
  if (!needsMatcher || selectsSomething(node.matchers)) return;
  throw source.error(node.pos, "vector selector must contain at least one non-empty matcher");
}

/** Whether at least one matcher refuses the empty string, so that not every series is selected (API-25). */
export function selectsSomething(matchers: VectorSelector["matchers"]): boolean {
  return matchers.some((matcher) => !compileMatcher(matcher).matchesEmpty);
}

function checkBinary(source: Source, node: BinaryExpr, left: ValueType, right: ValueType): ValueType {
  const isComparison = COMPARISONS.has(node.op);
  const matching = node.matching!; // The parser always sets it.
  if (node.bool && !isComparison) {
    throw source.error(node.opPos, "bool modifier can only be used on comparison operators");
  }
  if (isComparison && !node.bool && left === "scalar" && right === "scalar") {
    throw source.error(node.opPos, "comparisons between scalars must use BOOL modifier");
  }
  const twice = matching.on ? matching.labels.find((label) => matching.include.includes(label)) : undefined;
  if (twice !== undefined) {
    const reason = `label ${goQuote(twice)} must not occur in ON and GROUP clause at once`;
    throw source.error(node.opPos, reason);
  }
  for (const [type, side] of [[left, node.left] as const, [right, node.right] as const]) {
    if (type === "scalar" || type === "vector") continue;
    throw source.error(side.pos, "binary expression must contain only scalar and instant vector types");
  }
  const isVectors = left === "vector" && right === "vector";
  if (isVectors) checkVectorMatching(source, node, matching);
  else requireNoMatching(source, node, matching);
  setMatching(node, isVectors ? matching : undefined);
  return binaryType(left, right);
}

function checkVectorMatching(source: Source, node: BinaryExpr, matching: VectorMatching): void {
  if (!SET_OPERATORS.has(node.op)) return;
  if (matching.cardinality !== "one-to-one") {
    throw source.error(node.pos, `no grouping allowed for ${goQuote(node.op)} operation`);
  }
  if (isFilled(matching)) {
    throw source.error(node.pos, "filling in missing series not allowed for set operators");
  }
}

function requireNoMatching(source: Source, node: BinaryExpr, matching: VectorMatching): void {
  if (matching.labels.length > 0) {
    throw source.error(node.pos, "vector matching only allowed between instant vectors");
  }
  if (isFilled(matching)) {
    throw source.error(node.pos, "filling in missing series only allowed between instant vectors");
  }
  if (SET_OPERATORS.has(node.op)) {
    const reason = `set operator ${goQuote(node.op)} not allowed in binary scalar expression`;
    throw source.error(node.pos, reason);
  }
}

function isFilled(matching: VectorMatching): boolean {
  return matching.fillLeft !== undefined || matching.fillRight !== undefined;
}

function setMatching(node: BinaryExpr, matching: VectorMatching | undefined): void {
  const target = node as { matching: VectorMatching | undefined };
  const isSet = SET_OPERATORS.has(node.op) && matching !== undefined;
  target.matching = isSet ? { ...matching, cardinality: "many-to-many" } : matching;
}

function checkAggregate(source: Source, node: AggregateExpr, depth: number): ValueType {
  requireType(source, node.expr, depth, "vector", "aggregation expression");
  if (node.param === undefined) return "vector";
  const wanted = node.op === "count_values" ? "string" : "scalar";
  requireType(source, node.param, depth, wanted, "aggregation parameter");
  return "vector";
}

function requireType(source: Source, node: Expr, depth: number, wanted: ValueType, context: string): void {
  const type = check(source, node, depth + 1);
  if (type === wanted) return;
  const types = `expected type ${documentedType(wanted)} in ${context}, got ${documentedType(type)}`;
  throw source.error(node.pos, types);
}

function checkCall(source: Source, node: CallExpr, depth: number): ValueType {
  const signature = FUNCTIONS.get(node.func)!; // The parser knows only calls of these.
  checkArgumentCount(source, node, signature);
  const isInfo = node.func === "info" && node.args.length > 1;
  const context = `call to function ${goQuote(node.func)}`;
  if (isInfo) checkInfoSelector(source, node, depth, context);
  for (const [index, arg] of node.args.entries()) {
    const wanted = signature.argTypes[Math.min(index, signature.argTypes.length - 1)]!;
    if (isInfo && index === 1) continue;
    requireType(source, arg, depth, wanted, context);
  }
  return signature.returnType;
}

function checkArgumentCount(source: Source, node: CallExpr, signature: FunctionSignature): void {
  const { argTypes, variadic } = signature;
  const got = node.args.length;
  const least = variadic === 0 ? argTypes.length : argTypes.length - 1;
  const most = variadic < 0 ? Infinity : least + variadic;
  if (got >= least && got <= most) return;
  const bound = variadic === 0 ? "" : got < least ? "at least " : "at most ";
  const limit = got < least ? least : most;
  const call = `argument(s) in call to ${goQuote(node.func)}`;
  throw source.error(node.pos, `expected ${bound}${limit} ${call}, got ${got}`);
}

// The second argument of info() only looks like a selector: it may select everything and names no metric.
function checkInfoSelector(source: Source, node: CallExpr, depth: number, context: string): void {
  const selector = node.args[1]!;
  if (selector.kind === "vectorSelector") {
    if (selector.name !== "") {
      throw source.error(selector.pos, "expected label selectors only, got vector selector instead");
    }
    checkSelector(source, selector, false);
    checkDuration(source, selector.offset, depth);
    return;
  }
  const type = valueTypeOf(selector);
  if (type === "vector") throw source.error(selector.pos, "expected label selectors only");
  throw source.error(node.pos, `expected type instant vector in ${context}, got ${documentedType(type)}`);
}

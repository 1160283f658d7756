import { unreachable } from "../../base/index.ts";
import { compareText, formatFloatPlain } from "../../model/index.ts";
import type { AtModifier, DurationExpr, Expr, VectorMatching, VectorSelector } from "./ast.ts";
import { FUNCTIONS } from "./functions.ts";
import { literalToMs } from "./number-literal.ts";

/** What `exprToJson` yields: plain JSON. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** The syntax tree as `/api/v1/parse_query` shows it (spec API-38); keys are in alphabetical order. */
export function exprToJson(expr: Expr): JsonValue {
  switch (expr.kind) {
    case "number":
      return node("numberLiteral", { val: formatFloatPlain(expr.value) });
    case "string":
      return node("stringLiteral", { val: expr.value.toWellFormed() });
    case "vectorSelector":
      return node("vectorSelector", selectorFields(expr));
    case "matrixSelector":
      return node("matrixSelector", {
        ...selectorFields(expr.vector),
        ...durationFields("range", expr.range),
      });
    case "subquery":
      return node("subquery", {
        expr: exprToJson(expr.expr),
        ...durationFields("range", expr.range),
        ...durationFields("step", expr.step),
        ...durationFields("offset", expr.offset),
        ...atFields(expr.at),
      });
    case "paren":
      return node("parenExpr", { expr: exprToJson(expr.expr) });
    case "unary":
      return node("unaryExpr", { expr: exprToJson(expr.expr), op: expr.op });
    case "binary":
      return node("binaryExpr", {
        op: expr.op,
        lhs: exprToJson(expr.left),
        rhs: exprToJson(expr.right),
        matching: expr.matching === undefined ? null : matchingJson(expr.matching),
        bool: expr.bool,
      });
    case "aggregate":
      return node("aggregation", {
        op: expr.op,
        expr: exprToJson(expr.expr),
        param: expr.param === undefined ? null : exprToJson(expr.param),
        grouping: expr.grouping,
        without: expr.without,
      });
    case "call":
      return node("call", { func: functionJson(expr.func), args: expr.args.map(exprToJson) });
    default:
      return unreachable(expr);
  }
}

type Fields = Readonly<Record<string, JsonValue>>;

function node(type: string, fields: Fields): JsonValue {
  return sorted({ ...fields, type });
}

function sorted(fields: Fields): JsonValue {
  return Object.fromEntries(Object.entries(fields).toSorted(([a], [b]) => compareText(a, b)));
}

function selectorFields(vector: VectorSelector): Fields {
  return {
    name: vector.name,
    matchers: vector.matchers.map(({ name, kind, value }) => ({
      name,
      type: kind,
      value: value.toWellFormed(),
    })),
    ...durationFields("offset", vector.offset),
    ...atFields(vector.at),
    anchored: vector.extension === "anchored",
    smoothed: vector.extension === "smoothed",
  };
}

function atFields(at: AtModifier): Fields {
  return {
    timestamp: at?.kind === "time" ? at.timeMs : null,
    startOrEnd: at === undefined || at.kind === "time" ? null : at.kind,
  };
}

// Literals are told in milliseconds, what must be computed as a tree beside a 0.
function durationFields(name: string, expr: DurationExpr | undefined): Fields {
  const isLiteral = expr === undefined || expr.kind === "durationNumber";
  return {
    [name]: expr?.kind === "durationNumber" ? literalToMs(expr.seconds) : 0,
    [`${name}Expr`]: isLiteral ? null : durationJson(expr, false),
  };
}

function durationJson(expr: DurationExpr, wrapped: boolean): JsonValue {
  switch (expr.kind) {
    case "durationNumber": {
      const literal = node("numberLiteral", {
        val: formatFloatPlain(expr.seconds),
        duration: expr.isDuration,
      });
      return wrapped ? operation("+", null, literal, true) : literal;
    }
    case "durationStep":
      return operation("step", null, null, wrapped);
    case "durationRange":
      return operation("range", null, null, wrapped);
    case "durationParen":
      return durationJson(expr.inner, true);
    case "durationUnary":
      return operation(expr.op, null, durationJson(expr.operand, false), wrapped);
    case "durationBinary":
      return operation(expr.op, durationJson(expr.left, false), durationJson(expr.right, false), wrapped);
    default:
      return unreachable(expr);
  }
}

function operation(op: string, lhs: JsonValue, rhs: JsonValue, wrapped: boolean): JsonValue {
  return node("durationExpr", { op, lhs, rhs, wrapped });
}

function matchingJson(matching: VectorMatching): JsonValue {
  return sorted({
    card: matching.cardinality,
    labels: matching.labels,
    on: matching.on,
    include: matching.include,
    fillValues: { lhs: matching.fillLeft ?? null, rhs: matching.fillRight ?? null },
  });
}

function functionJson(name: string): JsonValue {
  const { argTypes, variadic, returnType } = FUNCTIONS.get(name)!; // The parser knows only calls of these.
  return sorted({ name, argTypes, variadic, returnType });
}

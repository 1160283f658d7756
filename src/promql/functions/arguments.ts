import { assert } from "../../base/index.ts";
import type { RangeStream, VectorStream } from "../exec/columns.ts";
import type { SpecialCall } from "./registry.ts";

// The type checker has seen to it that arguments are of these types.

export function vectorArgument(call: SpecialCall, index: number): VectorStream {
  const value = call.evaluate(index);
  assert(value.kind === "vector", "an instant vector");
  return value;
}

export function rangeArgument(call: SpecialCall, index: number): RangeStream {
  const value = call.evaluate(index);
  assert(value.kind === "matrix", "a range vector");
  return value;
}

/** One number a step. */
export function scalarArgument(call: SpecialCall, index: number): Float64Array {
  const value = call.evaluate(index);
  assert(value.kind === "scalar", "a scalar");
  return value.values;
}

export function stringArgument(call: SpecialCall, index: number): string {
  const node = call.node.args[index];
  assert(node?.kind === "string", "a string");
  return node.value;
}

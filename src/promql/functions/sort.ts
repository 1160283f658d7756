import { compareLabels, labelValue, type Labels } from "../../model/index.ts";
import { materialize, type VectorBatch } from "../exec/batch.ts";
import { dropHistograms, FLOAT, type VectorStream } from "../exec/columns.ts";
import { createVectorStream } from "../exec/stream.ts";
import { stringArgument, vectorArgument } from "./arguments.ts";
import { compareNaturally } from "./natural-order.ts";
import type { FunctionTable, SpecialCall } from "./registry.ts";

/** FN-12, FN-13. They keep names, and order only what an instant query answers. */
export const sortFunctions: FunctionTable = {
  sort: { kind: "special", evaluate: (call) => sortByValue(call, 1) },
  sort_desc: { kind: "special", evaluate: (call) => sortByValue(call, -1) },
  sort_by_label: { kind: "special", evaluate: (call) => sortByLabels(call, 1) },
  sort_by_label_desc: { kind: "special", evaluate: (call) => sortByLabels(call, -1) },
};

function sortByValue(call: SpecialCall, direction: 1 | -1): VectorStream {
  return reorder(call, ({ values, kinds, seriesCount }) => {
    const floats = Array.from({ length: seriesCount }, (_, index) => index).filter(
      (index) => kinds[index] === FLOAT,
    );
    // NaN comes last in either direction.
    return floats.toSorted((a, b) => {
      const left = values[a]!;
      const right = values[b]!;
      if (Number.isNaN(left) || Number.isNaN(right))
        return Number(Number.isNaN(left)) - Number(Number.isNaN(right));
      if (left === right) return 0;
      return left < right ? -direction : direction;
    });
  });
}

function sortByLabels(call: SpecialCall, direction: 1 | -1): VectorStream {
  const names = call.node.args.slice(1).map((_, index) => stringArgument(call, index + 1));
  return reorder(call, (batch) => {
    const order = Array.from({ length: batch.seriesCount }, (_, index) => index);
    return order.toSorted((a, b) => direction * compareBy(names, batch.labels(a), batch.labels(b)));
  });
}

function compareBy(names: readonly string[], a: Labels, b: Labels): number {
  for (const name of names) {
    const order = compareNaturally(labelValue(a, name), labelValue(b, name));
    if (order !== 0) return order;
  }
  return compareLabels(a, b);
}

function reorder(call: SpecialCall, orderOf: (batch: VectorBatch) => readonly number[]): VectorStream {
  const { context, grid, node } = call;
  const input = vectorArgument(call, 0);
  const isByValue = node.func === "sort" || node.func === "sort_desc";
  if (grid.count > 1 || (context.query.endMs > context.query.startMs && !node.invariant)) {
    context.annotations.warn(
      "sort is ineffective for range queries since results are always ordered by labels",
      node.pos,
    );
  }
  const batch = materialize(input, grid.count, context.memory);
  const all = Array.from({ length: batch.seriesCount }, (_, index) => index);
  const order = grid.count === 1 ? orderOf(batch) : all;
  return createVectorStream(context, {
    seriesCount: order.length,
    uniqueWithoutName: batch.uniqueWithoutName,
    labels: (index) => batch.labels(order[index]!),
    dropsName: (index) => batch.dropsName(order[index]!),
    read(index, into) {
      batch.read(order[index]!, into);
      if (isByValue) dropHistograms(into);
    },
    inputs: [batch],
  });
}

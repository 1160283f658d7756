import type { Position } from "../../parse/ast.ts";
import { ABSENT, FLOAT, HISTOGRAM, type StepColumn } from "../columns.ts";
import type { EvalContext } from "../context.ts";
import { addToCounts, addToVariances, keepGreatest, keepLeast } from "./accumulate.kernel.ts";

/** Collects the series of all groups and gives one column a group. */
export interface Accumulator {
  /** Adds one series; they come in input order, which `series` numbers. */
  add(column: StepColumn, group: number, series: number): void;
  /** Fills every element of `into`; called once a group, after the last `add`. */
  finish(group: number, into: StepColumn): void;
}

/** How large an accumulator is, and whom it tells about what it leaves out. */
export interface AccumulatorShape {
  readonly groupCount: number;
  readonly stepCount: number;
  readonly context: EvalContext;
  /** Where the aggregated expression stands. */
  readonly pos: Position;
  /** Name of an input series, for annotations. */
  readonly metricName: (series: number) => string;
}

/** AGG-3. */
export function countAccumulator({ groupCount, stepCount }: AccumulatorShape): Accumulator {
  const counts = new Float64Array(groupCount * stepCount);
  return {
    add: ({ kinds }, group) => addToCounts(kinds, counts, group * stepCount),
    finish: (group, into) => emit(into, counts, counts, group * stepCount),
  };
}

/** AGG-5. */
export function groupAccumulator(shape: AccumulatorShape): Accumulator {
  const counter = countAccumulator(shape);
  return {
    add: (column, group, series) => counter.add(column, group, series),
    finish(group, into) {
      counter.finish(group, into);
      into.values.fill(1);
    },
  };
}

/** AGG-4. */
export function extremeAccumulator(op: "min" | "max", shape: AccumulatorShape): Accumulator {
  const { groupCount, stepCount } = shape;
  const kept = new Float64Array(groupCount * stepCount);
  const seen = new Uint8Array(groupCount * stepCount);
  return {
    add(column, group) {
      noteIgnored(op, column, shape);
      const base = group * stepCount;
      if (op === "min") keepLeast(column.values, column.kinds, kept, seen, base);
      else keepGreatest(column.values, column.kinds, kept, seen, base);
    },
    finish: (group, into) => emit(into, kept, seen, group * stepCount),
  };
}

/** AGG-6. */
export function varianceAccumulator(op: "stddev" | "stdvar", shape: AccumulatorShape): Accumulator {
  const { groupCount, stepCount } = shape;
  const size = groupCount * stepCount;
  const counts = new Float64Array(size);
  const means = new Float64Array(size);
  const squares = new Float64Array(size);
  return {
    add(column, group) {
      noteIgnored(op, column, shape);
      addToVariances(column.values, column.kinds, counts, means, squares, group * stepCount);
    },
    finish(group, into) {
      const base = group * stepCount;
      emit(into, squares, counts, base);
      for (let step = 0; step < stepCount; step++) {
        const variance = into.values[step]! / counts[base + step]!;
        into.values[step] = op === "stdvar" ? variance : Math.sqrt(variance);
      }
    },
  };
}

/** ANN-17. */
export function noteIgnored(
  op: string,
  column: StepColumn,
  { context, pos }: Pick<AccumulatorShape, "context" | "pos">,
): void {
  if (!column.hasHistograms || !column.kinds.includes(HISTOGRAM)) return;
  context.annotations.info(`ignored histogram in ${op} aggregation`, pos);
}

/** Copies a group's values to where `seen` is not 0. */
export function emit(
  into: StepColumn,
  values: Float64Array,
  seen: Uint8Array | Float64Array,
  base: number,
): void {
  const { kinds } = into;
  into.hasHistograms = false;
  for (let step = 0; step < kinds.length; step++) {
    into.values[step] = values[base + step]!;
    kinds[step] = seen[base + step] === 0 ? ABSENT : FLOAT;
  }
}

import { assert } from "../../../base/index.ts";
import { labelValue, METRIC_NAME } from "../../../model/index.ts";
import type { Aggregator } from "../../parse/ast.ts";
import type { AggregateNode } from "../../plan/plan.ts";
import { createStepColumn, type VectorStream } from "../columns.ts";
import type { EvalContext } from "../context.ts";
import type { Evaluate } from "../evaluation.ts";
import type { StepGrid } from "../grid.ts";
import { createVectorStream } from "../stream.ts";
import {
  countAccumulator,
  extremeAccumulator,
  groupAccumulator,
  varianceAccumulator,
  type Accumulator,
  type AccumulatorShape,
} from "./accumulators.ts";
import { countValues } from "./count-values.ts";
import { groupSeries, type Grouping } from "./grouping.ts";
import { selectFirst, selectRatio } from "./limit.ts";
import { quantileAccumulator, warnOfQuantiles } from "./quantile.ts";
import { selectRanked, type Selecting } from "./rank.ts";
import { averageAccumulator, sumAccumulator } from "./sum.ts";

/** Evaluates an aggregation; reads all of its input at once. Source: spec §6. */
export function evaluateAggregate(
  node: AggregateNode,
  grid: StepGrid,
  context: EvalContext,
  evaluate: Evaluate,
): VectorStream {
  const param = node.param === undefined ? undefined : evaluate(node.param, grid, context);
  const input = evaluate(node.operand, grid, context);
  assert(input.kind === "vector", "an instant vector to aggregate");
  const rule = { names: node.grouping, without: node.without };
  const selecting = { input, rule, stepCount: grid.count, context, pos: node.pos };
  if (node.op === "count_values") {
    assert(param?.kind === "string", "a label name");
    return countValues(param.value, selecting);
  }
  const numbers = param?.kind === "scalar" ? param.values : new Float64Array(0);
  switch (node.op) {
    case "topk":
    case "bottomk":
      return selectRanked(node.op, numbers, selecting);
    case "limitk":
      return selectFirst(numbers, selecting);
    case "limit_ratio":
      return selectRatio(numbers, node.param!.pos, selecting);
    default:
      return accumulate(node, numbers, selecting);
  }
}

function accumulate(node: AggregateNode, numbers: Float64Array, selecting: Selecting): VectorStream {
  const { input, rule, stepCount, context } = selecting;
  if (node.op === "quantile") warnOfQuantiles(numbers, node.param!.pos, context);
  const grouping = groupSeries(input, rule);
  const { groupCount, groupOf } = grouping;
  // At most three columns of numbers and one of marks.
  context.memory.takePlaces(3 * groupCount, stepCount);
  const metricName = (series: number): string => labelValue(input.labels(series), METRIC_NAME);
  const shape = { groupCount, stepCount, context, pos: node.operand.pos, metricName };
  const accumulator =
    node.op === "quantile"
      ? quantileAccumulator(numbers, memberCounts(grouping), shape)
      : createAccumulator(node.op, shape);
  const column = createStepColumn(stepCount);
  for (let index = 0; index < input.seriesCount; index++) {
    input.read(index, column);
    accumulator.add(column, groupOf[index]!, index);
  }
  input.release();
  return createVectorStream(context, {
    seriesCount: groupCount,
    uniqueWithoutName: grouping.uniqueWithoutName,
    labels: (group) => grouping.labels(group),
    dropsName: (group) => grouping.dropsName(group),
    read: (group, into) => accumulator.finish(group, into),
    inputs: [],
  });
}

function createAccumulator(op: Aggregator, shape: AccumulatorShape): Accumulator {
  switch (op) {
    case "sum":
      return sumAccumulator(shape);
    case "avg":
      return averageAccumulator(shape);
    case "count":
      return countAccumulator(shape);
    case "group":
      return groupAccumulator(shape);
    case "min":
    case "max":
      return extremeAccumulator(op, shape);
    case "stddev":
    case "stdvar":
      return varianceAccumulator(op, shape);
    default:
      throw new Error(`assertion failed: expected an accumulating aggregation, not ${op}`);
  }
}

function memberCounts({ groupOf, groupCount }: Grouping): Int32Array {
  const counts = new Int32Array(groupCount);
  for (const group of groupOf) counts[group]!++;
  return counts;
}

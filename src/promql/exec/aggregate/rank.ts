import { formatFloatG } from "../../../model/index.ts";
import { PromqlExecutionError } from "../../errors.ts";
import type { Position } from "../../parse/ast.ts";
import {
  clearColumn,
  createStepColumn,
  FLOAT,
  setFloat,
  type StepColumn,
  type VectorStream,
} from "../columns.ts";
import type { EvalContext } from "../context.ts";
import type { MemoryBudget } from "../memory.ts";
import { createVectorStream, emptyStream } from "../stream.ts";
import { noteIgnored } from "./accumulators.ts";
import { groupSeries, type Grouping, type GroupingRule } from "./grouping.ts";
import { pushHeap, replaceRoot } from "./heap.kernel.ts";

/** An aggregation whose result has series of its input. */
export interface Selecting {
  readonly input: VectorStream;
  readonly rule: GroupingRule;
  readonly stepCount: number;
  readonly context: EvalContext;
  /** Where the aggregation stands. */
  readonly pos: Position;
}

/**
 * Numbers of elements to keep, by step, as integers; undefined when no step keeps any.
 * @throws PromqlExecutionError Source: Prometheus promql/engine.go, rangeEvalAgg; spec AGG-10.
 */
export function keptCounts(param: Float64Array): Float64Array | undefined {
  const greatest = param.reduce((a, b) => Math.max(a, b), -Infinity);
  const least = param.reduce((a, b) => Math.min(a, b), Infinity);
  if (greatest < 1) return undefined;
  if (param.some(Number.isNaN)) throw new PromqlExecutionError("Parameter value is NaN");
  if (least <= -(2 ** 63))
    throw new PromqlExecutionError(`Scalar value ${formatFloatG(least)} underflows int64`);
  if (greatest >= 2 ** 63)
    throw new PromqlExecutionError(`Scalar value ${formatFloatG(greatest)} overflows int64`);
  return param.map(Math.trunc);
}

/** topk and bottomk (AGG-8 to AGG-11). */
export function selectRanked(
  op: "topk" | "bottomk",
  param: Float64Array,
  { input, rule, stepCount, context, pos }: Selecting,
): VectorStream {
  const kept = keptCounts(param);
  if (kept === undefined || input.seriesCount === 0) return readForNothing(input, stepCount);
  const grouping = groupSeries(input, rule);
  const heaps = new Heaps(grouping, kept, { sign: op === "topk" ? 1 : -1, memory: context.memory });
  const column = createStepColumn(stepCount);
  for (let index = 0; index < input.seriesCount; index++) {
    input.read(index, column);
    noteIgnored(op, column, { context, pos });
    heaps.add(column, index, grouping.groupOf[index]!);
  }
  input.release();
  const ranked = stepCount === 1 ? heaps.inRankOrder() : heaps.inSeriesOrder();
  return createVectorStream(context, {
    seriesCount: ranked.length,
    uniqueWithoutName: input.uniqueWithoutName,
    labels: (at) => input.labels(ranked[at]!.series),
    dropsName: (at) => input.dropsName(ranked[at]!.series),
    read: (at, into) => fillPoints(ranked[at]!, into),
    inputs: [],
  });
}

/** Nothing is kept, but what is wrong with the input still shows and its samples still count. */
export function readForNothing(input: VectorStream, stepCount: number): VectorStream {
  const column = createStepColumn(stepCount);
  for (let index = 0; index < input.seriesCount; index++) input.read(index, column);
  input.release();
  return emptyStream();
}

interface RankedSeries {
  readonly series: number;
  readonly steps: Int32Array; // Where it is among the best, ascending.
  readonly values: Float64Array; // There.
}

function fillPoints({ steps, values }: RankedSeries, into: StepColumn): void {
  clearColumn(into);
  for (let at = 0; at < steps.length; at++) setFloat(into, steps[at]!, values[at]!);
}

/** One heap a group and step. */
class Heaps {
  readonly #kept: Float64Array; // By step.
  readonly #sign: number;
  readonly #groupCount: number;
  readonly #seriesCount: number;
  readonly #firsts: Float64Array; // Where the places of each group's first heap begin.
  readonly #capacities: Int32Array; // Places in each heap of a group.
  readonly #sizes: Int32Array; // By group and step.
  readonly #values: Float64Array;
  readonly #series: Int32Array;

  constructor(
    { groupCount, groupOf }: Grouping,
    kept: Float64Array,
    { sign, memory }: { readonly sign: number; readonly memory: MemoryBudget },
  ) {
    this.#kept = kept;
    this.#sign = sign;
    this.#groupCount = groupCount;
    this.#seriesCount = groupOf.length;
    this.#capacities = new Int32Array(groupCount);
    this.#firsts = new Float64Array(groupCount);
    for (const group of groupOf) this.#capacities[group]!++;
    const greatest = kept.reduce((a, b) => Math.max(a, b), 0);
    let places = 0;
    for (let group = 0; group < groupCount; group++) {
      this.#capacities[group] = Math.min(this.#capacities[group]!, greatest);
      this.#firsts[group] = places;
      places += this.#capacities[group]! * kept.length;
    }
    // And as much again to put them in order.
    memory.takePlaces(3 * places, 1);
    this.#sizes = new Int32Array(groupCount * kept.length);
    this.#values = new Float64Array(places);
    this.#series = new Int32Array(places);
  }

  #base(group: number, step: number): number {
    return this.#firsts[group]! + step * this.#capacities[group]!;
  }

  add({ kinds, values }: StepColumn, series: number, group: number): void {
    const sign = this.#sign;
    for (let step = 0; step < kinds.length; step++) {
      if (kinds[step] !== FLOAT) continue;
      const kept = this.#kept[step]!;
      const heap = group * kinds.length + step;
      const base = this.#base(group, step);
      const size = this.#sizes[heap]!;
      const value = values[step]!;
      if (size < kept) {
        pushHeap(this.#values, this.#series, base, size, value, series, sign);
        this.#sizes[heap] = size + 1;
      } else if (kept >= 1 && this.#isBetter(value, this.#values[base]!)) {
        replaceRoot(this.#values, this.#series, base, size, value, series, sign);
      }
    }
  }

  #isBetter(value: number, root: number): boolean {
    return root * this.#sign < value * this.#sign || (Number.isNaN(root) && !Number.isNaN(value));
  }

  /** Of the only step: group by group, the best first. */
  inRankOrder(): RankedSeries[] {
    const ranked: RankedSeries[] = [];
    const steps = new Int32Array(1);
    for (let group = 0; group < this.#groupCount; group++) {
      const base = this.#base(group, 0);
      const places = Array.from({ length: this.#sizes[group]! }, (_, at) => base + at);
      places.sort((a, b) => this.#compare(this.#values[a]!, this.#values[b]!));
      for (const at of places) {
        ranked.push({ series: this.#series[at]!, steps, values: this.#values.subarray(at, at + 1) });
      }
    }
    return ranked;
  }

  inSeriesOrder(): RankedSeries[] {
    // How many steps each series has, then where its first one goes, then where its next one goes.
    const ends = new Int32Array(this.#seriesCount + 1);
    this.#eachElement((at) => ends[this.#series[at]! + 1]!++);
    for (let series = 0; series < this.#seriesCount; series++) ends[series + 1]! += ends[series]!;
    const total = ends[this.#seriesCount]!;
    const steps = new Int32Array(total);
    const values = new Float64Array(total);
    this.#eachElement((at, step) => {
      const place = ends[this.#series[at]!]!++;
      steps[place] = step;
      values[place] = this.#values[at]!;
    });
    const ranked: RankedSeries[] = [];
    let first = 0;
    for (let series = 0; series < this.#seriesCount; series++) {
      const end = ends[series]!;
      if (end > first)
        ranked.push({ series, steps: steps.subarray(first, end), values: values.subarray(first, end) });
      first = end;
    }
    return ranked;
  }

  // A series is in one group, so that its steps come in order.
  #eachElement(visit: (at: number, step: number) => void): void {
    const stepCount = this.#kept.length;
    for (let group = 0; group < this.#groupCount; group++) {
      for (let step = 0; step < stepCount; step++) {
        const base = this.#base(group, step);
        const size = this.#sizes[group * stepCount + step]!;
        for (let at = base; at < base + size; at++) visit(at, step);
      }
    }
  }

  // Negative when `a` ranks before `b`; NaN last.
  #compare(a: number, b: number): number {
    if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
    if (a === b) return 0;
    return (a > b ? -1 : 1) * this.#sign;
  }
}

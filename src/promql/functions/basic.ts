import {
  compileMatcher,
  labelsFromRecord,
  METRIC_NAME,
  NO_LABELS,
  type Labels,
  type Matcher,
} from "../../model/index.ts";
import {
  ABSENT,
  clearColumn,
  createStepColumn,
  FLOAT,
  setFloat,
  type VectorStream,
} from "../exec/columns.ts";
import { stepSeconds } from "../exec/grid.ts";
import { vectorOfScalar } from "../exec/scalar-vector.ts";
import { evaluateSelect } from "../exec/select.ts";
import { createVectorStream, keepsEveryName, resultNaming } from "../exec/stream.ts";
import { mergeEqualSeries } from "../exec/merge.ts";
import { createRangeInput } from "../exec/windows.ts";
import type { PlanNode } from "../plan/plan.ts";
import { rangeArgument, scalarArgument, vectorArgument } from "./arguments.ts";
import type { FunctionTable, SpecialCall } from "./registry.ts";

/** Functions between scalars, vectors and time: FN-3 (pi), FN-7 to FN-10, FN-14, FN-15, FN-41, FN-42. */
export const basicFunctions: FunctionTable = {
  pi: constant(() => Math.PI),
  time: {
    kind: "special",
    evaluate: ({ grid }) => ({ kind: "scalar", values: stepSeconds(grid) }),
  },
  vector: {
    kind: "special",
    evaluate: (call) => vectorOfScalar(scalarArgument(call, 0), call.context),
  },
  scalar: { kind: "special", evaluate: (call) => ({ kind: "scalar", values: onlyFloats(call) }) },
  timestamp: { kind: "special", evaluate: timestamps },
  absent: { kind: "special", evaluate: absent },
  absent_over_time: { kind: "special", evaluate: absentOverTime },
  start: constant(({ context }) => context.query.startMs / 1000),
  end: constant(({ context }) => context.query.endMs / 1000),
  step: constant(({ context }) => context.query.stepMs / 1000),
  range: constant(({ context }) => (context.query.endMs - context.query.startMs) / 1000),
  // No sample has a start time as long as none is stored (FN-43).
  start_timestamp: { kind: "elementwise", floats: undefined },
  min_of: extreme(Math.min),
  max_of: extreme(Math.max),
};

function constant(value: (call: SpecialCall) => number): FunctionTable[string] {
  return {
    kind: "special",
    evaluate: (call) => ({ kind: "scalar", values: new Float64Array(call.grid.count).fill(value(call)) }),
  };
}

function extreme(of: (a: number, b: number) => number): FunctionTable[string] {
  return {
    kind: "special",
    evaluate(call) {
      const left = scalarArgument(call, 0);
      const right = scalarArgument(call, 1);
      return { kind: "scalar", values: left.map((value, step) => of(value, right[step]!)) };
    },
  };
}

/** The only float of each step, NaN where there is none or more than one; histograms do not count. */
function onlyFloats(call: SpecialCall): Float64Array {
  const input = vectorArgument(call, 0);
  const values = new Float64Array(call.grid.count);
  const counts = new Uint32Array(call.grid.count);
  const column = createStepColumn(call.grid.count);
  for (let index = 0; index < input.seriesCount; index++) {
    input.read(index, column);
    for (let step = 0; step < values.length; step++) {
      if (column.kinds[step] !== FLOAT) continue;
      values[step] = column.values[step]!;
      counts[step]!++;
    }
  }
  input.release();
  for (let step = 0; step < values.length; step++) if (counts[step] !== 1) values[step] = Number.NaN;
  return values;
}

function timestamps(call: SpecialCall): VectorStream {
  const { node, grid, context } = call;
  const argument = node.args[0]!;
  // A selector tells its samples' times; everything else has the time of the step (SEM-12).
  const ofSamples = argument.kind === "select" && argument.extension === undefined;
  const input = ofSamples ? evaluateSelect(argument, grid, context, "time") : vectorArgument(call, 0);
  const seconds = stepSeconds(grid);
  const stream = createVectorStream(context, {
    seriesCount: input.seriesCount,
    uniqueWithoutName: input.uniqueWithoutName,
    ...resultNaming(input, context, false),
    read(index, into) {
      input.read(index, into);
      if (ofSamples) return;
      into.hasHistograms = false;
      for (let step = 0; step < seconds.length; step++) {
        if (into.kinds[step] !== ABSENT) setFloat(into, step, seconds[step]!);
      }
    },
    inputs: [input],
  });
  return context.features.delayedNameRemoval ? stream : mergeEqualSeries(stream, grid, context);
}

function absent(call: SpecialCall): VectorStream {
  const input = vectorArgument(call, 0);
  const column = createStepColumn(call.grid.count);
  const present = new Uint8Array(call.grid.count);
  for (let index = 0; index < input.seriesCount; index++) {
    input.read(index, column);
    for (let step = 0; step < present.length; step++) present[step]! |= column.kinds[step]!;
  }
  input.release();
  return whereNot(present, call);
}

function absentOverTime(call: SpecialCall): VectorStream {
  const range = rangeArgument(call, 0);
  const input = createRangeInput();
  const present = new Uint8Array(call.grid.count);
  for (let index = 0; index < range.seriesCount; index++) {
    range.read(index, input);
    for (const windows of [input.windows, input.histograms?.windows]) {
      if (windows === undefined) continue;
      for (let step = 0; step < present.length; step++)
        if (windows.to[step]! > windows.from[step]!) present[step] = 1;
    }
  }
  range.release();
  return whereNot(present, call);
}

/** One series that is 1 at the steps where nothing is present; no series at all when there are none. */
function whereNot(present: Uint8Array, { node, context }: SpecialCall): VectorStream {
  return createVectorStream(context, {
    seriesCount: present.includes(0) ? 1 : 0,
    uniqueWithoutName: true,
    labels: () => labelsOfAbsent(node.args[0]!),
    dropsName: keepsEveryName,
    read(_index, into) {
      clearColumn(into);
      for (let step = 0; step < present.length; step++) if (present[step] === 0) setFloat(into, step, 1);
    },
    inputs: [],
  });
}

/**
 * What the selector demands of a missing series: an equality says which label it would have, and any later matcher on
 * the same label takes it back. Matchers that only leave series out count as later, since selecting has put them last.
 * Source: Prometheus promql/functions.go, createLabelsForAbsentFunction; tsdb/querier.go, PostingsForMatchers; spec FN-14.
 */
function labelsOfAbsent(argument: PlanNode): Labels {
  const select = argument.kind === "window" ? argument.select : argument;
  if (select.kind !== "select") return NO_LABELS;
  const wanted = new Map<string, string>();
  const first = select.matchers.filter((matcher) => !leavesOut(matcher));
  for (const { name, kind, value } of [...first, ...select.matchers.filter(leavesOut)]) {
    if (name === METRIC_NAME) continue;
    if (kind === "=" && !wanted.has(name)) wanted.set(name, value);
    else if (wanted.has(name)) wanted.set(name, "");
  }
  return labelsFromRecord(Object.fromEntries(wanted));
}

function leavesOut(matcher: Matcher): boolean {
  return (matcher.kind === "!=" || matcher.kind === "!~") && compileMatcher(matcher).matchesEmpty;
}

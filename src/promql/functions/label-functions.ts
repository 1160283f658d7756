import {
  compileRegex,
  compileTemplate,
  expandTemplate,
  isValidLabelName,
  labelValue,
  METRIC_NAME,
  RegexError,
  withLabel,
  type CompiledRegex,
  type Labels,
} from "../../model/index.ts";
import { PromqlExecutionError } from "../errors.ts";
import type { VectorStream } from "../exec/columns.ts";
import { mergeEqualSeries } from "../exec/merge.ts";
import { createVectorStream } from "../exec/stream.ts";
import { stringArgument, vectorArgument } from "./arguments.ts";
import type { FunctionTable, SpecialCall } from "./registry.ts";

/** Matching and making a label takes about as long as this many points. */
const LABEL_WORK = 100;

/** FN-16, FN-17. Points pass as they are, histograms too; the name is kept. */
export const labelFunctions: FunctionTable = {
  label_replace: { kind: "special", evaluate: labelReplace },
  label_join: { kind: "special", evaluate: labelJoin },
};

function labelReplace(call: SpecialCall): VectorStream {
  const [target, template, source, pattern] = [1, 2, 3, 4].map((index) => stringArgument(call, index)) as [
    string,
    string,
    string,
    string,
  ];
  const regex = compileArgument(pattern);
  const replacement = compileTemplate(template);
  if (!isValidLabelName(target)) {
    throw new PromqlExecutionError(`invalid destination label name in label_replace(): ${target}`);
  }
  return relabel(call, target, (labels) => {
    const groups = regex.findGroups(labelValue(labels, source));
    return groups === undefined ? undefined : expandTemplate(replacement, groups);
  });
}

function compileArgument(pattern: string): CompiledRegex {
  try {
    return compileRegex(pattern);
  } catch (cause) {
    if (!(cause instanceof RegexError)) throw cause;
    throw new PromqlExecutionError(`invalid regular expression in label_replace(): ${pattern}`, { cause });
  }
}

function labelJoin(call: SpecialCall): VectorStream {
  const target = stringArgument(call, 1);
  const separator = stringArgument(call, 2);
  const sources = call.node.args.slice(3).map((_, index) => stringArgument(call, index + 3));
  const invalid = sources.find((source) => !isValidLabelName(source));
  if (invalid !== undefined) {
    throw new PromqlExecutionError(`invalid source label name in label_join(): ${invalid}`);
  }
  if (!isValidLabelName(target)) {
    throw new PromqlExecutionError(`invalid destination label name in label_join(): ${target}`);
  }
  return relabel(call, target, (labels) =>
    sources.map((source) => labelValue(labels, source)).join(separator),
  );
}

/** The argument with label `target` set to what `value` gives; undefined leaves a series alone. */
function relabel(
  call: SpecialCall,
  target: string,
  value: (labels: Labels) => string | undefined,
): VectorStream {
  const { grid, context } = call;
  const input = vectorArgument(call, 0);
  const cache: (Labels | undefined)[] = [];
  const changed: boolean[] = [];
  const labels = (index: number): Labels => {
    const known = cache[index];
    if (known !== undefined) return known;
    const before = input.labels(index);
    context.guard.check(LABEL_WORK);
    const text = value(before);
    changed[index] = text !== undefined;
    if (text === undefined) return (cache[index] = before);
    const after = withLabel(before, target, text);
    context.memory.takeLabels(after);
    return (cache[index] = after);
  };
  const stream = createVectorStream(context, {
    seriesCount: input.seriesCount,
    uniqueWithoutName: false,
    labels,
    dropsName(index) {
      // Writing the name takes back that it is to be removed (SEM-15).
      labels(index);
      return input.dropsName(index) && !(target === METRIC_NAME && changed[index]!);
    },
    read: (index, into) => input.read(index, into),
    inputs: [input],
  });
  return mergeEqualSeries(stream, grid, context);
}

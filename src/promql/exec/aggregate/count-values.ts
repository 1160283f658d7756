import {
  formatFloatPlain,
  goQuote,
  histogramText,
  isValidLabelName,
  withLabel,
} from "../../../model/index.ts";
import { PromqlExecutionError } from "../../errors.ts";
import { ABSENT, clearColumn, createStepColumn, FLOAT, setFloat, type VectorStream } from "../columns.ts";
import { LabelGroups } from "../label-groups.ts";
import { createVectorStream, keepsEveryName } from "../stream.ts";
import { groupLabels, type GroupingRule } from "./grouping.ts";
import type { Selecting } from "./rank.ts";

interface CountedValue {
  readonly series: number; // Any that had it.
  readonly text: string;
  readonly counts: Float64Array; // By step; 0: absent.
}

/**
 * count_values: how many elements of each group have each value (AGG-12).
 * @throws PromqlExecutionError for a label name that is none.
 */
export function countValues(label: string, { input, rule, stepCount, context }: Selecting): VectorStream {
  if (!isValidLabelName(label)) throw new PromqlExecutionError(`invalid label name ${goQuote(label)}`);
  const names = rule.without ? rule.names : [...new Set([...rule.names, label])];
  const valueRule: GroupingRule = { names, without: rule.without };
  const groups = new LabelGroups(valueRule);
  const column = createStepColumn(stepCount);
  const values: CountedValue[] = [];
  for (let series = 0; series < input.seriesCount; series++) {
    input.read(series, column);
    const labels = input.labels(series);
    for (let step = 0; step < stepCount; step++) {
      const kind = column.kinds[step]!;
      if (kind === ABSENT) continue;
      const text =
        kind === FLOAT ? formatFloatPlain(column.values[step]!) : histogramText(column.histograms[step]!);
      const group = groups.add(withLabel(labels, label, text));
      let value = values[group];
      if (value === undefined) {
        context.memory.takeSeries(labels, stepCount);
        value = { series, text, counts: new Float64Array(stepCount) };
        values[group] = value;
      }
      value.counts[step]!++;
    }
  }
  return createVectorStream(context, {
    seriesCount: values.length,
    uniqueWithoutName: true,
    labels(index) {
      const { series, text } = values[index]!;
      return groupLabels(withLabel(input.labels(series), label, text), valueRule);
    },
    dropsName: keepsEveryName,
    read(index, into) {
      clearColumn(into);
      for (let step = 0; step < stepCount; step++) {
        const count = values[index]!.counts[step]!;
        if (count > 0) setFloat(into, step, count);
      }
    },
    inputs: [input],
  });
}

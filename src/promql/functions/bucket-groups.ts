import {
  filterLabels,
  goQuote,
  labelsKey,
  labelValue,
  METRIC_NAME,
  parseGoFloat,
  type Histogram,
  type Labels,
} from "../../model/index.ts";
import { materialize, type VectorBatch } from "../exec/batch.ts";
import { FLOAT, HISTOGRAM, type VectorStream } from "../exec/columns.ts";
import { isReservedLabel, type EvalContext } from "../exec/context.ts";
import type { StepGrid } from "../exec/grid.ts";
import type { Position } from "../parse/ast.ts";

const BUCKET_BOUND = "le";

/** Histograms of one label set in an instant vector: classic ones by their buckets, native ones as they are. */
export interface HistogramGroup {
  /** Without `le`; the name is there only with delayed name removal. */
  readonly labels: Labels;
  /** For annotations; "" where texts carry no name (see promql.md §10). */
  readonly metricName: string;
  /** Bound and cumulative count of each bucket present at the step, in the input's order. */
  classicAt(step: number): { readonly bounds: readonly number[]; readonly counts: readonly number[] };
  nativeAt(step: number): Histogram | undefined;
}

interface Members {
  readonly first: number;
  readonly buckets: { readonly series: number; readonly bound: number }[];
  readonly natives: number[];
}

/**
 * Sorts the series of a vector into histograms: by all labels but `le` and the name (FN-51). Series whose `le` is no
 * number are left out with ANN-5; where one group has classic buckets and a native histogram at a step, ANN-9 is
 * given and neither is shown.
 */
export function groupHistograms(
  input: VectorStream,
  grid: StepGrid,
  { context, pos }: { readonly context: EvalContext; readonly pos: Position },
): readonly HistogramGroup[] {
  const batch = materialize(input, grid.count);
  const groups = new Map<string, Members>();
  for (let series = 0; series < batch.seriesCount; series++) {
    const kinds = batch.kinds.subarray(series * grid.count, (series + 1) * grid.count);
    const labels = batch.labels(series);
    const hasFloats = kinds.includes(FLOAT);
    const bound = hasFloats ? boundOf(labels, { context, pos }) : undefined;
    const isNative = kinds.includes(HISTOGRAM);
    if (bound === undefined && !isNative) continue;
    const key = labelsKey(withoutBound(labels, context));
    let members = groups.get(key);
    if (members === undefined) {
      members = { first: series, buckets: [], natives: [] };
      groups.set(key, members);
    }
    if (bound !== undefined) members.buckets.push({ series, bound });
    if (isNative) members.natives.push(series);
  }
  return Array.from(groups.values(), (members) => toGroup(members, batch, { context, pos }));
}

function boundOf(
  labels: Labels,
  { context, pos }: { readonly context: EvalContext; readonly pos: Position },
): number | undefined {
  const text = labelValue(labels, BUCKET_BOUND);
  const bound = parseGoFloat(text);
  if (bound !== undefined) return bound;
  const where = nameSuffix(context.features.delayedNameRemoval ? labelValue(labels, METRIC_NAME) : "");
  context.annotations.warn(
    `bucket label "le" is missing or has a malformed value of ${goQuote(text)}${where}`,
    pos,
  );
  return undefined;
}

function toGroup(
  { first, buckets, natives }: Members,
  batch: VectorBatch,
  { context, pos }: { readonly context: EvalContext; readonly pos: Position },
): HistogramGroup {
  const { stepCount, kinds, values, histograms } = batch;
  const labels = batch.labels(first);
  const metricName = context.features.delayedNameRemoval ? labelValue(labels, METRIC_NAME) : "";
  const isAt = (series: number, step: number, kind: number): boolean =>
    kinds[series * stepCount + step] === kind;
  const clashes = (step: number): boolean => {
    if (buckets.length === 0 || natives.length === 0) return false;
    const clash =
      buckets.some(({ series }) => isAt(series, step, FLOAT)) &&
      natives.some((series) => isAt(series, step, HISTOGRAM));
    if (clash) {
      context.annotations.warn(
        `vector contains a mix of classic and native histograms${nameSuffix(metricName)}`,
        pos,
      );
    }
    return clash;
  };
  return {
    labels: filterLabels(labels, (name) => name !== BUCKET_BOUND),
    metricName: labelValue(labels, METRIC_NAME),
    classicAt(step) {
      const present = clashes(step) ? [] : buckets.filter(({ series }) => isAt(series, step, FLOAT));
      return {
        bounds: present.map(({ bound }) => bound),
        counts: present.map(({ series }) => values[series * stepCount + step]!),
      };
    },
    nativeAt(step) {
      const native = clashes(step) ? undefined : natives.find((series) => isAt(series, step, HISTOGRAM));
      return native === undefined ? undefined : histograms[native]![step];
    },
  };
}

function withoutBound(labels: Labels, context: EvalContext): Labels {
  const { delayedNameRemoval } = context.features;
  return filterLabels(
    labels,
    (name) => name !== BUCKET_BOUND && (delayedNameRemoval || !isReservedLabel(name, context.features)),
  );
}

function nameSuffix(metricName: string): string {
  return metricName === "" ? "" : ` for metric name ${goQuote(metricName)}`;
}

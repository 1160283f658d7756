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
import type { EvalContext } from "../exec/context.ts";
import type { StepGrid } from "../exec/grid.ts";
import type { Position } from "../parse/ast.ts";

const BUCKET_BOUND = "le";

/** One histogram of an instant vector: a classic one by its buckets, or a native one as it is. */
export interface HistogramGroup {
  /** Of a classic one without `le`. With the name. */
  readonly labels: Labels;
  /** For annotations; "" where texts carry no name (see promql.md §10). */
  readonly metricName: string;
  /** Bound and cumulative count of each bucket present at the step, in the input's order. */
  classicAt(step: number): { readonly bounds: readonly number[]; readonly counts: readonly number[] };
  nativeAt(step: number): Histogram | undefined;
}

/** The buckets of a classic histogram, and the native one that has the same labels. */
interface Buckets {
  readonly first: number;
  readonly members: { readonly series: number; readonly bound: number }[];
  native: number | undefined;
}

/**
 * Sorts the series of a vector into histograms: native ones first, then those that buckets form, by all labels but
 * `le` (FN-51). Series whose `le` is no number are left out with ANN-5; where buckets and a native histogram have the
 * same labels at a step, ANN-9 is given and neither is shown.
 * Source: Prometheus promql/engine.go, resetHistograms.
 */
export function groupHistograms(
  input: VectorStream,
  grid: StepGrid,
  { context, pos }: { readonly context: EvalContext; readonly pos: Position },
): readonly HistogramGroup[] {
  const batch = materialize(input, grid.count, context.memory);
  const classics = new Map<string, Buckets>();
  const natives: number[] = [];
  for (let series = 0; series < batch.seriesCount; series++) {
    const kinds = batch.kinds.subarray(series * grid.count, (series + 1) * grid.count);
    const labels = batch.labels(series);
    if (kinds.includes(HISTOGRAM)) natives.push(series);
    const bound = kinds.includes(FLOAT) ? boundOf(labels, { context, pos }) : undefined;
    if (bound === undefined) continue;
    const key = labelsKey(withoutBound(labels));
    const known = classics.get(key);
    if (known === undefined)
      classics.set(key, { first: series, members: [{ series, bound }], native: undefined });
    else known.members.push({ series, bound });
  }
  const rivals = natives.map((native) => {
    const rival = classics.get(labelsKey(batch.labels(native)));
    if (rival !== undefined) rival.native = native;
    return rival;
  });
  const place = { batch, context, pos };
  return [
    ...natives.map((native, index) => nativeGroup(native, rivals[index], place)),
    ...Array.from(classics.values(), (buckets) => classicGroup(buckets, place)),
  ];
}

function boundOf(
  labels: Labels,
  { context, pos }: { readonly context: EvalContext; readonly pos: Position },
): number | undefined {
  const text = labelValue(labels, BUCKET_BOUND);
  const bound = parseGoFloat(text);
  if (bound !== undefined) return bound;
  const where = nameSuffix(nameInTexts(labels, context));
  context.annotations.warn(
    `bucket label "le" is missing or has a malformed value of ${goQuote(text)}${where}`,
    pos,
  );
  return undefined;
}

interface GroupPlace {
  readonly batch: VectorBatch;
  readonly context: EvalContext;
  readonly pos: Position;
}

function nativeGroup(
  native: number,
  rival: Buckets | undefined,
  { batch, context, pos }: GroupPlace,
): HistogramGroup {
  const labels = batch.labels(native);
  const metricName = nameInTexts(labels, context);
  return {
    labels,
    metricName,
    classicAt: () => ({ bounds: [], counts: [] }),
    nativeAt(step) {
      if (batch.kinds[native * batch.stepCount + step] !== HISTOGRAM) return undefined;
      if (rival !== undefined && clashes(rival, batch, step)) {
        const text = "vector contains a mix of classic and native histograms";
        context.annotations.warn(`${text}${nameSuffix(metricName)}`, pos);
        return undefined;
      }
      return batch.histograms[native]![step];
    },
  };
}

function classicGroup(buckets: Buckets, { batch, context }: GroupPlace): HistogramGroup {
  const { kinds, values, stepCount } = batch;
  const labels = batch.labels(buckets.first);
  return {
    labels: withoutBound(labels),
    metricName: nameInTexts(labels, context),
    classicAt(step) {
      const present = clashes(buckets, batch, step)
        ? []
        : buckets.members.filter(({ series }) => kinds[series * stepCount + step] === FLOAT);
      return {
        bounds: present.map(({ bound }) => bound),
        counts: present.map(({ series }) => values[series * stepCount + step]!),
      };
    },
    nativeAt: () => undefined,
  };
}

/** Whether there are both at the step, buckets and a native histogram of the same labels. */
function clashes({ members, native }: Buckets, { kinds, stepCount }: VectorBatch, step: number): boolean {
  if (native === undefined || kinds[native * stepCount + step] !== HISTOGRAM) return false;
  return members.some(({ series }) => kinds[series * stepCount + step] === FLOAT);
}

function withoutBound(labels: Labels): Labels {
  return filterLabels(labels, (name) => name !== BUCKET_BOUND);
}

function nameInTexts(labels: Labels, { features }: EvalContext): string {
  return features.delayedNameRemoval ? labelValue(labels, METRIC_NAME) : "";
}

function nameSuffix(metricName: string): string {
  return metricName === "" ? "" : ` for metric name ${goQuote(metricName)}`;
}

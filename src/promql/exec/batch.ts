import type { Histogram, Labels } from "../../model/index.ts";
import { ABSENT, createStepColumn, HISTOGRAM, type StepColumn, type VectorStream } from "./columns.ts";
import type { MemoryBudget } from "./memory.ts";

/**
 * A vector read as a whole: the point of series `i` at step `s` is element `i * stepCount + s` of the columns.
 * It may be read as a stream too, any series at any time.
 */
export interface VectorBatch extends VectorStream {
  readonly stepCount: number;
  readonly values: Float64Array;
  readonly kinds: Uint8Array;
  /** Histograms of series `i`, by step; undefined when it has none. */
  readonly histograms: readonly ((Histogram | undefined)[] | undefined)[];
}

/**
 * Reads all of a stream. Releasing the batch releases the stream.
 * @throws PromqlExecutionError when it is too large to be held.
 */
export function materialize(stream: VectorStream, stepCount: number, memory: MemoryBudget): VectorBatch {
  const { seriesCount } = stream;
  memory.takePlaces(seriesCount, stepCount);
  const values = new Float64Array(seriesCount * stepCount);
  const kinds = new Uint8Array(seriesCount * stepCount);
  const histograms: ((Histogram | undefined)[] | undefined)[] = [];
  const column = createStepColumn(stepCount);
  for (let index = 0; index < seriesCount; index++) {
    stream.read(index, column);
    const base = index * stepCount;
    if (stepCount === 1) {
      values[base] = column.values[0]!;
      kinds[base] = column.kinds[0]!;
    } else {
      values.set(column.values, base);
      kinds.set(column.kinds, base);
    }
    if (column.hasHistograms) histograms[index] = column.histograms.slice(0, stepCount);
  }
  return createBatch(stream, { stepCount, values, kinds, histograms });
}

type BatchColumns = Pick<VectorBatch, "stepCount" | "values" | "kinds" | "histograms">;

function createBatch(stream: VectorStream, columns: BatchColumns): VectorBatch {
  const labels: (Labels | undefined)[] = [];
  return {
    kind: "vector",
    seriesCount: stream.seriesCount,
    uniqueWithoutName: stream.uniqueWithoutName,
    ...columns,
    labels: (index) => (labels[index] ??= stream.labels(index)),
    labelValue: (index, name) => stream.labelValue(index, name),
    dropsName: (index) => stream.dropsName(index),
    read: (index, into) => readBatch(columns, index, into),
    release: () => stream.release(),
  };
}

function readBatch(columns: BatchColumns, index: number, into: StepColumn): void {
  const { stepCount, values, kinds, histograms } = columns;
  const base = index * stepCount;
  for (let step = 0; step < stepCount; step++) {
    into.values[step] = values[base + step]!;
    into.kinds[step] = kinds[base + step]!;
  }
  const items = histograms[index];
  into.hasHistograms = items !== undefined;
  if (items === undefined) return;
  for (let step = 0; step < stepCount; step++) {
    if (into.kinds[step] === HISTOGRAM) into.histograms[step] = items[step];
  }
}

/** Whether series `index` has a point at any step. */
export function hasPoints(batch: VectorBatch, index: number): boolean {
  const { kinds, stepCount } = batch;
  for (let at = index * stepCount; at < (index + 1) * stepCount; at++) if (kinds[at] !== ABSENT) return true;
  return false;
}

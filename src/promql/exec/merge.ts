import { PromqlExecutionError } from "../errors.ts";
import { hasPoints, materialize, type VectorBatch } from "./batch.ts";
import {
  ABSENT,
  clearColumn,
  createStepColumn,
  HISTOGRAM,
  type StepColumn,
  type VectorStream,
} from "./columns.ts";
import { withoutReserved, type EvalContext } from "./context.ts";
import type { StepGrid } from "./grid.ts";
import { ALL_LABELS, LabelGroups } from "./label-groups.ts";
import { createVectorStream } from "./stream.ts";

export const SAME_LABELSET = "vector cannot contain metrics with the same labelset";

/**
 * Makes series with equal label sets one, which they are when no two of them have a point at one step.
 * Streams whose label sets all differ pass as they are.
 * @throws PromqlExecutionError where two points would meet. Source: spec SEM-14.
 */
export function mergeEqualSeries(stream: VectorStream, grid: StepGrid, context: EvalContext): VectorStream {
  if (stream.uniqueWithoutName) return stream;
  const { groups, nameless } = groupEqual(stream);
  if (groups.length === stream.seriesCount) return nameless ? markUnique(stream) : stream;
  const batch = materialize(stream, grid.count, context.memory);
  const scratch = createStepColumn(grid.count);
  return createVectorStream(context, {
    seriesCount: groups.length,
    uniqueWithoutName: nameless,
    labels: (index) => batch.labels(groups[index]![0]!),
    dropsName: (index) => batch.dropsName(groups[index]![0]!),
    read(index, into) {
      clearColumn(into);
      for (const member of groups[index]!) {
        batch.read(member, scratch);
        addColumn(scratch, into);
      }
    },
    inputs: [batch],
  });
}

/**
 * Leaves out series without points; of the others no two may have equal label sets, at whatever steps.
 * @throws PromqlExecutionError Source: spec SEM-14, range functions.
 */
export function rejectEqualSeries(stream: VectorStream, grid: StepGrid, context: EvalContext): VectorStream {
  if (stream.uniqueWithoutName) return stream;
  const { groups, nameless } = groupEqual(stream);
  if (groups.length === stream.seriesCount) return nameless ? markUnique(stream) : stream;
  const batch = materialize(stream, grid.count, context.memory);
  const kept = groups.map((members) => onlyMember(batch, members)).filter((member) => member !== undefined);
  return createVectorStream(context, {
    seriesCount: kept.length,
    uniqueWithoutName: nameless,
    labels: (index) => batch.labels(kept[index]!),
    dropsName: (index) => batch.dropsName(kept[index]!),
    read: (index, into) => batch.read(kept[index]!, into),
    inputs: [batch],
  });
}

function onlyMember(batch: VectorBatch, members: readonly number[]): number | undefined {
  const used = members.filter((member) => hasPoints(batch, member));
  if (used.length > 1) throw new PromqlExecutionError(SAME_LABELSET);
  return used[0];
}

function markUnique(stream: VectorStream): VectorStream {
  return {
    kind: "vector",
    seriesCount: stream.seriesCount,
    uniqueWithoutName: true,
    labels: (index) => stream.labels(index),
    labelValue: (index, name) => stream.labelValue(index, name),
    dropsName: (index) => stream.dropsName(index),
    read: (index, into) => stream.read(index, into),
    release: () => stream.release(),
  };
}

interface EqualSeries {
  /** Indexes of the series, those with equal label sets together, in order of first appearance. */
  readonly groups: readonly (readonly number[])[];
  /** Whether no series has a label that may yet be dropped, so that different sets stay different. */
  readonly nameless: boolean;
}

function groupEqual(stream: VectorStream): EqualSeries {
  const members: number[][] = [];
  const groups = new LabelGroups(ALL_LABELS);
  let nameless = true;
  for (let index = 0; index < stream.seriesCount; index++) {
    const labels = stream.labels(index);
    nameless &&= withoutReserved(labels).length === labels.length;
    (members[groups.add(labels)] ??= []).push(index);
  }
  return { groups: members, nameless };
}

/** Adds the points of `from` to those of `to`. @throws PromqlExecutionError where both have one. */
export function addColumn(from: StepColumn, to: StepColumn): void {
  for (let step = 0; step < from.kinds.length; step++) {
    const kind = from.kinds[step]!;
    if (kind === ABSENT) continue;
    if (to.kinds[step] !== ABSENT) throw new PromqlExecutionError(SAME_LABELSET);
    to.kinds[step] = kind;
    if (kind === HISTOGRAM) {
      to.histograms[step] = from.histograms[step];
      to.hasHistograms = true;
    } else {
      to.values[step] = from.values[step]!;
    }
  }
}

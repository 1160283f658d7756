import { labelValue, type Labels } from "../../model/index.ts";
import { columnSamples } from "./budget.ts";
import type { RangeStream, StepColumn, VectorStream } from "./columns.ts";
import { isReservedLabel, withoutReserved, type EvalContext } from "./context.ts";
import type { StepGrid } from "./grid.ts";

/** What a stream of series is made of; `createVectorStream` adds the counting. */
export interface StreamParts {
  readonly seriesCount: number;
  readonly uniqueWithoutName: boolean;
  readonly labels: (index: number) => Labels;
  /** Given where one label comes cheaper than all. */
  readonly labelValue?: (index: number, name: string) => string;
  readonly dropsName: (index: number) => boolean;
  /** Fills every element of `into` with series `index`. */
  readonly read: (index: number, into: StepColumn) => void;
  /** What it reads from; released when the last series has been read. */
  readonly inputs: readonly { release(): void }[];
}

/** A stream whose points count against the sample limit from when they are read until it is released. */
export function createVectorStream(context: EvalContext, parts: StreamParts): VectorStream {
  const { budget, guard } = context;
  const { seriesCount, uniqueWithoutName, labels, dropsName, inputs } = parts;
  let held = 0;
  if (seriesCount === 0) for (const input of inputs) input.release();
  return {
    kind: "vector",
    seriesCount,
    uniqueWithoutName,
    labels,
    labelValue: parts.labelValue ?? ((index, name) => labelValue(labels(index), name)),
    dropsName,
    read(index, into) {
      guard.check(into.kinds.length);
      parts.read(index, into);
      const samples = columnSamples(into);
      held += samples;
      budget.hold(samples);
      if (index === seriesCount - 1) for (const input of inputs) input.release();
    },
    release() {
      budget.release(held);
      held = 0;
    },
  };
}

export function keepsEveryName(): boolean {
  return false;
}

function dropsEveryName(): boolean {
  return true;
}

export function emptyStream(): VectorStream {
  return {
    kind: "vector",
    seriesCount: 0,
    uniqueWithoutName: true,
    labels: noSeries,
    labelValue: noSeries,
    dropsName: noSeries,
    read: noSeries,
    release() {
      // It holds nothing.
    },
  };
}

function noSeries(): never {
  throw new Error("assertion failed: expected nothing to be read from an empty vector");
}

/** How the series of a result are called. */
export interface Naming {
  readonly labels: (index: number) => Labels;
  readonly labelValue: (index: number, name: string) => string;
  readonly dropsName: (index: number) => boolean;
}

/** Names of the input, or those without what SEM-13 removes; with delayed removal (SEM-15) that is only noted. */
export function resultNaming(
  input: VectorStream | RangeStream,
  context: EvalContext,
  keepsName: boolean,
): Naming {
  const { features } = context;
  const labels = (index: number): Labels => input.labels(index);
  const valueOf = (index: number, name: string): string => input.labelValue(index, name);
  if (keepsName) return { labels, labelValue: valueOf, dropsName: (index) => input.dropsName(index) };
  if (features.delayedNameRemoval) return { labels, labelValue: valueOf, dropsName: dropsEveryName };
  return {
    labels: (index) => withoutReserved(input.labels(index)),
    labelValue: (index, name) => (isReservedLabel(name) ? "" : input.labelValue(index, name)),
    dropsName: keepsEveryName,
  };
}

interface BroadcastOptions {
  readonly context: EvalContext;
  readonly single: StepColumn; // Of one step, for reading `stream`.
  readonly finished: () => void; // Called when the last series has been read.
}

/** The one step of `stream` at every step of `grid` (SEM-11). */
export function broadcast(
  stream: VectorStream,
  grid: StepGrid,
  { context, single, finished }: BroadcastOptions,
): VectorStream {
  return createVectorStream(context, {
    seriesCount: stream.seriesCount,
    uniqueWithoutName: stream.uniqueWithoutName,
    labels: (index) => stream.labels(index),
    labelValue: (index, name) => stream.labelValue(index, name),
    dropsName: (index) => stream.dropsName(index),
    read(index, into) {
      stream.read(index, single);
      into.values.fill(single.values[0]!);
      into.kinds.fill(single.kinds[0]!);
      into.hasHistograms = single.hasHistograms;
      if (!single.hasHistograms) return;
      for (let step = 0; step < grid.count; step++) into.histograms[step] = single.histograms[0];
    },
    inputs: [stream, { release: finished }],
  });
}

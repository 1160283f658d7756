import type { Selection } from "../../storage/index.ts";
import type { PlanNode } from "../plan/plan.ts";
import type { NodeProfile } from "../result.ts";
import { pointCount, type EvaluatedValue, type RangeStream, type VectorStream } from "./columns.ts";

interface Entry {
  readonly node: PlanNode;
  readonly depth: number;
  series: number;
  points: number;
  samples: number;
  ms: number;
  innerMs: number; // Of `ms`, in the parts below.
}

/** Measures each part of a plan while it is evaluated. Two readings of the clock a series and part: only on demand. */
export class Profile {
  readonly #monotonic: () => number;
  readonly #entries = new Map<PlanNode, Entry>(); // In order of first evaluation: parents first.
  readonly #running: Entry[] = [];

  constructor(monotonic: () => number) {
    this.#monotonic = monotonic;
  }

  /** `run`'s value, which is measured further while it is read. */
  evaluate(node: PlanNode, run: () => EvaluatedValue): EvaluatedValue {
    const entry = this.#entryOf(node);
    const value = this.#timed(entry, run);
    switch (value.kind) {
      case "vector":
        return this.#vector(entry, value);
      case "matrix":
        return this.#matrix(entry, value);
      case "scalar":
        entry.points += value.values.length;
        return value;
      case "string":
        return value;
    }
  }

  /** Counts what is read of a selection to the part that reads it. */
  selection(selection: Selection): Selection {
    return {
      seriesCount: selection.seriesCount,
      labels: (index) => selection.labels(index),
      ...(selection.labelValue === undefined
        ? {}
        : { labelValue: (index, name) => selection.labelValue!(index, name) }),
      read: (index, into) => {
        selection.read(index, into);
        const entry = this.#running.at(-1);
        if (entry !== undefined) entry.samples += into.count;
      },
      warnings: () => selection.warnings?.() ?? [],
      close: () => selection.close(),
    };
  }

  /** `text` is what positions point into. */
  result(text: string): NodeProfile[] {
    const bytes = Buffer.from(text);
    return Array.from(this.#entries.values(), ({ node, depth, series, points, samples, ms, innerMs }) => ({
      expr: bytes.toString("utf8", node.pos.start, node.pos.end),
      depth,
      series,
      points,
      samplesDecoded: samples,
      totalMs: toMicroseconds(ms),
      ownMs: toMicroseconds(Math.max(0, ms - innerMs)),
    }));
  }

  #entryOf(node: PlanNode): Entry {
    let entry = this.#entries.get(node);
    if (entry === undefined) {
      entry = { node, depth: this.#running.length, series: 0, points: 0, samples: 0, ms: 0, innerMs: 0 };
      this.#entries.set(node, entry);
    }
    return entry;
  }

  #timed<Value>(entry: Entry, run: () => Value): Value {
    const around = this.#running.at(-1);
    this.#running.push(entry);
    const began = this.#monotonic();
    try {
      return run();
    } finally {
      const ms = this.#monotonic() - began;
      this.#running.pop();
      entry.ms += ms;
      if (around !== undefined) around.innerMs += ms;
    }
  }

  // A long range is evaluated piece by piece, each with series of its own: the most are told.
  #vector(entry: Entry, stream: VectorStream): VectorStream {
    entry.series = Math.max(entry.series, stream.seriesCount);
    return {
      ...stream,
      read: (index, into) => {
        this.#timed(entry, () => stream.read(index, into));
        entry.points += pointCount(into);
      },
    };
  }

  #matrix(entry: Entry, stream: RangeStream): RangeStream {
    entry.series = Math.max(entry.series, stream.seriesCount);
    return {
      ...stream,
      read: (index, into) => {
        this.#timed(entry, () => stream.read(index, into));
        entry.points += into.count + (into.histograms?.count ?? 0);
      },
    };
  }
}

// Finer than the clock is told to be.
function toMicroseconds(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

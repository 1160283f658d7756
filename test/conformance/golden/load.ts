import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { createHistogram, type Histogram, type ResetHint, type Span } from "../../../src/model/index.ts";
import { MemoryQueryable, type Point } from "../../unit/promql/memory-queryable.ts";

// The recorded data set: gzip of JSON lines, one series each (see the instruments' own description).

interface StoredHistogram {
  readonly s: number;
  readonly c: number;
  readonly u: number | string;
  readonly zt: number;
  readonly zc: number;
  readonly ps: readonly (readonly [number, number])[];
  readonly pb: readonly number[];
  readonly ns: readonly (readonly [number, number])[];
  readonly nb: readonly number[];
  readonly cv?: readonly number[];
  readonly r?: number;
}

interface StoredSeries {
  readonly l: Readonly<Record<string, string>>;
  readonly t: readonly number[];
  readonly v: readonly (number | string | StoredHistogram)[];
}

export function readJsonLines(path: string): unknown[] {
  const lines = gunzipSync(readFileSync(path)).toString("utf8").trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as unknown);
}

export function loadDataset(path: string): MemoryQueryable {
  const queryable = new MemoryQueryable();
  for (const { l, t, v } of readJsonLines(path) as StoredSeries[]) {
    let now = 0;
    const times = t.map((delta) => (now += delta));
    queryable.add(l, times, v.map(toPoint));
  }
  return queryable;
}

export function toPoint(value: number | string | StoredHistogram): Point {
  if (typeof value === "object") return toHistogram(value);
  return value === "stale" ? "stale" : toNumber(value);
}

function toNumber(value: number | string): number {
  if (typeof value === "number") return value;
  if (value === "NaN") return NaN;
  if (value === "-0") return -0;
  return value === "-Inf" ? -Infinity : Infinity;
}

const HINTS: readonly ResetHint[] = ["unknown", "reset", "not_reset", "gauge"];

function toHistogram(stored: StoredHistogram): Histogram {
  return createHistogram({
    schema: stored.s,
    count: stored.c,
    sum: toNumber(stored.u),
    zeroThreshold: stored.zt,
    zeroCount: stored.zc,
    positiveSpans: (stored.ps ?? []).map(toSpan),
    positiveBuckets: stored.pb ?? [],
    negativeSpans: (stored.ns ?? []).map(toSpan),
    negativeBuckets: stored.nb ?? [],
    customBounds: stored.cv ?? [],
    resetHint: HINTS[stored.r ?? 0]!,
  });
}

function toSpan([offset, length]: readonly [number, number]): Span {
  return { offset, length };
}

import { histogramText, labelEntries, METRIC_NAME, type Labels } from "../../../src/model/index.ts";
import {
  ALL_FEATURES,
  evaluate,
  parseExpr,
  parseSeriesDescription,
  type EvaluateOptions,
  type QueryResult,
  type QueryValue,
} from "../../../src/promql/index.ts";
import { MemoryQueryable, type Point } from "./memory-queryable.ts";

export const DEFAULT_OPTIONS: EvaluateOptions = {
  lookbackMs: 300_000,
  defaultSubqueryStepMs: 60_000,
  samplesMax: 1_000_000,
  features: { delayedNameRemoval: false, typeAndUnitLabels: false },
  perStepStats: false,
  shouldStop: () => undefined,
  monotonic: () => 0,
};

/** A store with the series of `lines`, points at 0, `intervalMs`, …; the notation of Prometheus's unit tests. */
export function storeOf(intervalMs: number, lines: readonly string[]): MemoryQueryable {
  const store = new MemoryQueryable();
  for (const line of lines) {
    const { labels, points } = parseSeriesDescription(line);
    const times: number[] = [];
    const kept: Point[] = [];
    for (const [index, point] of points.entries()) {
      if (point.kind === "gap") continue;
      times.push(index * intervalMs);
      if (point.kind === "float") kept.push(point.value);
      else kept.push(point.kind === "stale" ? "stale" : point.histogram);
    }
    store.add(labels, times, kept);
  }
  return store;
}

export interface Asked {
  readonly text: string;
  /** Seconds: one time, or start, end and step. */
  readonly at: number | readonly [start: number, end: number, step: number];
  readonly options?: Partial<EvaluateOptions>;
}

export function ask(store: MemoryQueryable, { text, at, options = {} }: Asked): QueryResult {
  const [start, end, step] = typeof at === "number" ? [at, at, undefined] : at;
  const request = {
    queryable: store,
    expr: parseExpr(text, { features: ALL_FEATURES }),
    text,
    startMs: start * 1000,
    endMs: end * 1000,
    stepMs: step === undefined ? undefined : step * 1000,
  };
  return evaluate(request, { ...DEFAULT_OPTIONS, ...options });
}

/** The result as lines: `name{a="1"} 5` in a vector, `name{a="1"} 5@0 6@60` in a matrix. */
export function linesOf(value: QueryValue): string[] {
  switch (value.kind) {
    case "scalar":
      return [`scalar ${value.value}`];
    case "string":
      return [`string ${value.value}`];
    case "vector":
      return value.labels.map((labels, index) => {
        const histogram = value.histograms?.[index];
        const point = histogram === undefined ? `${value.values[index]}` : histogramText(histogram);
        return `${metricText(labels)} ${point}`;
      });
    case "matrix":
      return value.series.map(({ labels, count, times, values, histograms }) => {
        const points = Array.from({ length: count }, (_, point) => {
          const histogram = histograms?.[point];
          const shown = histogram === undefined ? `${values[point]}` : histogramText(histogram);
          return `${shown}@${times[point]! / 1000}`;
        });
        return [metricText(labels), ...points].join(" ");
      });
  }
}

function metricText(labels: Labels): string {
  const parts: string[] = [];
  let name = "";
  for (const [key, value] of labelEntries(labels)) {
    if (key === METRIC_NAME) name = value;
    else parts.push(`${key}="${value}"`);
  }
  return `${name}{${parts.join(",")}}`;
}

import {
  compactHistogram,
  compareLabels,
  labelsKey,
  labelsText,
  type Histogram,
  type Labels,
} from "../../../src/model/index.ts";
import type { MatrixResult, QueryResult, VectorResult } from "../../../src/promql/index.ts";
import type { SeriesDescription, SeriesPoint } from "../../../src/promql/parse/index.ts";
import type { Expectation, TextMatch, TimeRange } from "./script.ts";

const EPSILON = 1e-6;
const SMALLEST_NORMAL = 2 ** -1022;

type Got = number | Histogram;

/** What is wrong with a result, or undefined. `at` is the time of an instant query. */
export function compareResult(
  result: QueryResult,
  expect: Expectation,
  at: number | TimeRange,
): string | undefined {
  const { value } = result;
  if (expect.string !== undefined) {
    return value.kind === "string" && value.value === expect.string ? undefined : "another string";
  }
  if (expect.scalar !== undefined) {
    if (value.kind !== "scalar") return `expected a scalar, got a ${value.kind}`;
    return almostEqual(expect.scalar, value.value)
      ? undefined
      : `expected ${expect.scalar}, got ${value.value}`;
  }
  if (value.kind === "vector") return compareVector(value, expect);
  const range = expect.rangeVector ?? at;
  if (value.kind !== "matrix" || typeof range === "number") return `unexpected result type ${value.kind}`;
  return compareMatrix(value, expect.series, range);
}

function compareVector(got: VectorResult, expect: Expectation): string | undefined {
  const wanted = expect.series.map(({ labels, points }) => ({ labels, point: points[0]! }));
  if (expect.ordered) {
    const order = wanted.map(({ labels }) => labelsKey(labels)).join();
    if (order !== got.labels.map((labels) => labelsKey(labels)).join()) {
      return `another order: ${got.labels.map((labels) => labelsText(labels)).join(" ")}`;
    }
  }
  const rest = new Map(got.labels.map((labels, index) => [labelsKey(labels), index]));
  if (rest.size !== got.labels.length) return "two elements with the same labels";
  for (const { labels, point } of wanted) {
    const index = rest.get(labelsKey(labels));
    if (index === undefined) return `missing ${labelsText(labels)}; got ${listLabels(got.labels)}`;
    rest.delete(labelsKey(labels));
    const fault = comparePoint(point, got.histograms?.[index] ?? got.values[index]!);
    if (fault !== undefined) return `${labelsText(labels)}: ${fault}`;
  }
  const [extra] = rest.values();
  return extra === undefined ? undefined : `unexpected ${labelsText(got.labels[extra]!)}`;
}

function compareMatrix(
  got: MatrixResult,
  wanted: readonly SeriesDescription[],
  { fromMs, stepMs }: TimeRange,
): string | undefined {
  const labels = got.series.map((series) => series.labels);
  if (labels.some((set, index) => index > 0 && compareLabels(labels[index - 1]!, set) >= 0)) {
    return "the matrix is not sorted by labels";
  }
  const rest = new Map(got.series.map((series) => [labelsKey(series.labels), series]));
  for (const { labels: set, points } of wanted) {
    const series = rest.get(labelsKey(set));
    const present = points.filter((point) => point.kind !== "gap");
    if (series === undefined && present.length === 0) continue;
    if (series === undefined) return `missing ${labelsText(set)}; got ${listLabels(labels)}`;
    rest.delete(labelsKey(set));
    const gotAt = new Map(
      Array.from({ length: series.count }, (_, row): [number, Got] => [
        series.times[row]!,
        series.histograms?.[row] ?? series.values[row]!,
      ]),
    );
    for (const [index, point] of points.entries()) {
      if (point.kind === "gap") continue;
      const time = fromMs + index * stepMs;
      const value = gotAt.get(time);
      const fault = value === undefined ? "no point" : comparePoint(point, value);
      if (fault !== undefined) return `${labelsText(set)} at ${time} ms: ${fault}`;
      gotAt.delete(time);
    }
    const [extra] = gotAt.keys();
    if (extra !== undefined) return `${labelsText(set)}: unexpected point at ${extra} ms`;
  }
  const [extra] = rest.values();
  return extra === undefined ? undefined : `unexpected ${labelsText(extra.labels)}`;
}

function listLabels(labels: readonly Labels[]): string {
  return labels.length === 0 ? "nothing" : labels.map((set) => labelsText(set)).join(" ");
}

function comparePoint(wanted: SeriesPoint, got: Got): string | undefined {
  if (wanted.kind === "histogram") {
    if (typeof got === "number") return `expected a histogram, got ${got}`;
    return compareHistogram(wanted.histogram, got, wanted.hasHint);
  }
  if (typeof got !== "number") return "got a histogram";
  if (wanted.kind !== "float") return `expected ${wanted.kind}, got ${got}`;
  return almostEqual(wanted.value, got) ? undefined : `expected ${wanted.value}, got ${got}`;
}

function compareHistogram(wanted: Histogram, got: Histogram, hasHint: boolean): string | undefined {
  const a = compactHistogram(wanted);
  const b = compactHistogram(got);
  const isSame =
    a.schema === b.schema &&
    a.zeroThreshold === b.zeroThreshold &&
    almostEqual(a.count, b.count) &&
    almostEqual(a.sum, b.sum) &&
    almostEqual(a.zeroCount, b.zeroCount) &&
    sameList(a.customBounds, b.customBounds, Object.is) &&
    sameList(spanNumbers(a.positiveSpans), spanNumbers(b.positiveSpans), Object.is) &&
    sameList(spanNumbers(a.negativeSpans), spanNumbers(b.negativeSpans), Object.is) &&
    sameList(a.positiveBuckets, b.positiveBuckets, almostEqual) &&
    sameList(a.negativeBuckets, b.negativeBuckets, almostEqual) &&
    (!hasHint || wanted.resetHint === got.resetHint);
  return isSame ? undefined : `expected ${JSON.stringify(a)}, got ${JSON.stringify(b)}`;
}

function spanNumbers(spans: Histogram["positiveSpans"]): number[] {
  return spans.flatMap(({ offset, length }) => [offset, length]);
}

function sameList(
  a: readonly number[],
  b: readonly number[],
  same: (x: number, y: number) => boolean,
): boolean {
  return a.length === b.length && a.every((value, index) => same(value, b[index]!));
}

// A stale marker is never returned, so all NaNs are alike.
function almostEqual(a: number, b: number): boolean {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) && Number.isNaN(b);
  if (a === b) return true;
  const sum = Math.abs(a) + Math.abs(b);
  const difference = Math.abs(a - b);
  if (a === 0 || b === 0 || sum < SMALLEST_NORMAL) return difference < EPSILON * SMALLEST_NORMAL;
  return difference / Math.min(sum, Number.MAX_VALUE) < EPSILON;
}

export function matches(match: TextMatch, text: string): boolean {
  if (match === "anything") return true;
  return "message" in match ? text === match.message : match.pattern.test(text);
}

/** What is wrong with the annotations, or undefined. */
export function compareAnnotations(result: QueryResult, expect: Expectation): string | undefined {
  return (
    compareTexts("warning", result.warnings, expect.warnings, expect.noWarnings) ??
    compareTexts("info", result.infos, expect.infos, expect.noInfos)
  );
}

function compareTexts(
  kind: string,
  texts: readonly string[],
  wanted: readonly TextMatch[],
  none: boolean,
): string | undefined {
  if (none && texts.length > 0) return `unexpected ${kind} ${texts[0]}`;
  if (wanted.length === 0) return undefined;
  if (texts.length === 0) return `no ${kind}`;
  const missing = wanted.find((match) => !texts.some((text) => matches(match, text)));
  if (missing !== undefined) return `no ${kind} as expected, got ${texts.join(" | ")}`;
  const extra = texts.find((text) => !wanted.some((match) => matches(match, text)));
  return extra === undefined ? undefined : `unexpected ${kind} ${extra}`;
}

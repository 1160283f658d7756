import type { Labels } from "../../model/index.ts";
import { PromqlExecutionError } from "../errors.ts";
import { edgeRows, interpolate } from "../functions/extended-rate.ts";
import type { MatrixSeries } from "../result.ts";
import type { RangeExtension } from "./columns.ts";
import type { RangeInput } from "./windows.ts";

/**
 * The window of an `anchored` or `smoothed` range vector that is itself the answer: the samples inside it between
 * two that stand for the values at its edges.
 * @throws PromqlExecutionError for histograms. Source: Prometheus promql/engine.go, extendFloats; spec SEM-19.
 */
export function extendedSeries(labels: Labels, input: RangeInput, extension: RangeExtension): MatrixSeries {
  if (input.histograms !== undefined) {
    throw new PromqlExecutionError(`${extension} modifier is not supported with histograms`);
  }
  const { times, values, windows } = input;
  const endMs = windows.ends[0]!;
  const startMs = endMs - windows.rangeMs;
  const isSmoothed = extension === "smoothed";
  const edges = { startMs, endMs, isSmoothed };
  const rows = edgeRows(times, windows.from[0]!, windows.to[0]!, edges);
  const none = new Float64Array(0);
  if (rows === undefined) return { labels, count: 0, times: none, values: none, histograms: undefined };
  const { first, last } = rows;
  const at = (row: number, ms: number): number => interpolate(times, values, row, { ms, isCounter: false });
  const left = isSmoothed && times[first]! < startMs ? at(first, startMs) : values[first]!;
  const right = isSmoothed && last > 0 && times[last]! > endMs ? at(last - 1, endMs) : values[last]!;
  const inner = times[first]! <= startMs ? first + 1 : first;
  const innerEnd = Math.max(inner, times[last]! >= endMs ? last : last + 1);
  return {
    labels,
    count: innerEnd - inner + 2,
    times: Float64Array.of(startMs, ...times.subarray(inner, innerEnd), endMs),
    values: Float64Array.of(left, ...values.subarray(inner, innerEnd), right),
    histograms: undefined,
  };
}

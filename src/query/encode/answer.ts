import type { Labels } from "../../model/index.ts";
import { formatFloatPlain } from "../../model/index.ts";
import type { MatrixResult, MatrixSeries, QueryValue, VectorResult } from "../../promql/index.ts";
import { ChunkWriter } from "./chunk-writer.ts";
import { histogramJson } from "./histogram.ts";
import { jsonString, writeEncoded } from "./json-string.ts";
import { writeLabels } from "./label-sets.ts";
import { POINT_BYTES_MAX, writePoints, writeSeconds } from "./number.kernel.ts";

const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const CLOSE_BRACE = 0x7d;
const EMPTY_LIST = "[]";

/** What an answer carries besides the value. */
export interface AnswerOptions {
  /** At most this many series or elements; 0: all. */
  readonly seriesMax: number;
  /** JSON text of the `stats` object, or undefined to leave it out. */
  readonly stats: string | undefined;
  /** JSON text of the `explain` list. */
  readonly explain?: string | undefined;
  /** Gets where the series of a matrix lie, as `MatrixBytes` has it. */
  readonly places?: number[] | undefined;
}

/**
 * The `data` object of a query answer in UTF-8, in chunks of about 128 KiB that belong to the caller. Reads
 * `value` as it goes, so `value` must stay as it is until the last chunk. Source: spec API-27 to API-35.
 */
export function* encodeAnswer(value: QueryValue, options: AnswerOptions): Generator<Uint8Array, void> {
  const writer = new ChunkWriter();
  writer.ascii(`{"resultType":"${value.kind}","result":`);
  switch (value.kind) {
    case "scalar":
      writeEncoded(writer, `[${value.time / 1000},"${formatFloatPlain(value.value)}"]`);
      break;
    case "string":
      writeEncoded(writer, `[${value.time / 1000},${jsonString(value.value, "html")}]`);
      break;
    case "vector":
      yield* encodeVector(writer, value, options.seriesMax);
      break;
    case "matrix":
      yield* encodeMatrix(writer, value, options);
      break;
  }
  if (options.stats !== undefined) {
    writer.ascii(',"stats":');
    writeEncoded(writer, options.stats);
  }
  if (options.explain !== undefined) {
    writer.ascii(',"explain":');
    writeEncoded(writer, options.explain);
  }
  writer.ascii("}");
  yield writer.take();
}

/** Number of series or elements of a value; 1 for scalars and strings. */
export function seriesCount(value: QueryValue): number {
  if (value.kind === "vector") return value.labels.length;
  return value.kind === "matrix" ? value.series.length : 1;
}

function* encodeVector(
  writer: ChunkWriter,
  vector: VectorResult,
  seriesMax: number,
): Generator<Uint8Array, void> {
  const count = cut(vector.labels.length, seriesMax);
  if (count === 0) {
    writer.ascii(EMPTY_LIST);
    return;
  }
  const times = Float64Array.of(vector.time);
  const value = new Float64Array(1);
  writer.ascii("[");
  for (let i = 0; i < count; i++) {
    writeMetric(writer, vector.labels[i]!);
    const histogram = vector.histograms?.[i];
    if (histogram === undefined) {
      writer.ascii(',"value":');
      writer.reserve(POINT_BYTES_MAX + 2);
      value[0] = vector.values[i]!;
      writer.end = writePoints(writer.bytes, writer.end, times, value, 0, 1);
      writer.end--; // The comma after the point.
    } else {
      writer.ascii(',"histogram":');
      writeHistogramPoint(writer, vector.time, histogramJson(histogram));
    }
    writer.reserve(2);
    writer.byte(CLOSE_BRACE);
    writer.byte(i === count - 1 ? CLOSE_BRACKET : COMMA);
    if (writer.full) yield writer.take();
  }
}

function* encodeMatrix(
  writer: ChunkWriter,
  matrix: MatrixResult,
  { seriesMax, places }: AnswerOptions,
): Generator<Uint8Array, void> {
  const count = cut(matrix.series.length, seriesMax);
  if (count === 0) {
    writer.ascii(EMPTY_LIST);
    return;
  }
  writer.ascii("[");
  for (let i = 0; i < count; i++) {
    const series = matrix.series[i]!;
    places?.push(writer.position);
    writeMetric(writer, series.labels);
    if (series.histograms === undefined) yield* encodeFloats(writer, series, places);
    else yield* encodeMixed(writer, series);
    writer.reserve(2);
    writer.byte(CLOSE_BRACE);
    writer.byte(i === count - 1 ? CLOSE_BRACKET : COMMA);
    if (writer.full) yield writer.take();
  }
}

function* encodeFloats(
  writer: ChunkWriter,
  series: MatrixSeries,
  places: number[] | undefined,
): Generator<Uint8Array, void> {
  if (series.count === 0) return;
  writer.ascii(',"values":[');
  places?.push(writer.position);
  let row = 0;
  while (row < series.count) {
    if (writer.full) yield writer.take();
    writer.reserve(Math.min(series.count - row, 1024) * POINT_BYTES_MAX);
    const fitting = Math.floor((writer.bytes.length - writer.end) / POINT_BYTES_MAX);
    const to = Math.min(series.count, row + fitting);
    writer.end = writePoints(writer.bytes, writer.end, series.times, series.values, row, to);
    row = to;
  }
  places?.push(writer.position - 1);
  writer.bytes[writer.end - 1] = CLOSE_BRACKET; // Instead of the comma after the last point.
}

// A series that holds histograms, perhaps with floats among them: two lists, each in time order.
function* encodeMixed(writer: ChunkWriter, series: MatrixSeries): Generator<Uint8Array, void> {
  const histograms = series.histograms ?? [];
  let inList = false;
  for (let row = 0; row < series.count; row++) {
    if (histograms[row] !== undefined) continue;
    if (!inList) writer.ascii(',"values":[');
    inList = true;
    writer.reserve(POINT_BYTES_MAX);
    writer.end = writePoints(writer.bytes, writer.end, series.times, series.values, row, row + 1);
  }
  if (inList) writer.bytes[writer.end - 1] = CLOSE_BRACKET;
  inList = false;
  for (let row = 0; row < series.count; row++) {
    const histogram = histograms[row];
    if (histogram === undefined) continue;
    writer.ascii(inList ? "," : ',"histograms":[');
    inList = true;
    writeHistogramPoint(writer, series.times[row]!, histogramJson(histogram));
    if (writer.full) yield writer.take();
  }
  if (inList) writer.ascii("]");
}

function writeHistogramPoint(writer: ChunkWriter, timeMs: number, json: string): void {
  writer.reserve(POINT_BYTES_MAX);
  writer.byte(OPEN_BRACKET);
  writer.end = writeSeconds(writer.bytes, writer.end, timeMs);
  writer.byte(COMMA);
  writer.ascii(json);
  writer.ascii("]");
}

// `{"metric":{…}`; the rest of the element follows.
function writeMetric(writer: ChunkWriter, labels: Labels): void {
  writer.ascii('{"metric":');
  writeLabels(writer, labels);
}

function cut(count: number, max: number): number {
  return max > 0 ? Math.min(count, max) : count;
}

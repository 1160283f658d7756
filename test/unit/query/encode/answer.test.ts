import { expect, test } from "vitest";
import {
  CUSTOM_BUCKETS_SCHEMA,
  labelsFromRecord,
  millis,
  NO_LABELS,
  type Histogram,
} from "../../../../src/model/index.ts";
import type { MatrixSeries, QueryValue } from "../../../../src/promql/index.ts";
import { encodeAnswer } from "../../../../src/query/encode/answer.ts";

const TIME = millis(1_793_501_580_000);

const custom: Histogram = {
  schema: CUSTOM_BUCKETS_SCHEMA,
  resetHint: "unknown",
  count: 936,
  sum: 546,
  stale: false,
  zeroThreshold: 0,
  zeroCount: 0,
  positiveSpans: [{ offset: 0, length: 3 }],
  positiveBuckets: [312, 468, 156],
  negativeSpans: [],
  negativeBuckets: [],
  customBounds: [0.1, 1],
};
const CUSTOM_JSON =
  '{"count":"936","sum":"546","buckets":[[3,"-Inf","0.1","312"],[0,"0.1","1","468"],[0,"1","+Inf","156"]]}';

const exponential: Histogram = {
  ...custom,
  schema: 0,
  count: 12,
  sum: -3.5,
  zeroThreshold: 0.001,
  zeroCount: 2,
  positiveSpans: [
    { offset: 0, length: 1 },
    { offset: 1, length: 1 },
  ],
  positiveBuckets: [4, 0],
  negativeSpans: [{ offset: 1, length: 2 }],
  negativeBuckets: [1, 5],
  customBounds: [],
};
const EXPONENTIAL_JSON =
  '{"count":"12","sum":"-3.5","buckets":' +
  '[[1,"-4","-2","5"],[1,"-2","-1","1"],[3,"-0.001","0.001","2"],[0,"0.5","1","4"]]}';

function series(times: number[], values: number[], histograms?: MatrixSeries["histograms"]): MatrixSeries {
  return {
    labels: labelsFromRecord({ __name__: "m", a: "x" }),
    count: times.length,
    times: Float64Array.from(times),
    values: Float64Array.from(values),
    histograms,
  };
}

function textOf(value: QueryValue, seriesMax = 0, stats?: string): string {
  return Buffer.concat([...encodeAnswer(value, { seriesMax, stats })]).toString("utf8");
}

test("a scalar never has an exponent, and its time is an ordinary number", () => {
  expect(textOf({ kind: "scalar", time: millis(1200), value: 1e21 })).toBe(
    '{"resultType":"scalar","result":[1.2,"1000000000000000000000"]}',
  );
  expect(textOf({ kind: "scalar", time: millis(4000), value: 1e-7 })).toBe(
    '{"resultType":"scalar","result":[4,"0.0000001"]}',
  );
});

test("a string is escaped for HTML", () => {
  expect(textOf({ kind: "string", time: TIME, value: "a<b é" })).toBe(
    '{"resultType":"string","result":[1793501580,"a\\u003cb é"]}',
  );
});

test("a vector has a value or a histogram for each element", () => {
  const value: QueryValue = {
    kind: "vector",
    time: TIME,
    labels: [NO_LABELS, labelsFromRecord({ z: "1", __name__: "h<" })],
    values: Float64Array.of(1.5, 0),
    histograms: [undefined, custom],
  };
  expect(textOf(value)).toBe(
    '{"resultType":"vector","result":[{"metric":{},"value":[1793501580,"1.5"]},' +
      `{"metric":{"__name__":"h<","z":"1"},"histogram":[1793501580,${CUSTOM_JSON}]}]}`,
  );
});

test("a matrix has floats and histograms of a series in lists of their own", () => {
  const mixed = series([1000, 2000, 3000], [1, 0, 2], [undefined, exponential, undefined]);
  expect(textOf({ kind: "matrix", series: [mixed] })).toBe(
    '{"resultType":"matrix","result":[{"metric":{"__name__":"m","a":"x"},' +
      `"values":[[1,"1"],[3,"2"]],"histograms":[[2,${EXPONENTIAL_JSON}]]}]}`,
  );
});

test("a histogram without counts has no buckets", () => {
  const empty: Histogram = { ...custom, count: 0, sum: 0, positiveSpans: [], positiveBuckets: [] };
  const value = series([1000], [0], [empty]);
  expect(textOf({ kind: "matrix", series: [value] })).toContain('"histograms":[[1,{"count":"0","sum":"0"}]]');
});

test("empty results are empty lists", () => {
  expect(textOf({ kind: "matrix", series: [] })).toBe('{"resultType":"matrix","result":[]}');
  const none = { kind: "vector", time: TIME, labels: [], values: new Float64Array(0) } as const;
  expect(textOf({ ...none, histograms: undefined })).toBe('{"resultType":"vector","result":[]}');
});

test("a limit cuts the list of series, and stats come after the result", () => {
  const value: QueryValue = { kind: "matrix", series: [series([1000], [1]), series([1000], [2])] };
  expect(textOf(value, 1, '{"x":1}')).toBe(
    '{"resultType":"matrix","result":[{"metric":{"__name__":"m","a":"x"},"values":[[1,"1"]]}],"stats":{"x":1}}',
  );
});

test("a large answer comes in chunks of bounded size that join to the same JSON", () => {
  const times = Float64Array.from({ length: 11_000 }, (_, i) => 1_793_501_580_000 + i * 15_000);
  const values = Float64Array.from({ length: 11_000 }, (_, i) => i / 7);
  const one: MatrixSeries = { labels: NO_LABELS, count: 11_000, times, values, histograms: undefined };
  const chunks = [
    ...encodeAnswer({ kind: "matrix", series: [one, one, one] }, { seriesMax: 0, stats: undefined }),
  ];
  expect(chunks.length).toBeGreaterThan(5);
  expect(Math.max(...chunks.map((chunk) => chunk.length))).toBeLessThan(256 * 1024);
  const parsed = JSON.parse(Buffer.concat(chunks).toString("utf8")) as {
    result: { values: [number, string][] }[];
  };
  expect(parsed.result.map((item) => item.values.length)).toEqual([11_000, 11_000, 11_000]);
  expect(parsed.result[2]!.values[10_999]).toEqual([1_793_666_565, String(10_999 / 7)]);
});

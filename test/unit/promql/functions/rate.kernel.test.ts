import fc from "fast-check";
import { expect, test } from "vitest";
import {
  extrapolateCounter,
  extrapolateGauge,
  fillExtrapolation,
  findResets,
  type Extrapolation,
} from "../../../../src/promql/functions/rate.kernel.ts";

interface Window {
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly endMs: number;
  readonly rangeMs: number;
}

/** The definition of FN-50, read off line by line. */
function plain(
  { times, values, endMs, rangeMs }: Window,
  isCounter: boolean,
  seconds: number,
): number | undefined {
  if (times.length < 2) return undefined;
  const [first, last] = [values[0]!, values.at(-1)!];
  let change = last - first;
  if (isCounter) {
    for (let i = 1; i < values.length; i++) if (values[i]! < values[i - 1]!) change += values[i - 1]!;
  }
  const sampled = (times.at(-1)! - times[0]!) / 1000;
  const average = sampled / (times.length - 1);
  let toStart = (times[0]! - (endMs - rangeMs)) / 1000;
  let toEnd = (endMs - times.at(-1)!) / 1000;
  if (toStart >= average * 1.1) toStart = average / 2;
  if (isCounter && change > 0 && first >= 0) toStart = Math.min(toStart, sampled * (first / change));
  if (toEnd >= average * 1.1) toEnd = average / 2;
  return change * ((sampled + toStart + toEnd) / sampled / seconds);
}

interface Series {
  readonly times: Float64Array;
  readonly values: Float64Array;
}

const series: fc.Arbitrary<Series> = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 40_000 }), fc.integer({ min: -3, max: 20 })), {
    minLength: 1,
    maxLength: 60,
  })
  .map((rows) => {
    let time = 0;
    return {
      times: Float64Array.from(rows, ([gap]) => (time += gap)),
      values: Float64Array.from(rows, ([, value]) => value),
    };
  });

interface Compared {
  readonly computed: (number | undefined)[];
  readonly expected: (number | undefined)[];
}

function run({ times, values }: Series, rangeMs: number, isCounter: boolean): Compared {
  const ends = Float64Array.from({ length: 20 }, (_, step) => 1 + step * 47_000);
  const from = Int32Array.from(ends, (end) => times.filter((time) => time <= end - rangeMs).length);
  const to = Int32Array.from(ends, (end) => times.filter((time) => time <= end).length);
  const extrapolation: Extrapolation = {
    sampled: new Float64Array(ends.length),
    toStart: new Float64Array(ends.length),
    toEnd: new Float64Array(ends.length),
  };
  fillExtrapolation(times, ends, rangeMs, from, to, extrapolation);
  const out = new Float64Array(ends.length);
  const kinds = new Uint8Array(ends.length);
  if (isCounter) {
    const resets = new Int32Array(values.length);
    const count = findResets(values, from[0]!, to.at(-1)!, resets);
    extrapolateCounter(values, from, to, extrapolation, rangeMs / 1000, resets, count, out, kinds);
  } else {
    extrapolateGauge(values, from, to, extrapolation, out, kinds);
  }
  const windows = Array.from(ends, (endMs, step) => ({
    times: times.subarray(from[step], to[step]),
    values: values.subarray(from[step], to[step]),
    endMs,
    rangeMs,
  }));
  const seconds = isCounter ? rangeMs / 1000 : 1;
  return {
    computed: Array.from(out, (value, step) => (kinds[step] === 1 ? value : undefined)),
    expected: windows.map((window) => plain(window, isCounter, seconds)),
  };
}

test("counters and gauges equal the definition to the last bit", () => {
  fc.assert(
    fc.property(
      series,
      fc.integer({ min: 1000, max: 400_000 }),
      fc.boolean(),
      (series, rangeMs, isCounter) => {
        const { computed, expected } = run(series, rangeMs, isCounter);
        expect(computed).toEqual(expected);
      },
    ),
  );
});

test("the spec's worked example comes out", () => {
  const times = Float64Array.of(0, 15_000, 30_000, 45_000, 60_000);
  const values = Float64Array.of(0, 10, 20, 5, 15);
  const extrapolation: Extrapolation = {
    sampled: new Float64Array(1),
    toStart: new Float64Array(1),
    toEnd: new Float64Array(1),
  };
  const from = Int32Array.of(1);
  const to = Int32Array.of(5);
  fillExtrapolation(times, Float64Array.of(60_000), 60_000, from, to, extrapolation);
  const resets = new Int32Array(5);
  const out = new Float64Array(1);
  const count = findResets(values, 1, 5, resets);
  extrapolateCounter(values, from, to, extrapolation, 1, resets, count, out, new Uint8Array(1));
  expect(out[0]).toBeCloseTo(33.333333333333336, 12);
  extrapolateGauge(values, from, to, extrapolation, out, new Uint8Array(1));
  expect(out[0]).toBeCloseTo(6.666666666666667, 12);
});

import { array, assert as assertProperty, constantFrom, integer, property, record } from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addHistograms,
  compactHistogram,
  divideHistogram,
  HistogramMean,
  HistogramSum,
  histogramText,
  multiplyHistogram,
  reduceHistogram,
  subtractHistograms,
  type Histogram,
  type ResetHint,
} from "../../../../src/model/index.ts";
import { sketch, type Sketch } from "./build.ts";

describe("histograms are added", () => {
  const rows: [string, Sketch, Sketch, Sketch][] = [
    [
      "bucket by bucket",
      { sum: 1, positive: [0, 1, 2] },
      { sum: 2, positive: [1, 3, 4] },
      { sum: 3, positive: [0, 1, 5, 4] },
    ],
    [
      "on both sides",
      { negative: [0, 1], zero: [0.1, 2] },
      { negative: [0, 2], positive: [0, 1], zero: [0.1, 1] },
      { negative: [0, 3], positive: [0, 1], zero: [0.1, 3] },
    ],
    [
      "in the coarser schema",
      { schema: 1, positive: [1, 1, 2, 3, 4] },
      { schema: 0, positive: [1, 10] },
      { schema: 0, positive: [1, 13, 7] },
    ],
    [
      "in the coarser schema, the other way round",
      { schema: 0, positive: [1, 10] },
      { schema: 1, positive: [1, 1, 2, 3, 4] },
      { schema: 0, positive: [1, 13, 7] },
    ],
    [
      "over two schemas",
      { schema: 2, positive: [-3, 1, 1, 1, 1, 1] },
      { schema: 0, positive: [0, 1] },
      { schema: 0, positive: [0, 5, 1] },
    ],
    [
      "with the larger zero bucket",
      { zero: [0.5, 1], positive: [1, 1] },
      { zero: [0.25, 2], positive: [0, 7, 1] },
      { zero: [0.5, 3], positive: [0, 7, 2] },
    ],
    [
      "with buckets that the zero bucket swallows",
      { zero: [1, 1], positive: [2, 1] },
      { zero: [0.1, 2], positive: [0, 7, 0, 1] },
      { zero: [1, 10], positive: [2, 2] },
    ],
    [
      "with a zero bucket that would cut a populated one",
      { zero: [1.5, 1], positive: [3, 1] },
      { zero: [0.1, 1], positive: [1, 4, 1] },
      { zero: [2, 6], positive: [2, 1, 1] },
    ],
    [
      "with a zero bucket that cuts an empty one",
      { zero: [1.5, 1], positive: [3, 1] },
      { zero: [0.1, 1], positive: [1, 0, 1] },
      { zero: [1.5, 2], positive: [2, 1, 1] },
    ],
    [
      "with a cut on the negative side that moves the positive one",
      { zero: [1.5, 1] },
      { zero: [0, 0], positive: [2, 3], negative: [2, 5] },
      { zero: [1.5, 1], positive: [2, 3], negative: [2, 5] },
    ],
    [
      "with custom buckets",
      { bounds: [1, 2], positive: [0, 1, 2, 3] },
      { bounds: [1, 2], positive: [1, 1] },
      { bounds: [1, 2], positive: [0, 1, 3, 3] },
    ],
    ["and compacted", { positive: [0, 1, -1, 2] }, { positive: [0, -1, 1, 1] }, { positive: [2, 3] }],
  ];
  test.each(rows)("%s", (_name, a, b, expected) => {
    const sum = addHistograms(sketch(a), sketch(b))!;
    expect(histogramText(sum.histogram)).toBe(histogramText(sketch(expected)));
    expect(sum.histogram).toEqual(compactHistogram(sketch(expected)));
    expect(sum.reconciled).toBe(false);
  });

  test("custom bounds that differ are brought to the common ones", () => {
    const a = sketch({ bounds: [1, 2, 3], positive: [0, 1, 2, 3, 4] });
    const b = sketch({ bounds: [0.5, 2, 5], positive: [0, 10, 20, 30, 40] });
    expect(addHistograms(a, b)).toEqual({
      histogram: sketch({ bounds: [2], positive: [0, 33, 77] }),
      collision: false,
      reconciled: true,
    });
    const apart = addHistograms(
      sketch({ bounds: [1], positive: [0, 1, 2] }),
      sketch({ bounds: [2], positive: [1, 3] }),
    );
    expect(apart).toEqual({
      histogram: sketch({ bounds: [], positive: [0, 6] }),
      collision: false,
      reconciled: true,
    });
  });

  test("exponential and custom buckets don't add up", () => {
    expect(addHistograms(sketch({}), sketch({ bounds: [1] }))).toBeUndefined();
    expect(subtractHistograms(sketch({ bounds: [1] }), sketch({}))).toBeUndefined();
  });

  test("a zero threshold of NaN ends, too", () => {
    expect(addHistograms(sketch({ zero: [NaN, 1] }), sketch({ zero: [1, 1] }))!.histogram.zeroCount).toBe(2);
  });
});

describe("hints are merged", () => {
  const rows: [ResetHint, ResetHint, ResetHint, boolean][] = [
    ["reset", "reset", "reset", false],
    ["gauge", "reset", "gauge", false],
    ["unknown", "gauge", "gauge", false],
    ["unknown", "not_reset", "unknown", false],
    ["reset", "not_reset", "unknown", true],
    ["not_reset", "reset", "unknown", true],
  ];
  test.each(rows)("%s and %s", (a, b, hint, collision) => {
    const sum = addHistograms(sketch({ hint: a }), sketch({ hint: b }))!;
    expect([sum.histogram.resetHint, sum.collision]).toEqual([hint, collision]);
    const difference = subtractHistograms(sketch({ hint: a }), sketch({ hint: b }))!;
    expect([difference.histogram.resetHint, difference.collision]).toEqual(["gauge", collision]);
  });
});

describe("histograms are subtracted, multiplied and divided", () => {
  const a: Sketch = { sum: 6, zero: [0.1, 2], positive: [0, 4, 2], negative: [1, 1] };

  test("a difference may be negative and is a gauge", () => {
    const b = sketch({ sum: 1, zero: [0.1, 3], positive: [0, 1, 2, 5] });
    expect(subtractHistograms(sketch(a), b)!.histogram).toEqual(
      compactHistogram(
        sketch({
          hint: "gauge",
          sum: 5,
          zero: [0.1, -1],
          positive: [0, 3, 0, -5],
          negative: [1, 1],
          count: -2,
        }),
      ),
    );
  });

  const rows: [string, Histogram, Sketch][] = [
    [
      "times 2",
      multiplyHistogram(sketch(a), 2),
      { sum: 12, zero: [0.1, 4], positive: [0, 8, 4], negative: [1, 2] },
    ],
    [
      "times -1",
      multiplyHistogram(sketch(a), -1),
      { hint: "gauge", sum: -6, zero: [0.1, -2], positive: [0, -4, -2], negative: [1, -1] },
    ],
    ["times 0", multiplyHistogram(sketch(a), 0), { zero: [0.1, 0] }],
    [
      "by 2",
      divideHistogram(sketch(a), 2),
      { sum: 3, zero: [0.1, 1], positive: [0, 2, 1], negative: [1, 0.5] },
    ],
    [
      "by -2",
      divideHistogram(sketch(a), -2),
      { hint: "gauge", sum: -3, zero: [0.1, -1], positive: [0, -2, -1], negative: [1, -0.5] },
    ],
    ["by 0", divideHistogram(sketch(a), 0), { sum: Infinity, count: Infinity, zero: [0.1, Infinity] }],
  ];
  test.each(rows)("%s", (_name, result, expected) =>
    expect(result).toEqual(compactHistogram(sketch(expected))),
  );
});

test("a negative factor makes zeros negative", () => {
  expect(multiplyHistogram(sketch({}), -1)).toEqual(
    sketch({ hint: "gauge", sum: -0, count: -0, zero: [0, -0] }),
  );
});

test("a schema is reduced by merging buckets", () => {
  const fine = sketch({ schema: 2, positive: [-4, 1, 1, 1, 1, 1, 1, 1, 1, 1], negative: [1, 2] });
  expect(reduceHistogram(fine, 0)).toEqual(sketch({ schema: 0, positive: [-1, 1, 4, 4], negative: [1, 2] }));
  expect(reduceHistogram(fine, 2)).toBe(fine);
  const veryFine = sketch({ schema: 52, positive: [2 ** 30, 5] });
  expect(reduceHistogram(veryFine, 8)).toEqual(sketch({ schema: 8, positive: [1, 5] }));
});

describe("sums are compensated", () => {
  const parts: Sketch[] = [1e100, 1, -1e100].map((value) => ({
    sum: value,
    count: value,
    zero: [0.1, value],
    positive: [0, value],
  }));

  test("so that small numbers survive large ones", () => {
    const sum = new HistogramSum(sketch(parts[0]!));
    for (const part of parts.slice(1)) expect(sum.add(sketch(part))).toBe(true);
    expect(sum.result().histogram).toEqual(sketch({ sum: 1, count: 1, zero: [0.1, 1], positive: [0, 1] }));
  });

  test("also when buckets are merged on the way", () => {
    const sum = new HistogramSum(sketch({ schema: 1, positive: [1, 1e100, 1] }));
    sum.add(sketch({ schema: 0, positive: [1, -1e100] }));
    expect(sum.result().histogram.positiveBuckets).toEqual([1]);
    const bounds = new HistogramSum(sketch({ bounds: [1, 2], positive: [0, 1e100, 1] }));
    bounds.add(sketch({ bounds: [2], positive: [0, -1e100] }));
    expect(bounds.result()).toMatchObject({
      reconciled: true,
      histogram: { positiveBuckets: [1], customBounds: [2] },
    });
  });

  test("and mean the same as plain ones for whole numbers", () => {
    const anyForm = record({
      schema: constantFrom(-1, 0, 1, 3),
      sum: integer({ min: -9, max: 9 }),
      threshold: constantFrom(0, 0.1, 0.5, 1.5, 4),
      zeroCount: integer({ min: 0, max: 3 }),
      positive: array(integer({ min: 0, max: 4 }), { maxLength: 9 }),
      negative: array(integer({ min: 0, max: 4 }), { maxLength: 9 }),
      offset: integer({ min: -12, max: 12 }),
    });
    const run = property(array(anyForm, { minLength: 1, maxLength: 5 }), (forms) => {
      const [first, ...rest] = forms.map(
        ({ threshold, zeroCount, offset, positive, negative, schema, sum }) =>
          sketch({
            schema,
            sum,
            zero: [threshold, zeroCount],
            positive: [offset, ...positive],
            negative: [offset, ...negative],
          }),
      );
      const compensated = new HistogramSum(first!);
      let plain = compactHistogram(first!);
      for (const histogram of rest) {
        compensated.add(histogram);
        plain = addHistograms(plain, histogram)!.histogram;
      }
      expect(compensated.result().histogram).toEqual(plain);
      expect(plain.count).toBe(
        forms.reduce((sum, form) => sum + form.zeroCount + total(form.positive) + total(form.negative), 0),
      );
    });
    assertProperty(run, { numRuns: 500 });
  });
});

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

describe("means", () => {
  test("divide the sum by how many there are", () => {
    const mean = new HistogramMean(sketch({ sum: 1, positive: [0, 1, 2] }));
    mean.add(sketch({ sum: 4, positive: [1, 4] }));
    mean.add(sketch({ sum: 1, positive: [0, 2] }));
    expect(mean.result().histogram).toEqual(sketch({ sum: 2, positive: [0, 1, 2] }));
    expect(new HistogramMean(sketch({ sum: 7 })).result().histogram).toEqual(sketch({ sum: 7 }));
  });

  test("do not overflow where the sum does", () => {
    const large = 1.5e308;
    const mean = new HistogramMean(sketch({ sum: large, count: large, positive: [0, large] }));
    for (let i = 0; i < 3; i++) mean.add(sketch({ sum: large, count: large, positive: [0, large] }));
    const { histogram } = mean.result();
    expect(histogram.sum / large).toBeCloseTo(1, 14);
    expect(histogram.count / large).toBeCloseTo(1, 14);
    expect(histogram.positiveBuckets[0]! / large).toBeCloseTo(1, 14);
  });

  test("and sums say what they met", () => {
    for (const collector of [HistogramSum, HistogramMean]) {
      const sum = new collector(sketch({ hint: "reset" }));
      sum.add(sketch({ hint: "gauge" }));
      expect(sum.result()).toMatchObject({
        collision: false,
        reconciled: false,
        histogram: { resetHint: "gauge" },
      });
      sum.add(sketch({ hint: "not_reset" }));
      expect(sum.result()).toMatchObject({ collision: true, histogram: { resetHint: "gauge" } });
      expect(sum.add(sketch({ bounds: [1] }))).toBe(false);
      expect(sum.result().histogram.schema).toBe(0);
    }
  });
});

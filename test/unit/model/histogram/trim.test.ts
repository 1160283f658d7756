import { describe, expect, test } from "vitest";
import { compactHistogram, trimHistogram, type TrimSide } from "../../../../src/model/index.ts";
import { rounded, sketch, type Sketch } from "./build.ts";

const simple: Sketch = { sum: 10, positive: [0, 4, 4] }; // (0.5,1] (1,2]
const custom: Sketch = { sum: 10, bounds: [1, 3], positive: [0, 4, 4, 2] };

describe("trimming keeps", () => {
  const rows: [string, Sketch, TrimSide, number, Sketch][] = [
    ["all below a high bound", simple, "below", 2, simple],
    ["all above a low bound", simple, "above", 0.5, simple],
    ["nothing below a low bound", simple, "below", 0.5, {}],
    ["nothing above a high bound", simple, "above", 2, {}],
    ["whole buckets below", simple, "below", 1, { sum: 4 * Math.SQRT1_2, positive: [0, 4] }],
    ["whole buckets above", simple, "above", 1, { sum: 4 * Math.SQRT2, positive: [1, 4] }],
    [
      "a part of the bucket around it",
      { positive: [1, 4] },
      "below",
      Math.SQRT2,
      { sum: 2 * 2 ** 0.25, positive: [1, 2] },
    ],
    [
      "the other part above",
      { positive: [1, 4] },
      "above",
      Math.SQRT2,
      { sum: 2 * 2 ** 0.75, positive: [1, 2] },
    ],
    [
      "a part of a negative bucket",
      { negative: [1, 4] },
      "below",
      -Math.SQRT2,
      { sum: -2 * 2 ** 0.75, negative: [1, 2] },
    ],
    ["its other part", { negative: [1, 4] }, "above", -Math.SQRT2, { sum: -2 * 2 ** 0.25, negative: [1, 2] }],
    ["a part of the zero bucket", { zero: [1, 4] }, "below", 0.5, { sum: 3 * -0.25, zero: [1, 3] }],
    [
      "half a zero bucket beside positive buckets",
      { zero: [1, 4], positive: [1, 2] },
      "below",
      0.5,
      { sum: 0.5, zero: [1, 2] },
    ],
    [
      "half a zero bucket beside negative buckets",
      { zero: [1, 4], negative: [1, 2] },
      "above",
      -0.5,
      { sum: -0.5, zero: [1, 2] },
    ],
    [
      "a linear part of a custom bucket",
      custom,
      "below",
      2,
      { sum: 4 * 0.5 + 2 * 1.5, bounds: [1, 3], positive: [0, 4, 2] },
    ],
    [
      "its other part and the last bucket",
      custom,
      "above",
      2,
      { sum: 2 * 2.5 + 2 * 3, bounds: [1, 3], positive: [1, 2, 2] },
    ],
    [
      "a part of a first custom bucket, taken to begin at 0",
      custom,
      "below",
      0.5,
      { sum: 2 * 0.25, bounds: [1, 3], positive: [0, 2] },
    ],
    [
      "its other part",
      { bounds: [1], positive: [0, 4] },
      "above",
      0.5,
      { sum: 2 * 0.75, bounds: [1], positive: [0, 2] },
    ],
    ["nothing of a first custom bucket below 0", custom, "below", -1, { bounds: [1, 3] }],
    [
      "all of a first custom bucket that ends below 0",
      { bounds: [-1], positive: [0, 4, 1] },
      "below",
      -2,
      { sum: -8, bounds: [-1], positive: [0, 4] },
    ],
    [
      "nothing of one above a bound in it",
      { bounds: [-1], positive: [0, 4, 1] },
      "above",
      -2,
      { sum: -1, bounds: [-1], positive: [1, 1] },
    ],
    [
      "nothing of the last custom bucket below",
      custom,
      "below",
      5,
      { sum: 4 * 0.5 + 4 * 2, bounds: [1, 3], positive: [0, 4, 4] },
    ],
    [
      "all of the last custom bucket above",
      custom,
      "above",
      5,
      { sum: 10, bounds: [1, 3], positive: [2, 2] },
    ],
    ["no count for a bound of NaN", simple, "below", NaN, { sum: NaN, positive: [0, NaN, NaN] }],
  ];
  test.each(rows)("%s", (_name, form, keep, bound, expected) => {
    const trimmed = trimHistogram(sketch(form), bound, keep);
    const wanted = compactHistogram(sketch(expected));
    expect({ ...trimmed, sum: 0, count: 0, positiveBuckets: [], negativeBuckets: [] }).toEqual({
      ...wanted,
      sum: 0,
      count: 0,
      positiveBuckets: [],
      negativeBuckets: [],
    });
    const numbers = [trimmed.sum, trimmed.count, ...trimmed.positiveBuckets, ...trimmed.negativeBuckets];
    const wantedNumbers = [wanted.sum, wanted.count, ...wanted.positiveBuckets, ...wanted.negativeBuckets];
    numbers.forEach((number, i) => expect(rounded(number)).toBe(rounded(wantedNumbers[i]!)));
  });

  test("the very histogram when nothing is cut", () => {
    const histogram = sketch(simple);
    expect(trimHistogram(histogram, 7, "below")).toBe(histogram);
  });
});

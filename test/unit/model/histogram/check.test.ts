import { describe, expect, test } from "vitest";
import { checkHistogram, STALE_HISTOGRAM, type Histogram } from "../../../../src/model/index.ts";
import { sketch, type Sketch } from "./build.ts";

const span = (offset: number, length: number): Histogram["positiveSpans"][number] => ({ offset, length });

describe("sound histograms pass", () => {
  const rows: [Sketch, "integer" | "float"][] = [
    [{}, "integer"],
    [{ zero: [0.1, 1], positive: [-3, 1, 2], negative: [4, 1] }, "integer"],
    [{ bounds: [-Infinity, 1], positive: [0, 1, 2, 3] }, "integer"],
    [{ positive: [0, 1.5], count: 7 }, "float"],
    [{ positive: [0, 1], count: 7, sum: NaN }, "integer"],
  ];
  test.each(rows)("%j as %s", (form, kind) => expect(checkHistogram(sketch(form), kind)).toBeUndefined());

  test("and so does the staleness marker", () => {
    expect(checkHistogram(STALE_HISTOGRAM, "integer")).toBeUndefined();
  });
});

describe("faults are named", () => {
  const rows: [Sketch, Partial<Histogram>, string][] = [
    [
      { schema: 9 },
      {},
      "histogram has an invalid schema, which must be between -4 and 8 for exponential buckets, or -53 for custom buckets, got schema 9",
    ],
    [{ schema: 1.5 }, {}, "got schema 1.5"],
    [
      {},
      { positiveSpans: [span(0, 2)], positiveBuckets: [1] },
      "positive side: spans need 2 buckets, have 1 buckets: histogram spans specify different number of buckets than provided",
    ],
    [
      {},
      { negativeSpans: [span(-1, 1), span(-1, 1)], negativeBuckets: [1, 1] },
      "negative side: span number 2 with offset -1: histogram has a span whose offset is negative",
    ],
    [
      { negative: [0, 1, -2] },
      {},
      "negative side: bucket number 2 has observation count of -2: histogram has a bucket whose observation count is negative",
    ],
    [
      { positive: [0, -0.5] },
      { count: 0 },
      "positive side: bucket number 1 has observation count of -0.5: histogram has a bucket whose observation count is negative",
    ],
    [
      { zero: [0.1, -1] },
      {},
      "zero bucket has observation count of -1: histogram has a bucket whose observation count is negative",
    ],
    [{ zero: [NaN, 1] }, {}, "zero threshold must not be NaN"],
    [{}, { customBounds: [1] }, "histogram with exponential schema must not have custom bounds"],
    [{ count: -1 }, {}, "observation count is  -1: histogram's observation count is negative"],
    [{ bounds: [NaN] }, {}, "custom buckets: histogram custom bounds must not be NaN"],
    [
      { bounds: [2, 2] },
      {},
      "custom buckets: previous bound is 2.000000 and current is 2.000000: histogram custom bounds must be in strictly increasing order",
    ],
    [{ bounds: [1e22, -1] }, {}, "previous bound is 10000000000000000000000.000000 and current is -1.000000"],
    [
      { bounds: [1, Infinity] },
      {},
      "custom buckets: last +Inf bound must not be explicitly defined: histogram custom bounds must be finite",
    ],
    [
      { bounds: [1], positive: [-1, 1] },
      {},
      "custom buckets: span number 1 with offset -1: histogram has a span whose offset is negative",
    ],
    [
      { bounds: [1], positive: [0, 1, 1, 1] },
      {},
      "custom buckets: only 1 custom bounds defined which is insufficient to cover total span length of 3: histogram custom bounds are too few",
    ],
    [{ bounds: [1] }, { zeroCount: 1 }, "custom buckets: must have zero count of 0"],
    [{ bounds: [1] }, { zeroThreshold: 1 }, "custom buckets: must have zero threshold of 0"],
    [{ bounds: [1], negative: [0, 1] }, {}, "custom buckets: must not have negative spans"],
    [{ bounds: [1] }, { negativeBuckets: [1] }, "custom buckets: must not have negative buckets"],
  ];
  test.each(rows)("%j %j", (form, fields, message) => {
    expect(checkHistogram({ ...sketch(form), ...fields }, "float")).toContain(message);
  });

  test("integer counts have to add up", () => {
    expect(checkHistogram(sketch({ positive: [0, 1], count: 3 }), "integer")).toBe(
      "1 observations found in buckets, but the Count field is 3: histogram's observation count should equal the number of observations found in the buckets (in absence of NaN)",
    );
    expect(checkHistogram(sketch({ positive: [0, 4], count: 3, sum: NaN }), "integer")).toBe(
      "4 observations found in buckets, but the Count field is 3: histogram's observation count should be at least the number of observations found in the buckets",
    );
  });
});

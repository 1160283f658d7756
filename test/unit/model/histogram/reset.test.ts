import { describe, expect, test } from "vitest";
import { afterOther, detectReset, storedHint } from "../../../../src/model/index.ts";
import { sketch, type Sketch } from "./build.ts";

const base: Sketch = { zero: [0.5, 2], positive: [1, 1, 2, 3], negative: [1, 4] };
const more = { count: 99 };

describe("a reset is", () => {
  const rows: [string, current: Sketch, previous: Sketch, reset: boolean][] = [
    ["not seen in the same data", base, base, false],
    ["what the hint says", { ...base, hint: "reset" }, base, true],
    ["not what the hint denies", { hint: "not_reset" }, base, false],
    ["looked for in a gauge, too", { hint: "gauge" }, base, true],
    ["a count that fell", { ...base, count: 11 }, base, true],
    ["a finer schema", { ...base, ...more, schema: 1 }, base, true],
    ["a smaller zero threshold", { ...base, ...more, zero: [0.25, 2] }, base, true],
    ["a zero count that fell", { ...base, ...more, zero: [0.5, 1] }, base, true],
    ["a positive bucket that fell", { ...base, ...more, positive: [1, 1, 1, 3] }, base, true],
    ["a negative bucket that fell", { ...base, ...more, negative: [1, 3] }, base, true],
    ["a bucket that is gone", { ...base, ...more, positive: [1, 1, 2] }, base, true],
    ["not an empty bucket that is gone", { positive: [2, 2] }, { positive: [1, 0, 2, 0] }, false],
    ["not a new bucket", { ...base, positive: [0, 5, 1, 2, 3, 1] }, base, false],
    [
      "not a coarser schema with as much",
      { schema: 0, positive: [1, 3, 3] },
      { schema: 1, positive: [1, 1, 2, 0, 3] },
      false,
    ],
    [
      "a coarser schema with less",
      { schema: 0, count: 9, positive: [1, 2, 3] },
      { schema: 1, positive: [1, 1, 2, 0, 3] },
      true,
    ],
    [
      "not a zero bucket that swallowed others",
      { zero: [2, 3], positive: [2, 2] },
      { zero: [0.5, 2], positive: [1, 1, 2] },
      false,
    ],
    [
      "a zero bucket that swallowed and lost",
      { zero: [2, 2], count: 9, positive: [2, 2] },
      { zero: [0.5, 2], positive: [1, 1, 2] },
      true,
    ],
    [
      "a zero bucket that cuts a populated one",
      { zero: [3, 9], positive: [3, 1] },
      { zero: [0.5, 2], positive: [2, 2] },
      true,
    ],
    ["custom buckets after exponential ones", { bounds: [1], count: 99 }, base, true],
    ["exponential buckets after custom ones", { count: 99 }, { bounds: [1] }, true],
    [
      "a custom bucket that fell",
      { bounds: [1, 2], positive: [0, 1, 5] },
      { bounds: [1, 2], positive: [0, 2, 1] },
      true,
    ],
    [
      "not another set of bounds with as much below the common ones",
      { bounds: [1, 3], positive: [0, 2, 1] },
      { bounds: [2, 3], positive: [0, 1, 1] },
      false,
    ],
    [
      "another set of bounds with less below a common one",
      { bounds: [1, 3], positive: [0, 0, 1, 5] },
      { bounds: [2, 3], positive: [0, 1, 1] },
      true,
    ],
    [
      "less above all bounds",
      { bounds: [1], positive: [0, 9, 1] },
      { bounds: [2], positive: [0, 1, 3] },
      false,
    ],
  ];
  test.each(rows)("%s", (_name, current, previous, reset) => {
    expect(detectReset(sketch(current), sketch(previous))).toBe(reset);
  });
});

describe("a store gives back", () => {
  const rows: [string, current: Sketch, previous: Sketch | undefined, hint: string][] = [
    [
      "nothing known of a first sample, whatever it says",
      { ...base, hint: "not_reset" },
      undefined,
      "unknown",
    ],
    ["no reset after the same layout", { ...base, ...more }, base, "not_reset"],
    [
      "no reset after one that was reset itself",
      { ...base, ...more },
      { ...base, hint: "reset" },
      "not_reset",
    ],
    ["no reset with a new bucket", { ...base, positive: [0, 5, 1, 2, 3, 1] }, base, "not_reset"],
    ["nothing known after a gauge", { ...base, ...more }, { ...base, hint: "gauge" }, "unknown"],
    ["a gauge as a gauge", { ...base, hint: "gauge" }, base, "gauge"],
    ["nothing known where the sample says reset", { ...base, ...more, hint: "reset" }, base, "unknown"],
    ["nothing known where a count fell", { ...base, count: 11 }, base, "unknown"],
    ["nothing known where a count fell against the hint", { count: 11, hint: "not_reset" }, base, "unknown"],
    ["nothing known after a finer schema", { ...base, ...more }, { ...base, schema: 1 }, "unknown"],
    ["nothing known after another threshold", { ...base, ...more, zero: [0.75, 2] }, base, "unknown"],
    ["nothing known after other bounds", { bounds: [1, 2] }, { bounds: [1, 3] }, "unknown"],
  ];
  test.each(rows)("%s", (_name, current, previous, hint) => {
    expect(storedHint(sketch(current), previous && sketch(previous))).toBe(hint);
  });

  test("nothing known after a staleness marker", () => {
    expect(storedHint(sketch(base), { ...sketch(base), stale: true })).toBe("unknown");
  });

  test("the rest of a histogram that follows another one as it was", () => {
    expect(afterOther(sketch({ ...base, hint: "not_reset" }))).toEqual(sketch(base));
    const gauge = sketch({ ...base, hint: "gauge" });
    expect(afterOther(gauge)).toBe(gauge);
    expect(afterOther(undefined)).toBe(undefined);
  });
});

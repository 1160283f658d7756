import { describe, expect, it } from "vitest";
import { Annotations } from "../../../../src/promql/exec/annotations.ts";

const QUERY = "sum(\n  rate(ä[5m])\n) + rate(b[5m])";
const at = (start: number, end: number): { start: number; end: number } => ({ start, end });

describe("Annotations", () => {
  it("names line and byte column of the part", () => {
    const annotations = new Annotations(QUERY);
    annotations.warn("careful", at(12, 18));
    annotations.info("by the way", at(0, 4));
    expect(annotations.warnings()).toEqual(["PromQL warning: careful (2:8)"]);
    expect(annotations.infos()).toEqual(["PromQL info: by the way (1:1)"]);
  });

  it("tells a text once, of the outermost part and then of the last", () => {
    const annotations = new Annotations(QUERY);
    annotations.warn("twice", at(7, 18));
    annotations.warn("twice", at(0, 20));
    annotations.warn("twice", at(7, 18));
    expect(annotations.warnings()).toEqual(["PromQL warning: twice (1:1)"]);
    annotations.warn("twice", at(24, 34));
    expect(annotations.warnings()).toEqual(["PromQL warning: twice (3:5)"]);
  });

  it("sums up what histogram_quantile had to fix", () => {
    const annotations = new Annotations(QUERY);
    const fix = { fromBucket: 1, toBucket: 2, maxDifference: 0.333, timeMs: 1_600_000_000_000 };
    annotations.monotonicityFix("", fix, at(0, 4));
    annotations.monotonicityFix(
      "",
      { ...fix, toBucket: 8, maxDifference: 123, timeMs: 1_600_000_060_000 },
      at(0, 4),
    );
    expect(annotations.infos()).toEqual([
      "PromQL info: input to histogram_quantile needed to be fixed for monotonicity (see " +
        "https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile), from buckets 1 to 8, " +
        "with a max diff of 1.2e+02, over 2 samples from 2020-09-13T12:26:40Z to 2020-09-13T12:27:40Z (1:1)",
    ]);
  });
});

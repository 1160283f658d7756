import { describe, expect, test } from "vitest";
import { HeadBudget } from "../../../../src/tsdb/head/budget.ts";

const MINUTE_MS = 60_000;

/** A head that grows by 1 byte a series; the clock stands until it is moved. */
class Rig {
  bytes = 0;
  series = 0;
  nowMs = 0;
  readonly states: string[] = [];
  readonly budget: HeadBudget;

  constructor(limits: { readonly bytesMax?: number; readonly seriesMax?: number }) {
    this.budget = new HeadBudget(
      { bytesMax: limits.bytesMax ?? Infinity, seriesMax: limits.seriesMax ?? Infinity },
      { usage: () => ({ bytes: this.bytes, series: this.series }), now: () => this.nowMs },
    );
    this.budget.onChange = ({ pressure }) => this.states.push(pressure);
  }

  /** How many of `count` new series are made. */
  make(source: string, metric: string, count: number): number {
    let made = 0;
    for (let i = 0; i < count; i++) {
      if (!this.budget.admits({ source, metric })) continue;
      made++;
      this.bytes++;
      this.series++;
    }
    return made;
  }
}

describe("pressure", () => {
  test.each([
    ["below 85 % of the limit", [8499], []],
    ["at 85 %", [8500], ["pressed"]],
    ["at the limit", [10_000], ["full"]],
    [
      "a state is left only well below where it begins",
      [10_000, 9800, 9699, 8300, 8199],
      ["full", "pressed", "normal"],
    ],
  ])("%s", (_, bytes, expected) => {
    const rig = new Rig({ bytesMax: 10_000 });
    for (const used of bytes) {
      rig.bytes = used;
      rig.budget.look();
    }
    expect(rig.states).toEqual(expected);
  });

  test("without a limit everything is taken and nobody is counted", () => {
    const rig = new Rig({});
    expect(rig.make("a", "m", 100_000)).toBe(100_000);
    expect(rig.budget.stats()).toMatchObject({ pressure: "normal", seriesRefused: 0, worstSources: [] });
  });
});

describe("who is refused at the limit", () => {
  test("the source that made the most, not those that make few", () => {
    const rig = new Rig({ bytesMax: 10_000 });
    for (let i = 0; i < 20; i++) rig.make(`good ${i}`, "m", 100);
    rig.make("bad", "exploding", 50_000);
    expect(rig.budget.pressure).toBe("full");
    expect(rig.bytes).toBeLessThan(10_000 + 64);
    expect(rig.make("bad", "other", 100)).toBe(0);
    expect(rig.make("good 1", "m", 100)).toBe(100);
    expect(rig.make("new", "m", 100)).toBe(100);
    const stats = rig.budget.stats();
    expect(stats.worstSources[0]).toEqual({ name: "bad", value: 50_100 });
    expect(stats.seriesRefused).toBe(2000 + 50_000 + 100 + 200 - rig.bytes);
  });

  test("the metric that many sources make, when none of them stands out", () => {
    const rig = new Rig({ bytesMax: 20_000 });
    for (let i = 0; i < 50; i++) rig.make(`target ${i}`, "exploding", 500);
    expect(rig.budget.pressure).toBe("full");
    expect(rig.make("target 7", "exploding", 100)).toBe(0);
    expect(rig.make("target 7", "fine", 100)).toBe(100);
  });

  test("a metric is not held against others when one source made it explode", () => {
    const rig = new Rig({ bytesMax: 10_000 });
    rig.make("bad", "requests", 50_000);
    expect(rig.make("good", "requests", 300)).toBe(300);
  });

  test("everybody at a tenth above the limit", () => {
    const rig = new Rig({ bytesMax: 10_000 });
    rig.bytes = 11_000;
    expect(rig.make("good", "m", 100)).toBe(0);
  });

  test("nobody any more once there is room again", () => {
    const rig = new Rig({ bytesMax: 10_000 });
    rig.make("bad", "m", 50_000);
    rig.bytes = 5000;
    rig.budget.look();
    expect(rig.make("bad", "m", 100)).toBe(100);
  });

  test("what was made long ago counts little", () => {
    const rig = new Rig({ bytesMax: 10_000 });
    rig.make("was bad", "m", 20_000);
    rig.nowMs += 120 * MINUTE_MS;
    expect(rig.make("was bad", "m", 50)).toBe(50);
    expect(rig.budget.stats().worstSources).toEqual([{ name: "was bad", value: 55 }]);
  });
});

test("the limit on series is never exceeded, and the last of it is for those that make few", () => {
  const rig = new Rig({ seriesMax: 11_000 });
  rig.make("bad", "m", 50_000);
  expect(rig.series).toBe(10_000);
  for (let i = 0; i < 20; i++) rig.make(`good ${i}`, `n ${i}`, 100);
  expect(rig.series).toBe(11_000);
});

test("metrics without end are not kept in mind without end", () => {
  const rig = new Rig({ bytesMax: 1e9 });
  for (let i = 0; i < 60_000; i++) rig.make(`source ${i % 500}`, `metric_${i}`, 1);
  for (let i = 0; i < 2000; i++) rig.make(`source ${i % 500}`, "last", 1);
  expect(rig.budget.stats().worstMetrics[0]).toEqual({ name: "last", value: 2000 });
});

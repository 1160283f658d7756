import { expect, test } from "vitest";
import { labelsFromRecord } from "../../../../src/model/index.ts";
import { Head } from "../../../../src/tsdb/head/head.ts";
import { Lanes, type LooseSamples } from "../../../../src/tsdb/head/lanes.ts";
import { T0 } from "../model.ts";

class Setup {
  readonly head: Head = new Head({ blockRangeMs: 7_200_000 });
  readonly lanes: Lanes = new Lanes(this.head);

  /** Samples of series `name` of an instance, all with value 1. */
  samples(name: string, instance: string, times: readonly number[]): LooseSamples {
    const labels = labelsFromRecord({ __name__: name, job: "j", instance });
    return {
      series: this.head.series(labels),
      labels,
      times: Float64Array.from(times, (time) => T0 + time),
      values: Float64Array.from(times, () => 1),
      histograms: undefined,
    };
  }

  /** Columns of each table in use. */
  widths(): number[] {
    return [...this.head.tables.columnCounts.subarray(0, this.head.tables.tableCount)];
  }

  rows(): number[] {
    const { tables } = this.head;
    return Array.from(
      { length: tables.tableCount },
      (_, id) => tables.sealedRows[id]! + tables.openRows[id]!,
    );
  }
}

test("series that come with the same times share a table, whatever their source", () => {
  const setup = new Setup();
  const times = Array.from({ length: 40 }, (_, k) => k * 15_000);
  setup.lanes.store(Array.from({ length: 100 }, (_, i) => setup.samples(`m${i}`, `i${i}`, times)));
  expect(setup.widths()).toEqual([100]);
  expect(setup.rows()).toEqual([40]);
});

test("single samples join the table of their source, over requests that share a scrape", () => {
  const setup = new Setup();
  for (let k = 0; k < 40; k++) {
    for (const shard of [0, 1, 2]) {
      const names = Array.from({ length: 10 }, (_, i) => `m${10 * shard + i}`);
      setup.lanes.store(
        names.flatMap((name) => [
          setup.samples(name, "a", [k * 1000]),
          setup.samples(name, "b", [k * 1000 + 7]),
        ]),
      );
    }
  }
  expect(setup.widths()).toEqual([30, 30]);
  expect(setup.rows()).toEqual([40, 40]);
});

test("series of one source that never share a time end up in tables of their own", () => {
  const setup = new Setup();
  for (let k = 0; k < 60; k++) {
    for (let i = 0; i < 8; i++) setup.lanes.store([setup.samples(`m${i}`, "a", [k * 1000 + i])]);
  }
  expect(setup.widths()).toEqual([8, 1, 1, 1, 1, 1, 1, 1, 1]);
  expect(setup.head.floatsAppended).toBe(480);
});

test("a late series of a scrape fills its row; one that is too late for any row moves", () => {
  const setup = new Setup();
  setup.lanes.store([setup.samples("a", "x", [0]), setup.samples("b", "x", [0])]);
  setup.lanes.store([setup.samples("a", "x", [1000])]);
  setup.lanes.store([setup.samples("b", "x", [1000])]);
  expect([setup.widths(), setup.rows()]).toEqual([[2], [2]]);
  setup.lanes.store([setup.samples("a", "x", [3000])]);
  setup.lanes.store([setup.samples("b", "x", [2500])]);
  expect([setup.widths(), setup.rows()]).toEqual([
    [2, 1],
    [3, 1],
  ]);
});

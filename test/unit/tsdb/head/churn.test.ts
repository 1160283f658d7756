import { expect, test } from "vitest";
import {
  bitsOf,
  createHistogram,
  labelsFromRecord,
  millis,
  setStaleAt,
  type ColumnId,
} from "../../../../src/model/index.ts";
import type { SeriesBatch } from "../../../../src/storage/index.ts";
import { appendBatch } from "../../../../src/tsdb/head/batch.ts";
import { collectHead } from "../../../../src/tsdb/head/collect.ts";
import { SeriesCompaction } from "../../../../src/tsdb/head/compact.ts";
import { Head } from "../../../../src/tsdb/head/head.ts";
import { Lanes } from "../../../../src/tsdb/head/lanes.ts";
import { HeadTableWriter } from "../../../../src/tsdb/head/writer.ts";

const GENERATIONS = 100;
const SERIES = Number(process.env["NARTHEX_CHURN_SERIES"] ?? 1000);
const RANGE_MS = 600_000;
const ROWS = 40;
const STEP_MS = RANGE_MS / ROWS;
const ALL_OF_IT = 2 ** 40;

/** Series that come and go: of a target, by remote write and late, with histograms and exemplars. */
class Churn {
  readonly head = new Head({
    blockRangeMs: RANGE_MS,
    tuning: { outOfOrderWindowMs: 10 * RANGE_MS, exemplarsMax: 300 },
  });
  readonly lanes = new Lanes(this.head);

  generation(number: number): void {
    const start = number * RANGE_MS;
    this.#scrape(number, start);
    this.#send(number, start, SERIES / 10, "sent");
    this.#send(number, start - 3 * RANGE_MS, SERIES / 20, "late");
    this.#letGo(start);
  }

  #scrape(number: number, start: number): void {
    const { head, lanes } = this;
    const table = head.tableOfKey(`target ${number}`);
    const writer = new HeadTableWriter(table, {
      head,
      now: () => ALL_OF_IT,
      appendLoose: (batch) => appendBatch(head, lanes, batch, { mode: "partial", nowMs: ALL_OF_IT }),
      refusal: () => undefined,
      onOutcome: () => {},
      onClose: () => {},
    });
    const columns: ColumnId[] = [];
    for (let i = 0; i < SERIES; i++) {
      const labels = labelsFromRecord({ __name__: `metric_${i % 50}`, id: `${i}`, pod: `pod-${number}` });
      columns.push(writer.column(labels)!);
    }
    const histogram = createHistogram({ count: number, sum: 1, positiveBuckets: [number], positiveSpans: [{ offset: 0, length: 1 }] }); // prettier-ignore
    for (let row = 0; row < ROWS; row++) {
      const values = Float64Array.from(columns, (_, i) => i * row);
      if (row === ROWS - 1) for (let i = 0; i < SERIES; i++) setStaleAt(bitsOf(values), i);
      const time = millis(start + row * STEP_MS);
      const exemplar = {
        labels: labelsFromRecord({ trace_id: `${number}-${row}` }),
        value: 1,
        time,
        hasOwnTime: true,
      };
      writer.append({
        time,
        values,
        histograms: new Map([[columns[0]!, histogram]]),
        exemplars: [{ column: columns[1]!, ...exemplar }],
      });
    }
    writer.close();
  }

  #send(number: number, start: number, series: number, kind: string): void {
    const batch: SeriesBatch[] = Array.from({ length: series }, (_, i) => ({
      labels: labelsFromRecord({ __name__: kind, id: `${number}-${i}` }),
      times: Float64Array.from({ length: ROWS }, (_, row) => start + ((row * 7) % ROWS) * STEP_MS + i),
      values: Float64Array.from({ length: ROWS }, (_, row) => row),
      histograms: [],
    }));
    appendBatch(this.head, this.lanes, batch, { mode: "partial", nowMs: ALL_OF_IT });
  }

  // As a store does when blocks hold what is before.
  #letGo(before: number): void {
    const { head } = this;
    head.floor = before;
    for (const number of head.late.begin()) head.late.drop(number)();
    const nobody = { isOpen: () => false, isPinned: () => false };
    for (const _ of collectHead(head, before, nobody)) continue;
    this.lanes.forgetRemoved();
    if (head.index.removedCount > head.index.count / 4) {
      const compaction = new SeriesCompaction(head);
      // Series that come between the steps and the end are taken over, too.
      compaction.steps().next();
      compaction.finish();
    }
  }

  usage(): Readonly<Record<string, number>> {
    const { head } = this;
    return {
      heapBytes: head.tables.heap.usedBytes,
      series: head.index.count,
      symbols: head.index.symbols.count,
      pairs: head.index.pairs.count,
      tables: head.tables.tableCount,
      segments: head.sealedSegments,
      lateBytes: head.late.bytes,
      exemplars: head.exemplars.stats().stored,
    };
  }
}

test("a hundred generations of series leave behind what ten do", () => {
  const churn = new Churn();
  const highest = (from: number, to: number): Record<string, number> => {
    const most: Record<string, number> = {};
    for (let number = from; number < to; number++) {
      churn.generation(number);
      for (const [name, value] of Object.entries(churn.usage()))
        most[name] = Math.max(most[name] ?? 0, value);
    }
    return most;
  };
  const first = highest(1, 12);
  const later = highest(12, GENERATIONS);
  expect(first["series"]).toBeGreaterThan(SERIES);
  expect(first["heapBytes"]).toBeGreaterThan(0);
  for (const [name, most] of Object.entries(later)) {
    expect(
      `${name} ${most <= 1.02 * first[name]! + 1 ? "stay" : `grow from ${first[name]} to ${most}`}`,
    ).toBe(`${name} stay`);
  }
});

import { test } from "vitest";
import { columnId, compileRelabel, labelsFromRecord, labelsKey, millis } from "../../src/model/index.ts";
import type { ColumnId, Labels } from "../../src/model/index.ts";
import { SkeletonInterner } from "../../src/scrape/parse/skeleton-interner.ts";
import { ExpositionParser, type ParseRules } from "../../src/scrape/parse/exposition-parser.ts";
import { RowScratch } from "../../src/scrape/row-scratch.ts";
import { TargetTable, type SampleRules } from "../../src/scrape/target-table.ts";
import type { AppendOutcome, Row, TableWriter } from "../../src/storage/index.ts";
import { bodiesOf, type Change } from "./series-bodies.ts";

const RULES: SampleRules = {
  honorLabels: false,
  honorTimestamps: true,
  trackTimestampsStaleness: false,
  relabeler: compileRelabel([]),
  nameValidation: "utf8",
  labelLimit: 0,
  labelNameLengthLimit: 0,
  labelValueLengthLimit: 0,
  sampleLimit: 0,
  extraScrapeMetrics: false,
  takesStarts: false,
  bucketLimit: 0,
  minBucketFactor: 0,
};
const PARSING: ParseRules = { takesNative: false, keepsClassic: false, convertsClassic: false };
const OUTCOME: AppendOutcome = { appended: 0, outOfOrder: 0, duplicates: 0, outOfBounds: 0, tooOld: 0 };

/** Gives out columns and throws rows away, so that only this side of the store is measured. */
class CountingWriter implements TableWriter {
  valueCount = 0;
  readonly #columns = new Map<string, ColumnId>();
  get columnCount(): number {
    return this.#columns.size;
  }
  column(labels: Labels): ColumnId {
    const key = labelsKey(labels);
    const column = this.#columns.get(key) ?? columnId(this.#columns.size);
    this.#columns.set(key, column);
    return column;
  }
  append(row: Row): AppendOutcome {
    this.valueCount += row.values.length;
    return OUTCOME;
  }
  close(): void {
    this.#columns.clear();
  }
}

function newTable(parser: ExpositionParser): TargetTable {
  const labels = labelsFromRecord({ job: "node", instance: "host-0001.example:9100" });
  return new TargetTable({
    key: "t",
    openWriter: () => new CountingWriter(),
    labels,
    parser,
    scratch: new RowScratch(),
  });
}

function scrapeAll(table: TargetTable, bodies: readonly Buffer[]): void {
  for (const body of bodies) {
    const steps = table.write(
      { time: millis(1), sent: { bytes: body, format: "text" }, hint: undefined, parsing: PARSING },
      RULES,
      (counts) => ({
        up: true,
        durationSeconds: 0.01,
        samplesScraped: counts.scraped,
        samplesPostRelabeling: counts.postRelabeling,
        seriesAdded: counts.added,
        timeoutSeconds: 10,
        sampleLimit: 0,
        bodyBytes: body.length,
      }),
    );
    while (steps.next().done !== true);
  }
}

// From the body's bytes to the appended row; one turn is 30 scrapes of 1,000 samples.
for (const change of ["values", "every value", "churn"] satisfies Change[]) {
  test(`30 scrapes of 1,000 samples, ${change} changed`, async ({ bench }) => {
    const bodies = bodiesOf(1000, 30, change);
    const table = newTable(
      new ExpositionParser({
        interner: new SkeletonInterner(),
        hashSeed: 1,
        keepsExemplars: false,
        takesStarts: false,
      }),
    );
    await bench("body to row", () => scrapeAll(table, bodies)).run({ time: 300 });
  });
}

test("first scrape of 1,000 series", async ({ bench }) => {
  const bodies = bodiesOf(1000, 1, "values");
  const parser = new ExpositionParser({
    interner: new SkeletonInterner(),
    hashSeed: 1,
    keepsExemplars: false,
    takesStarts: false,
  });
  await bench("body to columns and row", () => scrapeAll(newTable(parser), bodies)).run({ time: 300 });
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { ByteWriter, MalformedBytesError } from "../../../../src/base/index.ts";
import { labelsFromRecord, millis, type Labels } from "../../../../src/model/index.ts";
import {
  readExemplarRecords,
  writeExemplarRecord,
  writeSeriesRecord,
} from "../../../../src/tsdb/exemplars/records.ts";

const SERIES = labelsFromRecord({ __name__: "m", job: "ä" });

function countRead(records: Uint8Array): number {
  let count = 0;
  try {
    readExemplarRecords(records, 0, new Map<number, Labels>(), () => count++);
  } catch (error) {
    if (!(error instanceof MalformedBytesError)) throw error;
  }
  return count;
}

test("exemplars come back as they were", () => {
  const exemplar = fc.record({
    labels: fc
      .dictionary(fc.string({ minLength: 1 }), fc.string())
      .map((record) => labelsFromRecord({ ...record })),
    value: fc.double(),
    time: fc.integer({ min: -(2 ** 50), max: 2 ** 50 }).map((time) => millis(time)),
    hasOwnTime: fc.boolean(),
  });
  fc.assert(
    fc.property(exemplar, fc.integer({ min: -1e12, max: 1e12 }), (given, windowStart) => {
      const out = new ByteWriter();
      writeSeriesRecord(7, SERIES, out);
      writeExemplarRecord(7, given, windowStart, out);
      const found: unknown[] = [];
      readExemplarRecords(out.copy(), windowStart, new Map<number, Labels>(), (labels, back) =>
        found.push([labels, back]),
      );
      expect(found).toEqual([[SERIES, given]]);
    }),
  );
});

test("damaged bytes are refused and never read past their end", () => {
  const out = new ByteWriter();
  writeSeriesRecord(1, SERIES, out);
  const exemplar = {
    labels: labelsFromRecord({ trace_id: "x" }),
    value: 1,
    time: millis(5),
    hasOwnTime: true,
  };
  writeExemplarRecord(1, exemplar, 0, out);
  const bytes = out.copy();
  expect(countRead(bytes)).toBe(1);
  for (let length = 0; length < bytes.length; length++) expect(countRead(bytes.subarray(0, length))).toBe(0);
  for (let at = 0; at < bytes.length; at++) {
    const changed = Uint8Array.from(bytes);
    changed[at] = changed[at]! ^ 0xff;
    expect(countRead(changed)).toBeLessThanOrEqual(1);
  }
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { ByteWriter, MalformedBytesError } from "../../../../src/base/index.ts";
import { bitsOf, createHistogram, setStaleAt } from "../../../../src/model/index.ts";
import { LateRecordWriter, readLateRecords, type LateSamples } from "../../../../src/tsdb/late/records.ts";

function floats(table: number, column: number, points: readonly (readonly [number, number])[]): LateSamples {
  return {
    table,
    column,
    times: Float64Array.from(points, ([time]) => time),
    values: Float64Array.from(points, ([, value]) => value),
    histograms: undefined,
  };
}

function readBack(records: Uint8Array): LateSamples[] {
  const found: LateSamples[] = [];
  readLateRecords(records, (samples) => found.push(samples));
  return found;
}

function comparable({ values, times, ...rest }: LateSamples): unknown {
  return { ...rest, times: [...times], values: [...bitsOf(values)] };
}

function written(list: readonly LateSamples[]): Uint8Array {
  const out = new ByteWriter();
  const writer = new LateRecordWriter();
  for (const samples of list) writer.write(samples, out);
  return out.copy();
}

test("samples come back bit for bit", () => {
  const point = fc.tuple(fc.integer({ min: -(2 ** 49), max: 2 ** 49 }), fc.double());
  const samples = fc.record({ table: fc.nat(3), column: fc.nat(), points: fc.array(point) });
  fc.assert(
    fc.property(fc.array(samples), (list) => {
      const given = list.map(({ table, column, points }) => floats(table, column, points));
      expect(readBack(written(given)).map(comparable)).toEqual(given.map(comparable));
    }),
  );
});

test("markers and histograms come back", () => {
  const stale = floats(1, 2, [
    [5, 1],
    [4, 2],
  ]);
  setStaleAt(bitsOf(stale.values), 1);
  const histograms = [createHistogram({ count: 3, sum: 1.5 }), createHistogram({ stale: true, sum: NaN })];
  const given = [stale, { ...floats(1, 1, [[7, 0], [-7, 0]]), histograms }, stale]; // prettier-ignore
  expect(readBack(written(given)).map(comparable)).toEqual(given.map(comparable));
});

test("each blob stands for itself", () => {
  const writer = new LateRecordWriter();
  const out = new ByteWriter();
  writer.write(floats(1, 9, [[1000, 1]]), out);
  out.reset();
  writer.write(floats(1, 9, [[1000, 1]]), out);
  expect(readBack(out.copy()).map(comparable)).toEqual([comparable(floats(1, 9, [[1000, 1]]))]);
});

test("one sample of a counter takes a dozen bytes at most", () => {
  const list = Array.from({ length: 100 }, (_, i) => floats(300, (i * 37) % 100, [[1.7e12 + ((i * 7919) % 100) * 1000, 1000 + i]])); // prettier-ignore
  expect(written(list).length).toBeLessThan(1200);
});

// How many samples come back, or -1 when the bytes are refused.
function countRead(records: Uint8Array): number {
  try {
    return readBack(records).reduce((count, { times }) => count + times.length, 0);
  } catch (error) {
    if (error instanceof MalformedBytesError) return -1;
    throw error;
  }
}

test("cut and changed bytes are refused or give other samples, and never more than fit", () => {
  const bytes = written([
    floats(1, 2, [
      [1000, 1.5],
      [2000, -3],
    ]),
    floats(1, 3, [[1, 1e300]]),
  ]);
  const first = written([
    floats(1, 2, [
      [1000, 1.5],
      [2000, -3],
    ]),
  ]);
  for (let length = 1; length < bytes.length; length++) {
    expect(countRead(bytes.subarray(0, length))).toBe(length === first.length ? 2 : -1);
  }
  for (let at = 0; at < bytes.length; at++) {
    const changed = Uint8Array.from(bytes);
    changed[at] = changed[at]! ^ 0xff;
    expect(countRead(changed)).toBeLessThan(bytes.length);
  }
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { findSample, sortSamples } from "../../../../src/tsdb/late/sort.kernel.ts";

interface Sample {
  readonly column: number;
  readonly time: number;
}

const samples = fc.array(
  fc.record({ column: fc.nat(4), time: fc.oneof(fc.nat(6), fc.integer({ min: -(2 ** 52), max: 2 ** 52 })) }),
  { maxLength: 200, size: "max" },
);

function sorted(list: readonly Sample[]): number[] {
  const count = list.length;
  const columns = Uint32Array.from(list, ({ column }) => column);
  const times = Float64Array.from(list, ({ time }) => time);
  const order = new Uint32Array(count);
  const spare = new Uint32Array(count);
  const isInSpare = sortSamples(columns, times, count, order, spare, new Uint32Array(count + 1));
  return [...(isInSpare ? spare : order)];
}

function twin(list: readonly Sample[]): number[] {
  return Array.from(list, (_, i) => i).toSorted(
    (a, b) => list[a]!.column - list[b]!.column || list[a]!.time - list[b]!.time || a - b,
  );
}

test("sorts as a plain stable sort does", () => {
  fc.assert(
    fc.property(samples, (list) => {
      expect(sorted(list)).toEqual(twin(list));
    }),
  );
});

test("merges two sorted lists that stand one after the other", () => {
  fc.assert(
    fc.property(samples, samples, (a, b) => {
      const list = [...twin(a).map((i) => a[i]!), ...twin(b).map((i) => b[i]!)];
      expect(sorted(list)).toEqual(twin(list));
    }),
  );
});

test("finds the first sample that is not before", () => {
  fc.assert(
    fc.property(
      samples,
      fc.nat(5),
      fc.oneof(fc.nat(6), fc.constantFrom(-Infinity, Infinity)),
      (list, column, time) => {
        const ordered = twin(list).map((i) => list[i]!);
        const expected = ordered.findIndex(
          (one) => one.column > column || (one.column === column && one.time >= time),
        );
        const columns = Uint32Array.from(ordered, (one) => one.column);
        const times = Float64Array.from(ordered, (one) => one.time);
        const found = findSample(columns, times, list.length, column, time);
        expect(found).toBe(expected < 0 ? list.length : expected);
      },
    ),
  );
});

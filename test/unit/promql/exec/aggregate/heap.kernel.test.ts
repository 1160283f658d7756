import fc from "fast-check";
import { expect, test } from "vitest";
import { pushHeap, replaceRoot } from "../../../../../src/promql/exec/aggregate/heap.kernel.ts";

/** Keeps the k greatest (sign 1) or smallest (sign -1) as topk and bottomk do. */
function keepBest(values: readonly number[], k: number, sign: number): number[] {
  const heap = new Float64Array(k);
  const series = new Int32Array(k);
  let size = 0;
  for (const [index, value] of values.entries()) {
    if (size < k) {
      pushHeap(heap, series, 0, size, value, index, sign);
      size++;
    } else if (heap[0]! * sign < value * sign) {
      replaceRoot(heap, series, 0, size, value, index, sign);
    }
  }
  for (let i = 0; i < size; i++) expect(values[series[i]!]).toBe(heap[i]);
  return [...heap.subarray(0, size)].toSorted((a, b) => a - b);
}

test("the heap keeps what sorting would", () => {
  const numbers = fc.array(fc.integer({ min: -50, max: 50 }), { maxLength: 60 });
  fc.assert(
    fc.property(numbers, fc.integer({ min: 1, max: 10 }), (values, k) => {
      const sorted = values.toSorted((a, b) => a - b);
      expect(keepBest(values, k, 1)).toEqual(sorted.slice(Math.max(0, sorted.length - k)));
      expect(keepBest(values, k, -1)).toEqual(sorted.slice(0, k));
    }),
  );
});

test("a NaN is thrown out first", () => {
  const heap = new Float64Array(3);
  const series = new Int32Array(3);
  for (const [index, value] of [4, NaN, 9].entries()) pushHeap(heap, series, 0, index, value, index, 1);
  expect(heap[0]).toBeNaN();
});

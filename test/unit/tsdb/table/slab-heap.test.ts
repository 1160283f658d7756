import fc from "fast-check";
import { expect, test } from "vitest";
import { blockBytes, byteOf, slabOf, SlabHeap, type Address } from "../../../../src/tsdb/table/slab-heap.ts";

test("blocks in use never overlap, and freed ones are used again", () => {
  const size = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 200_000 }));
  const step = fc.record({ bytes: size, frees: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: "max" }), (steps) => {
      const heap = new SlabHeap();
      const used: { address: Address; bytes: number; mark: number }[] = [];
      steps.forEach(({ bytes, frees }, i) => {
        const gone = frees ? used.shift() : undefined;
        if (gone !== undefined) heap.free(gone.address, gone.bytes);
        const address = heap.allocate(bytes);
        expect(address).toBeGreaterThan(0);
        const mark = i % 251;
        heap.u8[slabOf(address)]!.fill(mark, byteOf(address), byteOf(address) + blockBytes(bytes));
        used.push({ address, bytes, mark });
      });
      for (const { address, bytes, mark } of used) {
        const block = heap.u8[slabOf(address)]!.subarray(byteOf(address), byteOf(address) + bytes);
        expect(block.every((byte) => byte === mark)).toBe(true);
      }
      expect(heap.usedBytes).toBe(used.reduce((total, { bytes }) => total + blockBytes(bytes), 0));
      for (const { address, bytes } of used) heap.free(address, bytes);
      expect(heap.usedBytes).toBe(0);
    }),
    { numRuns: 60 },
  );
});

test("memory does not grow while blocks of the same sizes come and go", () => {
  const heap = new SlabHeap();
  for (let round = 0; round < 50; round++) {
    const blocks = Array.from({ length: 100 }, (_, i) => ({
      bytes: 100 * (i + 1),
      address: heap.allocate(100 * (i + 1)),
    }));
    for (const { address, bytes } of blocks) heap.free(address, bytes);
  }
  expect(heap.reservedBytes).toBe(8 * 2 ** 20);
});

test("the largest block fills a slab of its own", () => {
  const heap = new SlabHeap();
  heap.allocate(8);
  const address = heap.allocate(8 * 2 ** 20);
  expect([slabOf(address), byteOf(address)]).toEqual([1, 0]);
});

test("a block larger than a slab has memory of its own, which is used again", () => {
  const heap = new SlabHeap();
  const bytes = 20 * 2 ** 20;
  const large = heap.allocate(bytes);
  const small = heap.allocate(16);
  expect(large).not.toBe(0);
  heap.u8[slabOf(large)]!.fill(7, byteOf(large), byteOf(large) + bytes);
  heap.u8[slabOf(small)]!.fill(8, byteOf(small), byteOf(small) + 16);
  expect(heap.u8[slabOf(large)]![byteOf(large) + bytes - 1]).toBe(7);
  heap.free(large, bytes);
  expect(heap.usedBytes).toBe(16);
  expect(heap.allocate(bytes - 1000)).toBe(large);
});

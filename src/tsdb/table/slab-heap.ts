// Memory of the head outside the JavaScript heap: fixed slabs of shared memory, cut into blocks by size class.
// A block is named by its address in units of 8 bytes over all slabs, so that an address fits 32 bits
// (32 GiB); address 0 is never given out and stands for "none". Blocks are not cleared.

import { assert } from "../../base/index.ts";

const UNIT_BYTES = 8;
const SLAB_UNITS_LOG2 = 20;
const SLAB_UNITS = 2 ** SLAB_UNITS_LOG2;
const SLAB_BYTES = SLAB_UNITS * UNIT_BYTES;
// Sizes up to 16 units are exact; above, eight classes for each doubling waste at most an eighth.
const EXACT_UNITS = 16;
const CLASS_COUNT = EXACT_UNITS + 8 * (SLAB_UNITS_LOG2 - 4) + 1;

/** Position of a block: units of 8 bytes; 0 stands for "none". */
export type Address = number;

/** Memory to read blocks from. The views of a slab are `f64[slab]` and so on, with `slab = slabOf(address)`. */
export interface Slabs {
  readonly f64: readonly Float64Array[];
  readonly u32: readonly Uint32Array[];
  readonly u16: readonly Uint16Array[];
  readonly u8: readonly Uint8Array[];
}

/** Slabs as another thread reads them. */
export class SlabViews implements Slabs {
  readonly f64: Float64Array[] = [];
  readonly u32: Uint32Array[] = [];
  readonly u16: Uint16Array[] = [];
  readonly u8: Uint8Array[] = [];

  /** Takes further slabs, in the order in which the heap made them. */
  add(buffers: readonly SharedArrayBuffer[]): void {
    for (const memory of buffers) {
      this.f64.push(new Float64Array(memory));
      this.u32.push(new Uint32Array(memory));
      this.u16.push(new Uint16Array(memory));
      this.u8.push(new Uint8Array(memory));
    }
  }
}

/** Gives out blocks of shared memory. */
export class SlabHeap implements Slabs {
  /** The slabs themselves; the list only grows. */
  readonly buffers: SharedArrayBuffer[] = [];
  readonly #views = new SlabViews();
  readonly f64: readonly Float64Array[] = this.#views.f64;
  readonly u32: readonly Uint32Array[] = this.#views.u32;
  readonly u16: readonly Uint16Array[] = this.#views.u16;
  readonly u8: readonly Uint8Array[] = this.#views.u8;
  readonly #free = new Uint32Array(CLASS_COUNT); // First free block of each class; its first word names the next.
  #next = 0; // Bump pointer and its end, in units.
  #end = 0;
  #usedUnits = 0;
  #reservedBytes = 0;
  // Free blocks larger than a slab, each in a slab of its own size.
  #freeLarge: { readonly address: Address; readonly bytes: number }[] = [];

  /** Bytes in blocks that are given out, rounding included. */
  get usedBytes(): number {
    return this.#usedUnits * UNIT_BYTES;
  }

  /** Bytes of all slabs. */
  get reservedBytes(): number {
    return this.#reservedBytes;
  }

  /** A block of at least `bytes` bytes (1 or more) with whatever it held before. */
  allocate(bytes: number): Address {
    if (bytes > SLAB_BYTES) return this.#allocateLarge(bytes);
    const sizeClass = classOf(Math.ceil(bytes / UNIT_BYTES));
    const units = unitsOf(sizeClass);
    this.#usedUnits += units;
    const free = this.#free[sizeClass]!;
    if (free !== 0) {
      this.#free[sizeClass] = this.u32[slabOf(free)]![wordOf(free)]!;
      return free;
    }
    if (this.#end - this.#next < units) this.#addSlab();
    const address = this.#next;
    this.#next += units;
    return address;
  }

  /** Takes a block back; `bytes` as it was allocated. Nothing may read it afterwards. */
  free(address: Address, bytes: number): void {
    if (bytes > SLAB_BYTES) {
      this.#usedUnits -= Math.ceil(bytes / UNIT_BYTES);
      this.#freeLarge.push({ address, bytes: this.buffers[slabOf(address)]!.byteLength });
      return;
    }
    const sizeClass = classOf(Math.ceil(bytes / UNIT_BYTES));
    this.#usedUnits -= unitsOf(sizeClass);
    this.#pushFree(sizeClass, address);
  }

  // Rare: the histogram of a sender that knows no measure.
  #allocateLarge(bytes: number): Address {
    this.#usedUnits += Math.ceil(bytes / UNIT_BYTES);
    const index = this.#freeLarge.findIndex((block) => block.bytes >= bytes);
    if (index >= 0) return this.#freeLarge.splice(index, 1)[0]!.address;
    if (this.buffers.length === 0) this.#addSlab(); // Address 0 stands for "none".
    const slab = this.#add(Math.ceil(bytes / UNIT_BYTES) * UNIT_BYTES);
    return slab * SLAB_UNITS;
  }

  #pushFree(sizeClass: number, address: Address): void {
    this.u32[slabOf(address)]![wordOf(address)] = this.#free[sizeClass]!;
    this.#free[sizeClass] = address;
  }

  #addSlab(): void {
    // What is left of the old slab becomes free blocks of the largest classes that fit.
    while (this.#end - this.#next > 0) {
      let sizeClass = classOf(this.#end - this.#next);
      if (unitsOf(sizeClass) > this.#end - this.#next) sizeClass--;
      this.#pushFree(sizeClass, this.#next);
      this.#next += unitsOf(sizeClass);
    }
    const slab = this.#add(SLAB_BYTES);
    this.#next = slab * SLAB_UNITS;
    this.#end = this.#next + SLAB_UNITS;
    if (slab === 0) this.#next++; // Address 0 stands for "none".
  }

  #add(bytes: number): number {
    const slab = this.buffers.length;
    assert(slab < 2 ** (32 - SLAB_UNITS_LOG2), "a head of less than 32 GiB");
    const memory = new SharedArrayBuffer(bytes);
    this.buffers.push(memory);
    this.#views.add([memory]);
    this.#reservedBytes += bytes;
    return slab;
  }
}

export function slabOf(address: Address): number {
  return address >>> SLAB_UNITS_LOG2;
}

/** Index of a block's first element in `f64[slab]`. */
export function doubleOf(address: Address): number {
  return address & (SLAB_UNITS - 1);
}

/** Index of a block's first element in `u32[slab]`. */
export function wordOf(address: Address): number {
  return (address & (SLAB_UNITS - 1)) * 2;
}

/** Index of a block's first element in `u16[slab]`. */
export function halfOf(address: Address): number {
  return (address & (SLAB_UNITS - 1)) * 4;
}

/** Index of a block's first element in `u8[slab]`. */
export function byteOf(address: Address): number {
  return (address & (SLAB_UNITS - 1)) * 8;
}

/** Bytes that a block allocated with `bytes` really holds; a list may grow that far in place. */
export function blockBytes(bytes: number): number {
  if (bytes > SLAB_BYTES) return bytes;
  return unitsOf(classOf(Math.ceil(bytes / UNIT_BYTES))) * UNIT_BYTES;
}

// Class c holds blocks of c units up to EXACT_UNITS; then 18, 20, … 32, 36, … 64, 72, …
function classOf(units: number): number {
  assert(units > 0 && units <= SLAB_UNITS, "a block of at most one slab");
  if (units <= EXACT_UNITS) return units;
  const exponent = 31 - Math.clz32(units - 1); // 2^exponent < units <= 2^(exponent + 1).
  const steps = Math.ceil((units - 2 ** exponent) / 2 ** (exponent - 3));
  return EXACT_UNITS + (exponent - 4) * 8 + steps;
}

function unitsOf(sizeClass: number): number {
  if (sizeClass <= EXACT_UNITS) return sizeClass;
  const exponent = 4 + ((sizeClass - EXACT_UNITS - 1) >> 3);
  const steps = ((sizeClass - EXACT_UNITS - 1) & 7) + 1;
  return 2 ** exponent + steps * 2 ** (exponent - 3);
}

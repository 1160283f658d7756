/*
 * A column of scaled integers: raw or as steps, with fixed width or in buckets, whichever is shortest. The layout is
 * in column.ts.
 */
import { MalformedBytesError } from "../../base/index.ts";
import {
  addPatches,
  foldSign,
  packBits,
  packedBytes,
  patchesBytes,
  readVarint,
  unfoldSign,
  unpackBits,
  varintBytes,
  writePatches,
  writeVarint,
} from "./bits.kernel.ts";
import { BUCKET_WIDTH_MAX, BUCKETS_MAX, pickBuckets, readBuckets, writeBuckets } from "./buckets.kernel.ts";
import {
  addBase,
  bitLength,
  countFoldedLengths,
  countLengths,
  divideBy,
  foldAround,
  measureRanges,
  SCALE_COUNT,
  scaleDown,
  shiftToBase,
  sumFoldedSteps,
  sumSteps,
  takeSteps,
  unfoldAround,
} from "./integers.kernel.ts";

export const RAW = 1;
export const STEPS = 2;
export const SIGNED_STEPS = 3;
/** With one of the kinds below in the bits of the scale code, what follows is in buckets. */
export const NONE = 7;

const RAW_BUCKETS = 1;
const STEPS_BUCKETS = 3;
const FOLDED = 1; // Added to the two above.
/** Kinds of columns in buckets are 1 … this. */
const BUCKET_KINDS = 4;

const WIDTH_MASK = 63;
const HAS_UNIT = 64;
const HAS_PATCHES = 128;
const WIDTH_MAX = 54;
const BUCKETED_WIDTH_MIN = 2; // Narrower integers gain nothing from buckets but a bit a sample for very rare ones.
const LONG_ROWS = 64; // From here on a sample's time matters less than its bits.
const PATCHED_WIDTH_MAX = 2;
const COMPARED_MAX = 31;
const PROBES = 9; // An odd number; their median is what signs are folded around.

const ranges = new Float64Array(4);
const lengths = new Int32Array(WIDTH_MAX + 2);
const widths = new Uint8Array(BUCKETS_MAX);
const picked = new Uint8Array(BUCKETS_MAX + 1); // The last element: how many.
const probes = new Float64Array(PROBES);

/** How the residuals of a column are packed. */
interface Packing {
  bucketCount: number; // 1: all have the first width.
  patchCount: number;
  isFolded: boolean; // Around `centre`.
  centre: number;
}

const packing: Packing = { bucketCount: 1, patchCount: 0, isFolded: false, centre: 0 };

/**
 * Writes `integers[0, count)`, at least two and not all the same, at `out[at]`. Returns the bytes used.
 * @param steps working memory as long as `integers`; both are left undefined.
 */
export function encodeIntegers(
  integers: Float64Array,
  steps: Float64Array,
  column: { readonly count: number; readonly code: number },
  out: Uint8Array,
  at: number,
): number {
  const { count, code } = column;
  measureRanges(integers, count, ranges);
  const isRaw = prefersRaw(integers, count);
  const first = integers[0]!;
  const base = isRaw ? ranges[0]! : ranges[2]!;
  const highest = isRaw ? ranges[1]! : ranges[3]!;
  const packed = isRaw ? count : count - 1;
  if (!isRaw) takeSteps(integers, count, steps);
  const residuals = isRaw ? steps : integers;
  const union = shiftToBase(isRaw ? integers : steps, packed, base, residuals);
  const unitBits = union === 0 ? 0 : 31 - Math.clz32(union & -union);
  const unit = 2 ** unitBits;
  if (unitBits > 0) divideBy(residuals, packed, unit);
  pickPacking(residuals, packed, bitLength((highest - base) / unit), isRaw ? NaN : -base / unit);
  const { bucketCount, patchCount, isFolded, centre } = packing;
  const isSigned = isFolded && bucketCount === 1;
  let end = at;
  if (bucketCount > 1) {
    const kind = (isRaw ? RAW_BUCKETS : STEPS_BUCKETS) + (isFolded ? FOLDED : 0);
    out[end++] = NONE | (kind << 3);
    out[end++] = code | ((bucketCount - 1) << 5);
  } else out[end++] = (isRaw ? RAW : isSigned ? SIGNED_STEPS : STEPS) | (code << 3);
  out[end++] = widths[0]! | (unitBits > 0 ? HAS_UNIT : 0) | (patchCount > 0 ? HAS_PATCHES : 0);
  for (let k = 1; k < bucketCount; k++) out[end++] = widths[k]!;
  if (unitBits > 0) out[end++] = unitBits;
  if (!isRaw) end += writeVarint(foldSign(first), out, end);
  if (!isSigned) end += writeVarint(foldSign(base + centre * unit), out, end);
  if (isFolded) foldAround(residuals, packed, centre);
  if (patchCount > 0) end += writePatches(residuals, packed, widths[0]!, out, end);
  if (bucketCount > 1) end += writeBuckets(residuals, packed, widths, bucketCount, out, end);
  else end += packBits(residuals, packed, widths[0]!, out, end);
  return end - at;
}

// Fills `packing`. `width` is that of the widest residual, `zero` what stands for a step of 0, NaN for none.
function pickPacking(residuals: Float64Array, count: number, width: number, zero: number): void {
  widths[0] = width;
  packing.bucketCount = 1;
  packing.patchCount = 0;
  packing.isFolded = false;
  packing.centre = 0;
  if (width < BUCKETED_WIDTH_MIN) return;
  const centre = medianOfProbes(residuals, count);
  const isLong = count >= LONG_ROWS;
  let bytes = packedBytes(count, width);
  // Where the middle lies near the lowest, folding signs around it costs a bit and gains nothing.
  if (isLong || bitLength(centre) <= width - 3) {
    lengths.fill(0);
    countLengths(residuals, count, lengths);
    bytes = tryBuckets(count, width, bytes, NaN);
    bytes = tryPatches(count, width, bytes, NaN);
    if (!isLong) return;
  }
  lengths.fill(0);
  countFoldedLengths(residuals, count, centre, lengths);
  let folded = width + 1;
  while (lengths[folded] === 0) folded--;
  bytes = tryBuckets(count, folded, bytes, centre);
  if (centre === zero) tryPatches(count, folded, bytes, centre);
}

// Takes buckets where they need less than `bytes`. `centre`: what signs are folded around, NaN: they are not.
function tryBuckets(count: number, widest: number, bytes: number, centre: number): number {
  if (widest < 2 || widest > BUCKET_WIDTH_MAX) return bytes;
  const taken = Math.ceil(pickBuckets(lengths, count, widest, picked) / 8) + picked[BUCKETS_MAX]!;
  // They take longer to read, so they have to be worth it.
  if (taken >= bytes - (count < LONG_ROWS ? bytes >> 3 : 0)) return bytes;
  packing.patchCount = 0;
  packing.bucketCount = picked[BUCKETS_MAX]!;
  for (let k = 0; k < packing.bucketCount; k++) widths[k] = picked[k]!;
  setCentre(centre);
  return taken;
}

function setCentre(centre: number): void {
  packing.isFolded = !Number.isNaN(centre);
  packing.centre = packing.isFolded ? centre : 0;
}

// Takes patches where they need less than `bytes`, which they can when few integers are wider than a bit or two.
function tryPatches(count: number, widest: number, bytes: number, centre: number): number {
  let least = bytes;
  let narrow = 0;
  for (let width = 0; width < Math.min(widest, PATCHED_WIDTH_MAX + 1); width++) {
    narrow += lengths[width]!;
    const patches = count - narrow;
    if (2 * patches >= least) continue;
    let taken = packedBytes(count, width) + 1 + patches;
    for (let length = width + 1; length <= widest; length++) {
      taken += lengths[length]! * Math.ceil((length - width) / 7);
    }
    if (taken >= least) continue;
    least = taken;
    widths[0] = width;
    packing.bucketCount = 1;
    packing.patchCount = patches;
    setCentre(centre);
  }
  return least;
}

// Whether the integers are likely to take fewer bits than their steps: seen by some of them, each against the middle.
function prefersRaw(integers: Float64Array, count: number): boolean {
  if (ranges[1]! - ranges[0]! > 4 * (ranges[3]! - ranges[2]!)) return false;
  const compared = Math.min(count - 1, count < LONG_ROWS ? COMPARED_MAX >> 1 : COMPARED_MAX);
  const middle = medianOfProbes(integers, count);
  let more = 0; // Bits that the integers take more than the steps.
  for (let i = 0; i < compared; i++) {
    const row = Math.floor((i * (count - 1)) / compared);
    const integer = integers[row]!;
    more += bitLength(Math.abs(integer - middle)) - bitLength(Math.abs(integers[row + 1]! - integer));
  }
  return 2 * more <= compared;
}

function medianOfProbes(residuals: Float64Array, count: number): number {
  const used = count >= LONG_ROWS ? PROBES : Math.min(count, 5) | 1;
  for (let i = 0; i < used; i++) {
    const probe = residuals[Math.floor(((i + 0.5) * count) / used)]!;
    let place = i;
    for (; place > 0 && probes[place - 1]! > probe; place--) probes[place] = probes[place - 1]!;
    probes[place] = probe;
  }
  return probes[(used - 1) / 2]!;
}

/**
 * Reads back `count` values of a column whose head byte, at `bytes[at]`, has mode 1, 2 or 3. Returns the bytes read.
 * @throws MalformedBytesError for a patch beyond the end.
 */
export function decodeFixedWidth(
  bytes: Uint8Array,
  at: number,
  count: number,
  out: Float64Array,
  outFrom: number,
): number {
  const mode = bytes[at]! & 7;
  const packing = bytes[at + 1]!;
  let end = at + 2;
  const unit = (packing & HAS_UNIT) === 0 ? 1 : 2 ** bytes[end++]!;
  const firstOrBase = readVarint(bytes, end);
  end += varintBytes(firstOrBase);
  let base = 0;
  if (mode === STEPS) {
    const folded = readVarint(bytes, end);
    end += varintBytes(folded);
    base = unfoldSign(folded);
  }
  const patchesAt = end;
  const width = packing & WIDTH_MASK;
  const from = mode === RAW ? outFrom : outFrom + 1;
  const to = outFrom + count;
  if ((packing & HAS_PATCHES) !== 0) end += patchesBytes(bytes, end);
  end += unpackBits(bytes, end, to - from, width, out, from);
  if ((packing & HAS_PATCHES) !== 0 && !addPatches(bytes, patchesAt, 2 ** width, out, from, to)) {
    throw new MalformedBytesError(`column of ${count} values at byte ${at} has a patch beyond its end`);
  }
  const firstInteger = unfoldSign(firstOrBase);
  if (mode === RAW) addBase(out, outFrom, to, firstInteger, unit);
  else if (mode === STEPS) sumSteps(out, outFrom, to, firstInteger, base, unit);
  else sumFoldedSteps(out, outFrom, to, firstInteger, 0, unit);
  scaleDown(out, outFrom, to, bytes[at]! >>> 3);
  return end - at;
}

// Callers stay in one array for many columns.
let viewed: Uint8Array = new Uint8Array(0);
let view: DataView = new DataView(viewed.buffer);

function viewOf(bytes: Uint8Array): DataView {
  if (viewed !== bytes) {
    viewed = bytes;
    view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  return view;
}

/**
 * Reads back `count` values of a column in buckets whose head byte is at `bytes[at]`. Returns the bytes read.
 * @throws MalformedBytesError for widths or a scale that no encoder writes.
 */
export function decodeBuckets(
  bytes: Uint8Array,
  at: number,
  count: number,
  out: Float64Array,
  outFrom: number,
): number {
  const kind = bytes[at]! >>> 3;
  const code = bytes[at + 1]! & 31;
  const bucketCount = (bytes[at + 1]! >>> 5) + 1;
  let end = at + 2;
  const hasUnit = (bytes[end]! & HAS_UNIT) !== 0;
  let isSound = code < SCALE_COUNT && kind <= BUCKET_KINDS && bucketCount > 1 && bucketCount <= BUCKETS_MAX;
  for (let k = 0; k < bucketCount && isSound; k++) {
    const width = bytes[end++]! & WIDTH_MASK;
    if (width > BUCKET_WIDTH_MAX) isSound = false;
    widths[k] = width;
  }
  if (!isSound) throw new MalformedBytesError(`column of ${count} values at byte ${at} has unknown buckets`);
  const unit = hasUnit ? 2 ** bytes[end++]! : 1;
  const isRaw = kind < STEPS_BUCKETS;
  let first = 0;
  if (!isRaw) {
    const folded = readVarint(bytes, end);
    end += varintBytes(folded);
    first = unfoldSign(folded);
  }
  const foldedBase = readVarint(bytes, end);
  end += varintBytes(foldedBase);
  const base = unfoldSign(foldedBase);
  const from = isRaw ? outFrom : outFrom + 1;
  const to = outFrom + count;
  end += readBuckets(viewOf(bytes), end, to - from, widths, bucketCount, out, from);
  const isFolded = kind % 2 === 0;
  if (isRaw && isFolded) unfoldAround(out, outFrom, to, base, unit);
  else if (isRaw) addBase(out, outFrom, to, base, unit);
  else if (isFolded) sumFoldedSteps(out, outFrom, to, first, base, unit);
  else sumSteps(out, outFrom, to, first, base, unit);
  scaleDown(out, outFrom, to, code);
  return end - at;
}

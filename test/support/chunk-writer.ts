// A plain writer of Prometheus's float chunks, from the description of the format and with no thought for speed.

/** A sample with its value as the 64 bits of the float. */
export interface BitSample {
  readonly time: bigint;
  readonly bits: bigint;
  readonly start?: bigint;
}

const STALE = 0x7ff0000000000002n;

/** Bits of a chunk, highest first. */
export class BitWriter {
  #text = "";

  put(value: bigint, count: number): void {
    this.#text += BigInt.asUintN(count, value).toString(2).padStart(count, "0");
  }

  bits(text: string): void {
    this.#text += text;
  }

  uvarint(value: bigint): void {
    for (let rest = value; ; rest >>= 7n) {
      this.put(rest > 127n ? (rest & 127n) | 128n : rest, 8);
      if (rest <= 127n) return;
    }
  }

  varint(value: bigint): void {
    this.uvarint(value < 0n ? -2n * value - 1n : 2n * value);
  }

  varbit(value: bigint): void {
    const sizes = [3, 6, 9, 12, 18, 25, 56];
    if (value === 0n) return this.bits("0");
    for (const [i, size] of sizes.entries()) {
      const half = 1n << BigInt(size - 1);
      if (value <= half && value >= 1n - half) {
        this.bits(`${"1".repeat(i + 1)}0`);
        return this.put(value, size);
      }
    }
    this.bits("11111111");
    return this.put(value, 64);
  }

  bytes(): Uint8Array {
    const length = Math.ceil(this.#text.length / 8);
    const padded = this.#text.padEnd(length * 8, "0");
    return Uint8Array.from({ length }, (_, i) => Number.parseInt(padded.slice(i * 8, i * 8 + 8), 2));
  }
}

/** The window of bits that was written last. */
class Window {
  leading = -1;
  trailing = 0;

  // Whether what differs fits; else it becomes the window.
  fits(difference: bigint): boolean {
    const text = difference.toString(2).padStart(64, "0");
    const leading = Math.min(31, text.indexOf("1"));
    const trailing = 63 - text.lastIndexOf("1");
    if (this.leading >= 0 && leading >= this.leading && trailing >= this.trailing) return true;
    this.leading = leading;
    this.trailing = trailing;
    return false;
  }

  put(out: BitWriter, difference: bigint, isNew: boolean): void {
    const length = 64 - this.leading - this.trailing;
    if (isNew) {
      out.put(BigInt(this.leading), 5);
      out.put(BigInt(length % 64), 6);
    }
    out.put(difference >> BigInt(this.trailing), length);
  }
}

/** Encoding XOR, from the number of samples on. */
export function xorChunk(samples: readonly BitSample[]): Uint8Array {
  const out = new BitWriter();
  out.put(BigInt(samples.length), 16);
  const window = new Window();
  let delta = 0n;
  for (const [i, { time, bits }] of samples.entries()) {
    if (i === 0) {
      out.varint(time);
      out.put(bits, 64);
      continue;
    }
    const before = samples[i - 1]!;
    const next = time - before.time;
    if (i === 1) out.uvarint(next);
    else putChange(out, next - delta);
    delta = next;
    const difference = bits ^ before.bits;
    if (difference === 0n) out.bits("0");
    else {
      const isNew = !window.fits(difference);
      out.bits(isNew ? "11" : "10");
      window.put(out, difference, isNew);
    }
  }
  return out.bytes();
}

function putChange(out: BitWriter, change: bigint): void {
  if (change === 0n) return out.bits("0");
  for (const [prefix, size] of [
    ["10", 14],
    ["110", 17],
    ["1110", 20],
  ] as const) {
    const half = 1n << BigInt(size - 1);
    if (change <= half && change >= 1n - half) {
      out.bits(prefix);
      return out.put(change, size);
    }
  }
  out.bits("1111");
  return out.put(change, 64);
}

/** Encoding XOR2. `startsOn`: number of the first later sample whose start time is written; 0: none is. */
export function xor2Chunk(samples: readonly BitSample[], startsOn: number): Uint8Array {
  const out = new BitWriter();
  out.put(BigInt(samples.length), 16);
  const first = samples[0]!;
  out.bits(first.start === undefined ? "0" : "1");
  out.put(BigInt(startsOn), 7);
  const window = new Window();
  let delta = 0n;
  let value = first.bits === STALE ? 0n : first.bits;
  out.varint(first.time);
  out.put(first.bits, 64);
  if (first.start !== undefined) out.varint(first.time - first.start);
  for (let i = 1; i < samples.length; i++) {
    const { time, bits, start = 0n } = samples[i]!;
    const next = time - samples[i - 1]!.time;
    const change = next - delta;
    delta = next;
    const difference = bits ^ value;
    if (i > 1 && change === 0n) {
      if (bits === STALE) out.bits("11111");
      else if (difference === 0n) out.bits("0");
      else {
        const isNew = !window.fits(difference);
        out.bits(isNew ? "101" : "100");
        window.put(out, difference, isNew);
      }
    } else {
      if (i === 1) out.uvarint(next);
      else putWideChange(out, change);
      if (bits === STALE) out.bits("111");
      else if (difference === 0n) out.bits("0");
      else {
        const isNew = !window.fits(difference);
        out.bits(isNew ? "110" : "10");
        window.put(out, difference, isNew);
      }
    }
    if (bits !== STALE) value = bits;
    if (startsOn > 0 && i >= startsOn) out.varbit(samples[i - 1]!.time - start);
  }
  return out.bytes();
}

function putWideChange(out: BitWriter, change: bigint): void {
  for (const [prefix, size] of [
    ["110", 13],
    ["1110", 20],
  ] as const) {
    const half = 1n << BigInt(size - 1);
    if (change < half && change >= -half) {
      out.bits(prefix);
      return out.put(change, size);
    }
  }
  out.bits("11110");
  return out.put(change, 64);
}

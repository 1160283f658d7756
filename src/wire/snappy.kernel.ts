// Snappy's block format: the decoded length as a varint, then elements. An element begins with a tag byte whose low two
// bits are its kind:
//
// | kind | bytes after the tag                             | meaning                                             |
// |------|-------------------------------------------------|-----------------------------------------------------|
// | 0    | 0 to 4 bytes of length, then the literal itself | literal; length - 1 is in the tag's upper 6 bits,   |
// |      |                                                 | 60 to 63 there: in the next 1 to 4 bytes            |
// | 1    | 1                                               | copy of 4 to 11 bytes, offset of 11 bits            |
// | 2    | 2                                               | copy of 1 to 64 bytes, offset of 16 bits            |
// | 3    | 4                                               | copy of 1 to 64 bytes, offset of 32 bits            |
//
// Source: the format description of google/snappy.

/** Literals up to this long are copied byte by byte: `set` of a `subarray` costs 60 ns before the first byte. */
const LOOP_COPY_MAX = 48;

/**
 * Decodes the elements in `input` from byte `from` on into `output`, which must be filled exactly. False when the input
 * is cut short, goes beyond the output, or copies from before its start; `output` is then half written.
 */
export function inflateSnappy(input: Uint8Array, from: number, output: Uint8Array): boolean {
  const inputEnd = input.length;
  const outputEnd = output.length;
  let at = from;
  let to = 0;
  while (at < inputEnd) {
    const tag = input[at++]!;
    const kind = tag & 3;
    let length = (tag >>> 2) + 1;
    if (kind === 0) {
      if (length > 60) {
        const lengthBytes = length - 60;
        if (at + lengthBytes > inputEnd) return false;
        length = 0;
        for (let i = lengthBytes - 1; i >= 0; i--) length = length * 256 + input[at + i]!;
        length += 1;
        at += lengthBytes;
      }
      if (length > inputEnd - at || length > outputEnd - to) return false;
      if (length <= LOOP_COPY_MAX) {
        for (let i = 0; i < length; i++) output[to + i] = input[at + i]!;
      } else {
        output.set(input.subarray(at, at + length), to);
      }
      at += length;
      to += length;
      continue;
    }
    const offsetBytes = kind === 3 ? 4 : kind;
    if (at + offsetBytes > inputEnd) return false;
    let offset = input[at]!;
    if (kind === 1) {
      length = ((tag >>> 2) & 7) + 4;
      offset += (tag >>> 5) * 256;
    } else {
      offset += input[at + 1]! * 256;
      if (kind === 3) offset += input[at + 2]! * 65_536 + input[at + 3]! * 16_777_216;
    }
    at += offsetBytes;
    if (offset === 0 || offset > to || length > outputEnd - to) return false;
    // Byte by byte, since a copy may overlap what it writes.
    for (let i = to, end = to + length; i < end; i++) output[i] = output[i - offset]!;
    to += length;
  }
  return to === outputEnd;
}

/** A block is compressed on its own, so that positions in it fit 16 bits. */
const BLOCK_BYTES = 65_536;
const HASH_BITS = 14;
/** Shorter ends are written as a literal; looking for a match reads up to this far ahead. */
const MARGIN_BYTES = 15;

/** Entries of the table that `deflateSnappy` works with. */
export const HASH_TABLE_SIZE: number = 1 << HASH_BITS;

/**
 * Encodes `input` as elements into `output` from byte `from` on, and gives the position behind them. Needs room for
 * `input.length + input.length / 6 + 32` bytes. `table` is scratch of HASH_TABLE_SIZE entries.
 */
export function deflateSnappy(
  input: Uint8Array,
  view: DataView,
  output: Uint8Array,
  from: number,
  table: Uint16Array,
): number {
  let to = from;
  for (let start = 0; start < input.length; start += BLOCK_BYTES) {
    const end = start + BLOCK_BYTES < input.length ? start + BLOCK_BYTES : input.length;
    const searchEnd = end - MARGIN_BYTES;
    table.fill(0);
    let literalFrom = start;
    let at = start + 1;
    // The longer nothing matches, the larger the steps: what does not compress should not cost much.
    let patience = 32;
    while (at < searchEnd) {
      const word = view.getUint32(at, true);
      const hash = Math.imul(word, 0x1e35a7bd) >>> (32 - HASH_BITS);
      const candidate = start + table[hash]!;
      table[hash] = at - start;
      if (view.getUint32(candidate, true) !== word) {
        at += patience >>> 5;
        patience++;
        continue;
      }
      to = writeLiteral(input, literalFrom, at, output, to);
      let matchEnd = at + 4;
      const offset = at - candidate;
      while (matchEnd < end && input[matchEnd] === input[matchEnd - offset]) matchEnd++;
      to = writeCopy(offset, matchEnd - at, output, to);
      at = matchEnd;
      literalFrom = matchEnd;
      patience = 32;
    }
    to = writeLiteral(input, literalFrom, end, output, to);
  }
  return to;
}

function writeLiteral(input: Uint8Array, from: number, end: number, output: Uint8Array, at: number): number {
  const length = end - from;
  if (length === 0) return at;
  let to = at;
  const last = length - 1;
  if (last < 60) {
    output[to++] = last << 2;
  } else if (last < 256) {
    output[to++] = 60 << 2;
    output[to++] = last;
  } else {
    output[to++] = 61 << 2;
    output[to++] = last & 0xff;
    output[to++] = last >>> 8;
  }
  if (length > LOOP_COPY_MAX) output.set(input.subarray(from, end), to);
  else for (let i = 0; i < length; i++) output[to + i] = input[from + i]!;
  return to + length;
}

function writeCopy(offset: number, length: number, output: Uint8Array, at: number): number {
  let to = at;
  let rest = length;
  const shortMax = offset < 2048 ? 11 : 0;
  // Never leaves a rest below 4, which the short form cannot say.
  while (rest > shortMax) {
    const part = rest > 64 ? (rest < 68 ? 60 : 64) : rest;
    output[to++] = ((part - 1) << 2) | 2;
    output[to++] = offset & 0xff;
    output[to++] = offset >>> 8;
    rest -= part;
  }
  if (rest > 0) {
    output[to++] = ((offset >>> 8) << 5) | ((rest - 4) << 2) | 1;
    output[to++] = offset & 0xff;
  }
  return to;
}

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

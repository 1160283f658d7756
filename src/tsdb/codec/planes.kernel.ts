/*
 * Columns of full-precision floats: each value xored with the one before, then stored byte by byte: all lowest
 * bytes, all second ones, and so on. Planes that are zero throughout take no room.
 *
 * | field       | bytes       | meaning                                              |
 * | ----------- | ----------- | ---------------------------------------------------- |
 * | mask        | 1           | bit k set: plane k (byte k of the xored words) follows |
 * | first value | 8           | its bits                                             |
 * | planes      | count - 1 each | lowest first                                      |
 */

/**
 * Writes values `[0, count)`, seen through their words (low, high, low, high …), at `out[at]`,
 * where `1 + 8 * count` bytes must be free. Returns the bytes used.
 */
export function writePlanes(words: Uint32Array, count: number, out: Uint8Array, at: number): number {
  let union0 = 0;
  let union1 = 0;
  for (let i = 2; i < 2 * count; i += 2) {
    union0 |= words[i]! ^ words[i - 2]!;
    union1 |= words[i + 1]! ^ words[i - 1]!;
  }
  let mask = 0;
  let end = at + 1;
  for (let k = 0; k < 8; k++) out[end++] = words[k >>> 2]! >>> (8 * (k & 3));
  for (let k = 0; k < 8; k++) {
    const union = k < 4 ? union0 : union1;
    const shift = 8 * (k & 3);
    if (((union >>> shift) & 0xff) === 0) continue;
    mask |= 1 << k;
    for (let i = 2 + (k >>> 2); i < 2 * count; i += 2) out[end++] = (words[i]! ^ words[i - 2]!) >>> shift;
  }
  out[at] = mask;
  return end - at;
}

/** Reads back `count` values from `bytes[at]` into `words` from word `wordsFrom`. Returns the bytes read. */
export function readPlanes(
  bytes: Uint8Array,
  at: number,
  count: number,
  words: Uint32Array,
  wordsFrom: number,
): number {
  const mask = bytes[at]!;
  const end = wordsFrom + 2 * count;
  words.fill(0, wordsFrom, end);
  for (let k = 0; k < 8; k++) words[wordsFrom + (k >>> 2)]! |= bytes[at + 1 + k]! << (8 * (k & 3));
  let from = at + 9;
  for (let k = 0; k < 8; k++) {
    if ((mask & (1 << k)) === 0) continue;
    const shift = 8 * (k & 3);
    for (let i = wordsFrom + 2 + (k >>> 2); i < end; i += 2) words[i]! |= bytes[from++]! << shift;
  }
  for (let i = wordsFrom + 2; i < end; i += 2) {
    words[i]! ^= words[i - 2]!;
    words[i + 1]! ^= words[i - 1]!;
  }
  return from - at;
}

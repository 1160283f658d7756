/** A column of words in memory that threads share, all 0. */
export function sharedWords(length: number): Uint32Array<SharedArrayBuffer> {
  return new Uint32Array(new SharedArrayBuffer(4 * length));
}

/** A copy of twice the length. Whoever reads the old one goes on seeing what was there. */
export function doubledShared(column: Uint32Array): Uint32Array<SharedArrayBuffer> {
  const grown = sharedWords(2 * column.length);
  grown.set(column);
  return grown;
}

/** A copy of the first `count` words, in memory that threads share. */
export function copiedWords(column: Uint32Array, count: number): Uint32Array<SharedArrayBuffer> {
  const copy = sharedWords(count);
  copy.set(column.subarray(0, count));
  return copy;
}

/** A copy of the first `count` bytes, in memory that threads share. */
export function copiedBytes(column: Uint8Array, count: number): Uint8Array<SharedArrayBuffer> {
  const copy = new Uint8Array(new SharedArrayBuffer(count));
  copy.set(column.subarray(0, count));
  return copy;
}

/**
 * The `data` of an answer as JSON in UTF-8. `first` is all of it when `rest` is undefined; else the chunks of
 * `rest` follow, made while they are read.
 */
export interface EncodedData {
  readonly first: Uint8Array;
  readonly rest: Iterable<Uint8Array> | AsyncIterable<Uint8Array> | undefined;
}

/** Starts `chunks`, so that what fits into one is known to be whole. */
export function encodedData(chunks: Generator<Uint8Array, void>): EncodedData {
  const first = chunks.next();
  if (first.done === true) return { first: new Uint8Array(0), rest: undefined };
  const second = chunks.next();
  if (second.done === true) return { first: first.value, rest: undefined };
  return { first: Buffer.concat([first.value, second.value]), rest: chunks };
}

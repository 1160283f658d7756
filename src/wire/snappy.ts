import { compress } from "snappyjs";
import { WireError } from "./errors.ts";
import { inflateSnappy } from "./snappy.kernel.ts";

const HEADER_BYTES_MAX = 5;

/**
 * Decompresses snappy's block format. The length that the data declare is compared with `bytesMax` before anything is
 * allocated. Source: spec RCV-4.
 * @throws WireError `snappy: corrupt input`, or with the declared length and the limit.
 */
export function decodeSnappy(input: Uint8Array, bytesMax: number): Uint8Array<ArrayBuffer> {
  let length = 0;
  let at = 0;
  let last: number;
  do {
    if (at >= HEADER_BYTES_MAX || at >= input.length) throw corrupt();
    last = input[at]!;
    length += (last & 0x7f) * 2 ** (7 * at);
    at++;
  } while (last >= 0x80);
  if (length >= 2 ** 32) throw corrupt();
  if (length > bytesMax) throw new WireError(`snappy: decoded length ${length} exceeds limit ${bytesMax}`);
  const output = new Uint8Array(length);
  if (!inflateSnappy(input, at, output)) throw corrupt();
  return output;
}

/** Compresses into snappy's block format. */
export function encodeSnappy(input: Uint8Array): Uint8Array<ArrayBuffer> {
  return compress(input);
}

function corrupt(): WireError {
  return new WireError("snappy: corrupt input");
}

import { MalformedBytesError } from "../../base/index.ts";
import type { SampleBuffer } from "../sample-buffer.ts";
import { BitReader } from "./bit-reader.ts";
import { decodeHistogramChunk, type StartTimes } from "./histogram-chunk.ts";
import { decodeXor2Samples } from "./xor2-chunk.kernel.ts";
import { decodeXorSamples } from "./xor-chunk.kernel.ts";

// Numbers of the encodings.
const XOR = 1;
const HISTOGRAM = 2;
const FLOAT_HISTOGRAM = 3;
const XOR2 = 4;
const HISTOGRAM_STARTS = 5;
const FLOAT_HISTOGRAM_STARTS = 6;

const COUNT_BYTES = 2;
const HEADER_BYTES = 3;
const COUNT_BITS = 14; // Where the two above them say what is known of resets.
const GAUGE = 3;
const PADDING_BYTES = 16; // What the kernels may read behind the end.

let padded = new Uint8Array(4096);

/** Appends the samples of a chunk, of which `data` is what follows the encoding. @throws MalformedBytesError */
export function decodeChunk(encoding: number, data: Uint8Array, into: SampleBuffer): void {
  if (data.length < HEADER_BYTES) throw new MalformedBytesError(`chunk of ${data.length} bytes`);
  const first = data[0]! * 256 + data[1]!;
  switch (encoding) {
    case XOR:
    case XOR2:
      decodeFloats(encoding, data, first, into);
      return;
    case HISTOGRAM:
    case FLOAT_HISTOGRAM: {
      const header = { count: first, isGauge: data[2]! >>> 6 === GAUGE, starts: undefined };
      const reader = new BitReader(data, HEADER_BYTES, data.length);
      decodeHistogramChunk(reader, header, encoding === HISTOGRAM ? "integer" : "float", into);
      return;
    }
    case HISTOGRAM_STARTS:
    case FLOAT_HISTOGRAM_STARTS: {
      const header = {
        count: first % 2 ** COUNT_BITS,
        isGauge: first >>> COUNT_BITS === GAUGE,
        starts: startTimes(data),
      };
      const reader = new BitReader(data, HEADER_BYTES, data.length);
      decodeHistogramChunk(reader, header, encoding === HISTOGRAM_STARTS ? "integer" : "float", into);
      return;
    }
    default:
      throw new MalformedBytesError(`chunk of unknown encoding ${encoding}; known are 1 to 6`);
  }
}

function startTimes(data: Uint8Array): StartTimes {
  return { isFirstKnown: (data[2]! & 0x80) !== 0, changeOn: data[2]! & 0x7f };
}

function decodeFloats(encoding: number, data: Uint8Array, count: number, into: SampleBuffer): void {
  if (count === 0) return;
  if (padded.length < data.length + PADDING_BYTES) padded = new Uint8Array(2 * data.length + PADDING_BYTES);
  padded.set(data);
  padded.fill(0, data.length, data.length + PADDING_BYTES);
  into.reserve(count);
  const { times, bits, count: row } = into;
  const end =
    encoding === XOR
      ? decodeXorSamples(padded, COUNT_BYTES, count, times, bits, row)
      : decodeXor2Samples(padded, COUNT_BYTES, count, times, bits, row);
  if (end < 0) throw new MalformedBytesError("a window of more than 64 bits");
  if (end > data.length * 8) throw new MalformedBytesError(`the chunk ends before its ${count} samples`);
  into.addedFloats(count);
}

// Records of the log of late samples; each generation has a part of the log for itself.
//
// | field   | bytes  | meaning                                                                                    |
// | ------- | ------ | ------------------------------------------------------------------------------------------ |
// | table   | varint | number of the generation's table                                                           |
// | column  | zigzag | less the column of the record before; 0 before the first of a blob                         |
// | count   | varint | twice the number of samples, and 1 if they are histograms                                  |
// | samples | …      | each: its time and its value                                                               |
//
// The time of a record's first sample is the zigzag of its ms less the last time of the record before, 0 before the first
// of a blob; those of the others are the zigzag of their distance to the one before less the distance before that one,
// which is 0 at first. The value is its bits against those of the sample before it in the record, as bytes in use.
//
// Bytes in use are one byte, the number of low bytes that are zero in its upper half and of those after them in its lower
// half, and the bytes themselves. A histogram is its length as a varint and encodeHistogram.

import { ByteReader, ByteWriter, MalformedBytesError } from "../../base/index.ts";
import { bitsOf, type Histogram } from "../../model/index.ts";
import { decodeHistogram, encodeHistogram } from "../codec/index.ts";

/** Samples of one column, all floats or all histograms. */
export interface LateSamples {
  readonly table: number;
  readonly column: number;
  readonly times: Float64Array; // Millis.
  readonly values: Float64Array; // One a sample; not read where there are histograms.
  readonly histograms: readonly Histogram[] | undefined;
}

const VALUE_BYTES = 8;
// A sample takes two bytes at least.
const SAMPLES_PER_BYTE = 0.5;

const words = new Uint32Array(2);
const bytes = new Uint8Array(words.buffer);
const scratch = new ByteWriter();

/** Writes records to one part of the log. */
export class LateRecordWriter {
  #column = 0;
  #time = 0;

  write(samples: LateSamples, out: ByteWriter): void {
    if (out.length === 0) {
      this.#column = 0;
      this.#time = 0;
    }
    const { table, column, times, histograms } = samples;
    out.varint(table);
    out.zigzag(column - this.#column);
    out.varint(2 * times.length + (histograms === undefined ? 0 : 1));
    this.#column = column;
    const bits = bitsOf(samples.values);
    let low = 0;
    let high = 0;
    let distance = 0;
    for (let i = 0; i < times.length; i++) {
      const ahead = times[i]! - this.#time;
      out.zigzag(ahead - distance);
      if (i > 0) distance = ahead;
      this.#time = times[i]!;
      if (histograms !== undefined) {
        scratch.reset();
        encodeHistogram(histograms[i]!, scratch);
        out.varint(scratch.length);
        out.bytes(scratch.written());
        continue;
      }
      words[0] = bits[2 * i]! ^ low;
      words[1] = bits[2 * i + 1]! ^ high;
      low = bits[2 * i]!;
      high = bits[2 * i + 1]!;
      writeWords(out);
    }
  }
}

function writeWords(out: ByteWriter): void {
  let zeros = 0;
  while (zeros < VALUE_BYTES && bytes[zeros] === 0) zeros++;
  let end = VALUE_BYTES;
  while (end > zeros && bytes[end - 1] === 0) end--;
  out.u8((zeros << 4) | (end - zeros));
  for (let i = zeros; i < end; i++) out.u8(bytes[i]!);
}

function readWords(reader: ByteReader): void {
  const shape = reader.u8();
  const zeros = shape >> 4;
  const end = zeros + (shape & 15);
  if (end > VALUE_BYTES) throw new MalformedBytesError(`value of ${end} bytes in a late sample`);
  words[0] = 0;
  words[1] = 0;
  for (let i = zeros; i < end; i++) bytes[i] = reader.u8();
}

/**
 * Reads a blob of records back; the samples handed to `onSamples` are valid during the call.
 * @throws MalformedBytesError when the bytes are no records; those before were handed out.
 */
export function readLateRecords(records: Uint8Array, onSamples: (samples: LateSamples) => void): void {
  const reader = new ByteReader(records);
  let column = 0;
  let time = 0;
  while (reader.left > 0) {
    const table = reader.varint();
    column += reader.zigzag();
    const field = reader.varint();
    const count = Math.floor(field / 2);
    const isHistogram = field % 2 === 1;
    if (count > reader.left * SAMPLES_PER_BYTE || column < 0) {
      throw new MalformedBytesError(`${count} late samples of column ${column} in ${reader.left} bytes`);
    }
    const times = new Float64Array(count);
    const values = new Float64Array(count);
    const histograms: Histogram[] = [];
    const bits = bitsOf(values);
    let low = 0;
    let high = 0;
    let distance = 0;
    for (let i = 0; i < count; i++) {
      const ahead = reader.zigzag() + distance;
      if (i > 0) distance = ahead;
      time += ahead;
      times[i] = time;
      if (isHistogram) {
        const end = reader.varint() + reader.position;
        histograms.push(decodeHistogram(reader));
        if (reader.position !== end) throw new MalformedBytesError("late histogram of another length");
        continue;
      }
      readWords(reader);
      bits[2 * i] = low ^= words[0]!;
      bits[2 * i + 1] = high ^= words[1]!;
    }
    if (!Number.isSafeInteger(time)) throw new MalformedBytesError(`late sample at ${time} ms`);
    onSamples({ table, column, times, values, histograms: isHistogram ? histograms : undefined });
  }
}

// Records of the log of exemplars; each window of time has a part of the log for itself.
//
// | record   | fields                                                                                                 |
// | -------- | ------------------------------------------------------------------------------------------------------ |
// | series   | 1; number (varint); labels                                                                             |
// | exemplar | 2, or 3 when the time is its own; number of its series (varint); zigzag of its time less the start of   |
// |          | the window (ms); value (8 bytes); labels                                                               |
//
// Labels are how many there are (varint), then name and value as texts. A series comes before its first exemplar in
// each part; one that was lost costs its exemplars. A number may come again for another series.

import { ByteReader, MalformedBytesError, type ByteWriter } from "../../base/index.ts";
import { labelsFromSortedPairs, millis, type Labels } from "../../model/index.ts";
import type { Exemplar } from "../../storage/index.ts";

const SERIES = 1;
const EXEMPLAR = 2;
const OWN_TIME = 1;

export function writeSeriesRecord(number: number, labels: Labels, out: ByteWriter): void {
  out.u8(SERIES);
  out.varint(number);
  writeLabels(labels, out);
}

export function writeExemplarRecord(
  number: number,
  { time, value, labels, hasOwnTime }: Exemplar,
  windowStart: number,
  out: ByteWriter,
): void {
  out.u8(EXEMPLAR | (hasOwnTime ? OWN_TIME : 0));
  out.varint(number);
  out.zigzag(time - windowStart);
  out.f64(value);
  writeLabels(labels, out);
}

function writeLabels(labels: Labels, out: ByteWriter): void {
  out.varint(labels.length / 2);
  for (const text of labels) out.text(text);
}

/**
 * Reads a blob of records back. `series` holds those of the blobs before it in the part, and gets those of this one.
 * @throws MalformedBytesError when the bytes are no records; those before were handed out.
 */
export function readExemplarRecords(
  records: Uint8Array,
  windowStart: number,
  series: Map<number, Labels>,
  onExemplar: (labels: Labels, exemplar: Exemplar) => void,
): void {
  const reader = new ByteReader(records);
  while (reader.left > 0) {
    const kind = reader.u8();
    const number = reader.varint();
    if (kind === SERIES) {
      series.set(number, readLabels(reader));
      continue;
    }
    if (kind !== EXEMPLAR && kind !== (EXEMPLAR | OWN_TIME)) {
      throw new MalformedBytesError(`unknown kind ${kind} of exemplar record`);
    }
    const time = windowStart + reader.zigzag();
    if (!Number.isSafeInteger(time)) throw new MalformedBytesError(`exemplar at ${time} ms`);
    const value = reader.f64();
    const exemplar = { time: millis(time), value, labels: readLabels(reader), hasOwnTime: kind !== EXEMPLAR };
    const labels = series.get(number);
    if (labels !== undefined) onExemplar(labels, exemplar);
  }
}

function readLabels(reader: ByteReader): Labels {
  const count = reader.varint();
  if (count > reader.left) throw new MalformedBytesError(`${count} labels in ${reader.left} bytes`);
  return labelsFromSortedPairs(Array.from({ length: 2 * count }, () => reader.text()));
}

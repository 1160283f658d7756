import type { Labels } from "../../model/index.ts";
import { ChunkWriter } from "./chunk-writer.ts";
import { writeRawString } from "./json-string.ts";

const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Writes a label set as a JSON object, its texts in the raw style. Source: spec API-13, API-31. */
export function writeLabels(writer: ChunkWriter, labels: Labels): void {
  writer.reserve(1);
  writer.byte(OPEN_BRACE);
  for (let i = 0; i < labels.length; i += 2) {
    writeRawString(writer, labels[i]!);
    writer.reserve(1);
    writer.byte(COLON);
    writeRawString(writer, labels[i + 1]!);
    writer.reserve(1);
    writer.byte(COMMA);
  }
  if (labels.length > 0) writer.end--;
  writer.reserve(1);
  writer.byte(CLOSE_BRACE);
}

/** A list of label sets as JSON in UTF-8, in chunks that belong to the caller. Source: spec API-39. */
export function* encodeLabelSets(sets: readonly Labels[]): Generator<Uint8Array, void> {
  const writer = new ChunkWriter();
  writer.ascii("[");
  for (let i = 0; i < sets.length; i++) {
    if (i > 0) writer.ascii(",");
    writeLabels(writer, sets[i]!);
    if (writer.full) yield writer.take();
  }
  writer.ascii("]");
  yield writer.take();
}

// What comes with samples in a remote-write request: exemplars and metadata. Neither makes a request fail (RCV-13), so
// that what is not UTF-8 or not sensible is left out.

import { compareText, labelsFromSortedPairs, millis, type Labels, type Millis } from "../model/index.ts";
import { nearestMillis } from "./histogram-reader.ts";
import type { ProtoReader } from "./proto-reader.ts";
import type { TextTable } from "./text-table.ts";

/** An exemplar of a received series. */
export interface ReceivedExemplar {
  readonly labels: Labels;
  readonly value: number;
  readonly time: Millis;
  readonly hasOwnTime: boolean; // Time 0 stands for none.
}

/** What a sender says about a metric. */
export interface ReceivedMetadata {
  readonly metric: string;
  readonly type: MetadataType;
  readonly help: string;
  readonly unit: string;
}

type MetadataType = (typeof TYPES)[number];

// By their number. Source: spec RW-24.
const TYPES = [
  "unknown",
  "counter",
  "gauge",
  "histogram",
  "gaugehistogram",
  "summary",
  "info",
  "stateset",
] as const;

// Tags: number of the field times 8 plus its wire type.
const LABEL = 0x0a;
const VALUE = 0x11;
const TIMESTAMP = 0x18;
const LABEL_NAME = 0x0a;
const LABEL_VALUE = 0x12;
const TYPE = 0x08;
const FAMILY = 0x12;
const HELP = 0x22;
const UNIT = 0x2a;

/** Reads the message that was entered; undefined when its labels are not UTF-8 or name one thing twice. */
export function readExemplar(reader: ProtoReader, texts: TextTable): ReceivedExemplar | undefined {
  const pairs: [string, string][] = [];
  let value = 0;
  let time = millis(0);
  let isText = true;
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === VALUE) value = reader.double();
    else if (tag === TIMESTAMP) time = nearestMillis(reader.int64());
    else if (tag === LABEL) {
      const pair = readPair(reader, texts);
      if (pair === undefined) isText = false;
      else pairs.push(pair);
    } else reader.skip(tag);
  }
  pairs.sort((a, b) => compareText(a[0], b[0]));
  if (!isText || pairs.some(([name], i) => name === pairs[i - 1]?.[0])) return undefined;
  return { labels: labelsFromSortedPairs(pairs.flat()), value, time, hasOwnTime: time !== 0 };
}

function readPair(reader: ProtoReader, texts: TextTable): [string, string] | undefined {
  const outerEnd = reader.enter();
  let name: string | undefined = "";
  let value: string | undefined = "";
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === LABEL_NAME) name = readText(reader, texts);
    else if (tag === LABEL_VALUE) value = readText(reader, texts);
    else reader.skip(tag);
  }
  reader.leave(outerEnd);
  return name === undefined || value === undefined ? undefined : [name, value];
}

/** Reads the message that was entered; undefined when it names no metric or is not UTF-8. */
export function readMetadata(reader: ProtoReader, texts: TextTable): ReceivedMetadata | undefined {
  let type: MetadataType = "unknown";
  let metric: string | undefined = "";
  let help: string | undefined = "";
  let unit: string | undefined = "";
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === TYPE) type = TYPES[reader.uint32()] ?? "unknown";
    else if (tag === FAMILY) metric = readText(reader, texts);
    else if (tag === HELP) help = readText(reader, texts);
    else if (tag === UNIT) unit = readText(reader, texts);
    else reader.skip(tag);
  }
  if (metric === undefined || metric === "" || help === undefined || unit === undefined) return undefined;
  return { metric, type, help, unit };
}

function readText(reader: ProtoReader, texts: TextTable): string | undefined {
  const outerEnd = reader.enter();
  const text = texts.read(reader.at, reader.end);
  reader.leave(outerEnd);
  return text;
}

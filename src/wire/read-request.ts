import type { Matcher, MatcherKind, Millis } from "../model/index.ts";
import { WireError } from "./errors.ts";
import { nearestMillis } from "./histogram-reader.ts";
import { ProtoReader } from "./proto-reader.ts";
import { decodeSnappy } from "./snappy.ts";
import { TextTable } from "./text-table.ts";

/** One query of a remote read: the series passing all matchers, their samples in the closed range. */
export interface ReadQuery {
  readonly from: Millis;
  readonly to: Millis;
  readonly matchers: readonly Matcher[];
}

/** The forms of answer that a client can name. */
export type ReadResponseType = "SAMPLES" | "STREAMED_XOR_CHUNKS";

export interface ReadRequest {
  readonly queries: readonly ReadQuery[];
  /** In the client's order of preference; numbers stand for forms not known here. Empty: the client has no say. */
  readonly acceptedTypes: readonly (ReadResponseType | number)[];
}

export interface ReadRequestLimits {
  readonly decodedBytesMax: number;
  readonly queriesMax: number;
}

const MATCHER_KINDS: readonly MatcherKind[] = ["=", "!=", "=~", "!~"];
const RESPONSE_TYPES: readonly ReadResponseType[] = ["SAMPLES", "STREAMED_XOR_CHUNKS"];

/**
 * Decodes the body of a remote read. Hints are passed over. Source: spec RR-1, RR-2.
 * @throws WireError when the body is malformed or asks for more queries than the limit.
 */
export function decodeReadRequest(body: Uint8Array, limits: ReadRequestLimits): ReadRequest {
  const bytes = decodeSnappy(body, limits.decodedBytesMax);
  const reader = new ProtoReader(bytes);
  const texts = new TextTable(bytes);
  const queries: ReadQuery[] = [];
  const acceptedTypes: (ReadResponseType | number)[] = [];
  while (reader.hasMore) {
    const tag = reader.tag();
    switch (tag) {
      case 0x0a: {
        if (queries.length >= limits.queriesMax) {
          throw new WireError(`remote read request has more than ${limits.queriesMax} queries`);
        }
        const outerEnd = reader.enter();
        queries.push(readQuery(reader, texts));
        reader.leave(outerEnd);
        break;
      }
      case 0x10:
      case 0x12:
        reader.repeated(tag, () => {
          const type = reader.uint32();
          acceptedTypes.push(RESPONSE_TYPES[type] ?? type);
        });
        break;
      default:
        reader.skip(tag);
    }
  }
  return { queries, acceptedTypes };
}

function readQuery(reader: ProtoReader, texts: TextTable): ReadQuery {
  let from = 0;
  let to = 0;
  const matchers: Matcher[] = [];
  while (reader.hasMore) {
    const tag = reader.tag();
    switch (tag) {
      case 0x08:
        from = reader.int64();
        break;
      case 0x10:
        to = reader.int64();
        break;
      case 0x1a: {
        const outerEnd = reader.enter();
        matchers.push(readMatcher(reader, texts));
        reader.leave(outerEnd);
        break;
      }
      default:
        reader.skip(tag);
    }
  }
  return { from: nearestMillis(from), to: nearestMillis(to), matchers };
}

function readMatcher(reader: ProtoReader, texts: TextTable): Matcher {
  let type = 0;
  let name = "";
  let value = "";
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === 0x08) type = reader.uint32();
    else if (tag === 0x12) name = readText(reader, texts);
    else if (tag === 0x1a) value = readText(reader, texts);
    else reader.skip(tag);
  }
  const kind = MATCHER_KINDS[type];
  if (kind === undefined) {
    throw new WireError(`matcher type ${type} is not 0 (=), 1 (!=), 2 (=~) or 3 (!~)`);
  }
  return { kind, name, value };
}

function readText(reader: ProtoReader, texts: TextTable): string {
  const outerEnd = reader.enter();
  const text = texts.read(reader.at, reader.end);
  if (text === undefined) throw new WireError(`proto: text at byte ${reader.at} is not UTF-8`);
  reader.leave(outerEnd);
  return text;
}

import protobuf from "protobufjs/light.js";
import { errorText } from "../base/index.ts";
import type { Matcher, MatcherKind, Millis } from "../model/index.ts";
import { WireError } from "./errors.ts";
import { nearestMillis } from "./histogram-reader.ts";
import { READ_REQUEST, type LabelMessage } from "./messages.ts";
import { decodeSnappy } from "./snappy.ts";

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

// In all queries of a request; a client sends a handful. They take few bytes on the wire and many here.
const MATCHERS_MAX = 100_000;
const RESPONSE_TYPE_BYTES_MAX = 1000;

// Tags of fields: number times 8 plus wire type; response types come in two wire types.
const QUERIES = 0x0a;
const MATCHERS = 0x1a;
const RESPONSE_TYPES = 2;

const MATCHER_KINDS: Readonly<Record<string, MatcherKind>> = { EQ: "=", NEQ: "!=", RE: "=~", NRE: "!~" };

/** A query as the message has it; a kind of matcher that is not known is a number. */
interface QueryMessage {
  readonly startTimestampMs: number;
  readonly endTimestampMs: number;
  readonly matchers: readonly (LabelMessage & { readonly type: string | number })[];
}

/**
 * Decodes the body of a remote read. Hints are passed over. Source: spec RR-1, RR-2.
 * @throws WireError when the body is malformed or asks for more than the limits.
 */
export function decodeReadRequest(body: Uint8Array, limits: ReadRequestLimits): ReadRequest {
  const bytes = decodeSnappy(body, limits.decodedBytesMax);
  const counts = readWhole(bytes, (reader) => countParts(reader, limits.queriesMax));
  checkCounts(counts, limits.queriesMax);
  const message = readWhole(bytes, (reader) => READ_REQUEST.decode(reader));
  const options = { longs: Number, enums: String, defaults: true };
  const request = READ_REQUEST.toObject(message, options);
  const queries: readonly QueryMessage[] = request["queries"];
  return { queries: queries.map(queryOf), acceptedTypes: request["acceptedResponseTypes"] };
}

function queryOf({ startTimestampMs, endTimestampMs, matchers }: QueryMessage): ReadQuery {
  return {
    from: nearestMillis(startTimestampMs),
    to: nearestMillis(endTimestampMs),
    matchers: matchers.map(({ type, name, value }) => {
      const kind = MATCHER_KINDS[type];
      if (kind === undefined) {
        throw new WireError(`matcher type ${type} is not 0 (=), 1 (!=), 2 (=~) or 3 (!~)`);
      }
      return { kind, name, value };
    }),
  };
}

interface PartCounts {
  queries: number;
  matchers: number;
  responseTypeBytes: number;
}

// Up to the first query too many.
function countParts(reader: protobuf.Reader, queriesMax: number): PartCounts {
  const counts: PartCounts = { queries: 0, matchers: 0, responseTypeBytes: 0 };
  while (reader.pos < reader.len && counts.queries <= queriesMax) {
    const tag = reader.tag();
    const from = reader.pos;
    if (tag !== QUERIES) {
      reader.skipType(tag & 7, 0, tag >>> 3);
      if (tag >>> 3 === RESPONSE_TYPES) counts.responseTypeBytes += reader.pos - from;
      continue;
    }
    counts.queries++;
    const query = protobuf.Reader.create(reader.bytes());
    while (query.pos < query.len) {
      const inner = query.tag();
      if (inner === MATCHERS) counts.matchers++;
      query.skipType(inner & 7, 0, inner >>> 3);
    }
  }
  return counts;
}

function checkCounts({ queries, matchers, responseTypeBytes }: PartCounts, queriesMax: number): void {
  checkCount(queries, queriesMax, "queries");
  checkCount(matchers, MATCHERS_MAX, "matchers");
  checkCount(responseTypeBytes, RESPONSE_TYPE_BYTES_MAX, "bytes of response types");
}

function checkCount(count: number, max: number, what: string): void {
  if (count > max) throw new WireError(`remote read request has more than ${max} ${what}`);
}

function readWhole<T>(bytes: Uint8Array, read: (reader: protobuf.Reader) => T): T {
  const reader = protobuf.Reader.create(bytes);
  try {
    return read(reader);
  } catch (thrown) {
    throw new WireError(`proto: ${faultOf(thrown, reader.pos)}`, { cause: thrown });
  }
}

// What the library throws: a RangeError for bytes that are missing, a TypeError for text, else a plain Error.
function faultOf(thrown: unknown, at: number): string {
  if (thrown instanceof RangeError) return `unexpected EOF at byte ${at}`;
  if (thrown instanceof TypeError) return `text before byte ${at} is not UTF-8`;
  return `${errorText(thrown)} before byte ${at}`;
}

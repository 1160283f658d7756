import { describe, expect, test } from "vitest";
import { decodeReadRequest, encodeSnappy, type ReadRequest } from "../../../src/wire/index.ts";
import { encodeMessage } from "./reference-proto.ts";

const LIMITS = { decodedBytesMax: 1 << 20, queriesMax: 2 };

function decode(request: object): ReadRequest {
  return decodeReadRequest(encodeSnappy(encodeMessage("ReadRequest", request)), LIMITS);
}

describe("a remote read request", () => {
  test("gives its queries, hints passed over", () => {
    const matchers = [
      { type: 0, name: "__name__", value: "up" },
      { type: 1, name: "job", value: "" },
      { type: 2, name: "zone", value: "é.*" },
      { type: 3, name: "a b", value: "x" },
    ];
    const queries = [
      {
        startTimestampMs: -5,
        endTimestampMs: 1_700_000_000_000,
        matchers,
        hints: { stepMs: 1, func: "rate" },
      },
      { startTimestampMs: 1, endTimestampMs: 2 },
    ];
    expect(decode({ queries })).toEqual({
      queries: [
        {
          from: -5,
          to: 1_700_000_000_000,
          matchers: [
            { kind: "=", name: "__name__", value: "up" },
            { kind: "!=", name: "job", value: "" },
            { kind: "=~", name: "zone", value: "é.*" },
            { kind: "!~", name: "a b", value: "x" },
          ],
        },
        { from: 1, to: 2, matchers: [] },
      ],
      acceptedTypes: [],
    });
  });

  test("names forms of answer in its order, unknown ones by number", () => {
    expect(decode({ acceptedResponseTypes: [1, 7, 0] }).acceptedTypes).toEqual([
      "STREAMED_XOR_CHUNKS",
      7,
      "SAMPLES",
    ]);
  });

  test("may have its forms one by one", () => {
    const bytes = encodeSnappy(Uint8Array.from([0x10, 1, 0x10, 0]));
    expect(decodeReadRequest(bytes, LIMITS).acceptedTypes).toEqual(["STREAMED_XOR_CHUNKS", "SAMPLES"]);
  });

  test("keeps times beyond the safe integers at their ends", () => {
    const [query] = decode({ queries: [{ endTimestampMs: 2 ** 63 - 1024 }] }).queries;
    expect(query!.to).toBe(Number.MAX_SAFE_INTEGER);
  });
});

const QUERY = { startTimestampMs: 1 };
const FORMS = Array.from({ length: 1001 }, () => 0);
const MATCHERS = Array.from({ length: 50_001 }, () => ({ type: 0, name: "a" }));
const BAD_NAME = Uint8Array.from([0x0a, 5, 0x1a, 3, 0x12, 1, 0xff]);

test.each([
  ["junk instead of snappy", Buffer.from("junk"), "snappy: corrupt input"],
  ["a message cut short", encodeSnappy(Uint8Array.from([0x0a, 9, 1])), "proto: unexpected EOF at byte 2"],
  [
    "an unknown kind of matcher",
    encodeSnappy(encodeMessage("ReadRequest", { queries: [{ matchers: [{ type: 4, name: "a" }] }] })),
    "matcher type 4 is not 0 (=), 1 (!=), 2 (=~) or 3 (!~)",
  ],
  [
    "too many queries",
    encodeSnappy(encodeMessage("ReadRequest", { queries: [QUERY, QUERY, QUERY] })),
    "remote read request has more than 2 queries",
  ],
  [
    "too many matchers in all queries",
    encodeSnappy(encodeMessage("ReadRequest", { queries: [{ matchers: MATCHERS }, { matchers: MATCHERS }] })),
    "remote read request has more than 100000 matchers",
  ],
  [
    "too many forms of answer",
    encodeSnappy(encodeMessage("ReadRequest", { acceptedResponseTypes: FORMS })),
    "remote read request has more than 1000 bytes of response types",
  ],
  [
    "a matcher longer than its query",
    encodeSnappy(Uint8Array.from([0x0a, 2, 0x1a, 9, 0x12, 1, 0x61])),
    "proto: unexpected EOF",
  ],
  ["a length of 4 GiB and more", encodeSnappy(Uint8Array.from([0x0a, 255, 255, 255, 255, 31])), "proto: "],
  [
    "groups in groups",
    encodeSnappy(Uint8Array.from({ length: 1000 }, () => 0x0b)),
    "proto: max depth exceeded before byte 102",
  ],
  ["a name that is not UTF-8", encodeSnappy(BAD_NAME), "proto: text before byte 7 is not UTF-8"],
])("%s is refused", (_what, body, message) => {
  expect(() => decodeReadRequest(body, LIMITS)).toThrow(message);
});

test("any change of a byte is refused or read, never anything else", () => {
  const queries = [{ startTimestampMs: 1, matchers: [{ type: 1, name: "a", value: "é" }] }];
  const bytes = encodeMessage("ReadRequest", { queries, acceptedResponseTypes: [0, 1] });
  const outcomes = new Set<string>();
  for (let at = 0; at < bytes.length; at++) {
    for (const value of [0, 1, 0x0b, 0x7f, 0x80, 0xff]) {
      const changed = Uint8Array.from(bytes);
      changed[at] = value;
      try {
        decodeReadRequest(encodeSnappy(changed), LIMITS);
        outcomes.add("read");
      } catch (thrown) {
        outcomes.add((thrown as Error).name);
      }
    }
  }
  expect([...outcomes].toSorted()).toEqual(["WireError", "read"]);
});

test("a body that declares too much is refused before it is unpacked", () => {
  const body = encodeSnappy(new Uint8Array(LIMITS.decodedBytesMax + 1));
  expect(() => decodeReadRequest(body, LIMITS)).toThrow("decoded length 1048577 exceeds limit 1048576");
});

import { expect, test } from "vitest";
import { contentTypeOf, negotiateFormat } from "../../../src/remote/exposition-format.ts";

const PROTOBUF = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily";

test.each([
  ["", "text underscores"],
  ["*/*", "text underscores"],
  ["text/plain;version=0.0.4", "text underscores"],
  ["application/openmetrics-text;version=1.0.0", "text underscores"],
  [`${PROTOBUF};encoding=delimited`, "protobuf underscores"],
  [`${PROTOBUF};encoding=text`, "text underscores"],
  [PROTOBUF, "text underscores"],
  [`text/plain;q=0.5,${PROTOBUF};encoding=delimited;q=0.6`, "protobuf underscores"],
  [`text/plain;q=0.6,${PROTOBUF};encoding=delimited;q=0.5`, "text underscores"],
  [`text/plain;version=1.0.0,${PROTOBUF};encoding=delimited;q=0.1`, "protobuf underscores"],
  ["text/plain;escaping=values", "text values"],
  ["text/plain ; escaping = dots", "text dots"],
  ["text/plain;escaping=nope", "text underscores"],
  ["text/plain;q=abc;escaping=dots", "text dots"],
  ["application/openmetrics-text;escaping=allow-utf-8;q=0.6,text/plain;q=0.5", "text allow-utf-8"],
  ["text/plain;q=0.6,*/*;escaping=dots;q=0.5", "text underscores"],
])("Accept %j is answered with %s", (accept, expected) => {
  const { kind, escaping } = negotiateFormat(accept);
  expect(`${kind} ${escaping}`).toBe(expected);
});

test("the type of an answer names the format and the escaping", () => {
  expect(contentTypeOf({ kind: "text", escaping: "underscores" })).toBe(
    "text/plain; version=0.0.4; charset=utf-8; escaping=underscores",
  );
  expect(contentTypeOf({ kind: "protobuf", escaping: "dots" })).toBe(
    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited; escaping=dots",
  );
});

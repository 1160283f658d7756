import { expect, test } from "vitest";
import type { ScrapeProtocol } from "../../../src/config/index.ts";
import { bodyFormat } from "../../../src/scrape/content-type.ts";
import type { ExpositionFormat } from "../../../src/scrape/parse/skeleton.ts";

const BODY = Buffer.from("a 1\n");
const BLANK =
  "non-compliant scrape target sending blank Content-Type and no fallback_scrape_protocol specified for target";

function strictly(contentType: string): string {
  const format = bodyFormat(contentType, BODY, { fallback: undefined, strict: true });
  return format.kind === "error" ? format.message : format.format;
}

function unsupported(quoted: string): string {
  return `received unsupported Content-Type ${quoted} and no fallback_scrape_protocol specified for target`;
}

function unparsable(quoted: string, problem: string): string {
  return `cannot parse Content-Type ${quoted} and no fallback_scrape_protocol for target\n${problem}`;
}

// What Prometheus 3.5.3 says, asked over HTTP.
const STRICT: readonly (readonly [string, string])[] = [
  ["text/plain", "text"],
  ["TEXT/PLAIN; version=0.0.4; charset=utf-8", "text"],
  [" text/plain ;", "text"],
  ["", BLANK],
  ["text/html", unsupported('"text/html"')],
  ["garbage", unsupported('"garbage"')],
  ["text/plain; x", unparsable('"text/plain; x"', "mime: invalid media parameter")],
  ["text/plain; a=b; a=c", unparsable('"text/plain; a=b; a=c"', "mime: duplicate parameter name")],
  ["text/plain;;", unparsable('"text/plain;;"', "mime: invalid media parameter")],
  [
    'text/plain; charset="utf-8',
    unparsable('"text/plain; charset=\\"utf-8"', "mime: invalid media parameter"),
  ],
  ["/", unparsable('"/"', "mime: no media type")],
  ["text/", unparsable('"text/"', "mime: expected token after slash")],
  ["a b/c", unparsable('"a b/c"', "mime: expected slash after first token")],
  ["text/plain/x", unparsable('"text/plain/x"', "mime: unexpected content after media subtype")],
  ["application/openmetrics-text", "openmetrics"],
  ["application/openmetrics-text; version=1.0.0; charset=utf-8", "openmetrics"],
  [
    "application/openmetrics-text; x",
    unparsable('"application/openmetrics-text; x"', "mime: invalid media parameter"),
  ],
];

test.each(STRICT)("%j, taken strictly, gives %j", (contentType, expected) => {
  expect(strictly(contentType)).toBe(expected);
});

const LENIENT: readonly (readonly [string, string])[] = [
  ["", "no Content-Type: read as Prometheus text"],
  ["text/html", 'Content-Type "text/html": read as Prometheus text'],
  ["garbage", 'Content-Type "garbage": read as Prometheus text'],
  ["text/plain;;", 'Content-Type "text/plain;;": read as Prometheus text'],
  ["application/octet-stream", 'Content-Type "application/octet-stream": read as Prometheus text'],
];

test.each(LENIENT)("%j is read as text with a note", (contentType, note) => {
  expect(bodyFormat(contentType, BODY, { fallback: undefined, strict: false })).toEqual({
    kind: "body",
    format: "text",
    note,
  });
});

test.each(["application/json", "image/png"])("%s says what it is and is refused", (contentType) => {
  const format = bodyFormat(contentType, BODY, { fallback: undefined, strict: false });
  expect(format).toEqual({ kind: "error", message: unsupported(JSON.stringify(contentType)) });
});

test.each(["text/html", "", "application/xhtml+xml"])(
  "a web page sent as %j is refused with a hint",
  (type) => {
    const format = bodyFormat(type, Buffer.from("\n <!doctype html>"), {
      fallback: undefined,
      strict: false,
    });
    expect(format).toMatchObject({
      kind: "error",
      message: expect.stringMatching(/; the answer looks like a web page, check metrics_path$/),
    });
  },
);

const FALLBACKS: readonly (readonly [ScrapeProtocol, ExpositionFormat])[] = [
  ["PrometheusText0.0.4", "text"],
  ["PrometheusText1.0.0", "text"],
  ["OpenMetricsText0.0.1", "openmetrics"],
  ["OpenMetricsText1.0.0", "openmetrics"],
  ["PrometheusProto", "protobuf"],
];

test.each(FALLBACKS)("fallback protocol %s is taken for what names no format", (fallback, expected) => {
  for (const type of ["", "text/html", "text/plain;;"]) {
    const format = bodyFormat(type, BODY, { fallback, strict: true });
    expect(format).toEqual({ kind: "body", format: expected, note: "" });
  }
  expect(bodyFormat("text/plain", BODY, { fallback, strict: true })).toMatchObject({ format: "text" });
});

import { expect, test } from "vitest";
import { corsHeaders, isCrossOrigin } from "../../../src/api/cors.ts";

const ALLOW = "Access-Control-Allow-Origin";

test("a request without an origin is only told that answers vary", () => {
  expect(corsHeaders(".*")(undefined)).toEqual([["Vary", "Origin"]]);
});

test.each([
  [".*", "http://ui.test", "http://ui.test"],
  ["https?://(ui|www)\\.test", "https://www.test", "https://www.test"],
  ["https?://ui\\.test", "http://ui.test.evil", undefined],
])("the pattern %s gives %s the header %s", (pattern, origin, expected) => {
  const headers = new Map(corsHeaders(pattern)(origin));
  expect(headers.get(ALLOW)).toBe(expected);
  expect(headers.get("Access-Control-Allow-Methods")).toBe("GET, POST, OPTIONS");
});

test.each([
  [{}, false],
  [{ origin: "http://a:9090", host: "a:9090" }, false],
  [{ origin: "http://evil", host: "a:9090" }, true],
  [{ origin: "null", host: "a:9090" }, true],
  [{ "sec-fetch-site": "same-origin", origin: "http://proxy", host: "a" }, false],
  [{ "sec-fetch-site": "cross-site" }, true],
  [{ "sec-fetch-site": "same-site", host: "a" }, true],
])("headers %j come from another origin: %s", (headers, expected) => {
  expect(isCrossOrigin(headers)).toBe(expected);
});

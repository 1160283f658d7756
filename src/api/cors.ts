import { compileRegex } from "../model/index.ts";

const CORS_HEADERS: readonly (readonly [string, string])[] = [
  ["Access-Control-Allow-Headers", "Accept, Authorization, Content-Type, Origin"],
  ["Access-Control-Allow-Methods", "GET, POST, OPTIONS"],
  ["Access-Control-Expose-Headers", "Date"],
];

export type Header = readonly [name: string, value: string];

/**
 * The headers that let pages of other origins read an answer; `origin` is the request's, or undefined. Compiles
 * `pattern` (RE2, anchored) once. Source: spec API-9.
 * @throws RegexError
 */
export function corsHeaders(pattern: string): (origin: string | undefined) => readonly Header[] {
  const allowed = compileRegex(pattern);
  const vary: Header = ["Vary", "Origin"];
  return (origin) => {
    if (origin === undefined || origin === "") return [vary];
    const headers = [vary, ...CORS_HEADERS];
    return allowed.matches(origin) ? [...headers, ["Access-Control-Allow-Origin", origin]] : headers;
  };
}

/** The headers of a request that tell where a browser was when it sent it. */
export interface BrowserHeaders {
  readonly origin?: string | undefined;
  readonly host?: string | undefined;
  readonly "sec-fetch-site"?: string | string[] | undefined;
}

/**
 * Whether a page of another origin sent the request, which browsers tell; other clients send none of these
 * headers. Such requests may not change state. Source: spec SEC-5.
 */
export function isCrossOrigin(headers: BrowserHeaders): boolean {
  const site = headers["sec-fetch-site"];
  if (site === "cross-site" || site === "same-site") return true;
  if (site === "same-origin" || site === "none") return false;
  const { origin, host } = headers;
  if (origin === undefined || origin === "") return false;
  return origin.replace(/^[a-z]+:\/\//i, "") !== host;
}

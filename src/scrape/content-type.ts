import type { ScrapeProtocol } from "../config/index.ts";
import { goQuote } from "../model/index.ts";
import type { ExpositionFormat } from "./parse/skeleton.ts";

/** How a body is to be read. `note` is for people, "" when there is nothing to say. */
export type BodyFormat =
  | { readonly kind: "body"; readonly format: ExpositionFormat; readonly note: string }
  | { readonly kind: "error"; readonly message: string };

export interface ContentTypeRules {
  readonly fallback: ScrapeProtocol | undefined;
  /** Refuse what Prometheus 3 refuses; else a missing or odd type is read as text. */
  readonly strict: boolean;
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const PARAMETER = new RegExp(`\\s*;\\s*(${TOKEN})\\s*=\\s*(?:${TOKEN}|"(?:[^"\\\\\\r\\n]|\\\\.)*")`, "y");
// Types whose bodies are text often enough, whatever the sender calls it. Other types say what they mean.
const LIKELY_TEXT = /^(?:text\/.*|application\/octet-stream|[^/]*)$/;
const MEDIA_FORMATS: ReadonlyMap<string, ExpositionFormat> = new Map([
  ["text/plain", "text"],
  ["application/openmetrics-text", "openmetrics"],
  ["application/vnd.google.protobuf", "protobuf"],
]);
const PROTOCOL_FORMATS: Readonly<Record<ScrapeProtocol, ExpositionFormat>> = {
  PrometheusProto: "protobuf",
  "PrometheusText0.0.4": "text",
  "PrometheusText1.0.0": "text",
  "OpenMetricsText0.0.1": "openmetrics",
  "OpenMetricsText1.0.0": "openmetrics",
};

/**
 * Chooses the parser for an answer. Prometheus 2 read everything unknown as text, Prometheus 3 refuses it; here a
 * missing or odd type is text with a note, unless the body looks like a web page. Spec SCR-24, SCR-25.
 */
export function bodyFormat(contentType: string, body: Uint8Array, rules: ContentTypeRules): BodyFormat {
  const media = parseMediaType(contentType);
  const named = media.problem === undefined ? MEDIA_FORMATS.get(media.type) : undefined;
  if (named !== undefined) return { kind: "body", format: named, note: "" };
  const { fallback } = rules;
  if (fallback !== undefined) return { kind: "body", format: PROTOCOL_FORMATS[fallback], note: "" };
  const message = refusal(contentType, media.problem);
  if (rules.strict) return { kind: "error", message };
  if (startsLikeWebPage(body)) {
    return { kind: "error", message: `${message}; the answer looks like a web page, check metrics_path` };
  }
  if (media.problem === undefined && !LIKELY_TEXT.test(media.type)) return { kind: "error", message };
  const said = contentType === "" ? "no Content-Type" : `Content-Type ${goQuote(contentType)}`;
  return { kind: "body", format: "text", note: `${said}: read as Prometheus text` };
}

function refusal(contentType: string, problem: string | undefined): string {
  if (contentType === "") {
    return "non-compliant scrape target sending blank Content-Type and no fallback_scrape_protocol specified for target";
  }
  const quoted = goQuote(contentType);
  return problem === undefined
    ? `received unsupported Content-Type ${quoted} and no fallback_scrape_protocol specified for target`
    : `cannot parse Content-Type ${quoted} and no fallback_scrape_protocol for target\n${problem}`;
}

function startsLikeWebPage(body: Uint8Array): boolean {
  let at = 0;
  while (at < body.length && body[at]! <= 32) at++;
  return body[at] === 60;
}

// The media type in small letters, and what Go's parser objects to.
function parseMediaType(text: string): { readonly type: string; readonly problem: string | undefined } {
  const base = text.split(";", 1)[0]!;
  const type = base.trim().toLowerCase();
  const problem = typeProblem(type) ?? parameterProblem(text, base.length);
  return { type, problem };
}

function typeProblem(type: string): string | undefined {
  const main = new RegExp(`^${TOKEN}`).exec(type)?.[0];
  if (main === undefined) return "mime: no media type";
  const rest = type.slice(main.length);
  if (rest === "") return undefined;
  if (!rest.startsWith("/")) return "mime: expected slash after first token";
  const sub = new RegExp(`^${TOKEN}`).exec(rest.slice(1))?.[0];
  if (sub === undefined) return "mime: expected token after slash";
  return sub.length + 1 === rest.length ? undefined : "mime: unexpected content after media subtype";
}

function parameterProblem(text: string, from: number): string | undefined {
  const seen = new Set<string>();
  PARAMETER.lastIndex = from;
  let at = from;
  for (let match = PARAMETER.exec(text); match !== null; match = PARAMETER.exec(text)) {
    const name = match[1]!.toLowerCase();
    if (seen.has(name)) return "mime: duplicate parameter name";
    seen.add(name);
    at = PARAMETER.lastIndex;
  }
  const rest = text.slice(at).trim();
  return rest === "" || rest === ";" ? undefined : "mime: invalid media parameter";
}

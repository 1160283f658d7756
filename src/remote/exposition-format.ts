import type { NameEscaping } from "../config/index.ts";

/** How metric families are written for a client. */
export interface ExpositionFormat {
  readonly kind: "text" | "protobuf";
  readonly escaping: NameEscaping;
}

interface MediaRange {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly weight: number;
}

const ESCAPINGS: readonly NameEscaping[] = ["allow-utf-8", "underscores", "dots", "values"];
const PROTOBUF = "application/vnd.google.protobuf";
const MESSAGE = "io.prometheus.client.MetricFamily";

/**
 * The format that an `Accept` header asks for: delimited protobuf where it comes before text, else text 0.0.4. A wish
 * for an escaping counts from every range up to the chosen one. Source: spec FED-5.
 */
export function negotiateFormat(accept: string): ExpositionFormat {
  let escaping: NameEscaping = "underscores";
  for (const { type, parameters } of mediaRanges(accept)) {
    const wanted = parameters.get("escaping");
    escaping = ESCAPINGS.find((each) => each === wanted) ?? escaping;
    const isFamily = type === PROTOBUF && parameters.get("proto") === MESSAGE;
    if (isFamily && parameters.get("encoding") === "delimited") return { kind: "protobuf", escaping };
    const version = parameters.get("version") ?? "0.0.4";
    if (type === "text/plain" && version === "0.0.4") break;
  }
  return { kind: "text", escaping };
}

/** The `Content-Type` of an answer in this format. */
export function contentTypeOf({ kind, escaping }: ExpositionFormat): string {
  const media =
    kind === "protobuf"
      ? `${PROTOBUF}; proto=${MESSAGE}; encoding=delimited`
      : "text/plain; version=0.0.4; charset=utf-8";
  return `${media}; escaping=${escaping}`;
}

// By falling weight, those of equal weight in the order given.
function mediaRanges(accept: string): MediaRange[] {
  return accept
    .split(",")
    .map(mediaRange)
    .toSorted((a, b) => b.weight - a.weight);
}

function mediaRange(text: string): MediaRange {
  const [type, ...rest] = text.split(";").map((part) => part.trim());
  const parameters = new Map<string, string>();
  for (const part of rest) {
    const equals = part.indexOf("=");
    if (equals > 0) parameters.set(part.slice(0, equals).trim(), part.slice(equals + 1).trim());
  }
  const weight = Number(parameters.get("q") ?? 1);
  return { type: type!, parameters, weight: Number.isNaN(weight) ? 1 : weight };
}

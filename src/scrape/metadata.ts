import { FAMILY_TYPES, openMetricsTypeCode, textTypeCode, UNKNOWN_TYPE } from "./parse/family-type.ts";
import type { FamilyType } from "./parse/family-type.ts";
import { decodeText, unescapeText } from "./parse/series-text.ts";
import { gapStart, type Skeleton } from "./parse/skeleton.ts";

/** What a target says about a metric family. */
export interface FamilyMetadata {
  readonly type: FamilyType;
  readonly help: string;
  readonly unit: string;
}

const METADATA_LINE =
  /^[ \t]*#[ \t]+(HELP|TYPE|UNIT)[ \t]+(?:"((?:\\.|[^"\\])*)"|([a-zA-Z_:][a-zA-Z0-9_:]*))(?:.(.*))?$/s;

/**
 * Metadata in the comment lines of a body, by family, in the order first named (SCR-42). Read on demand: they are
 * in the skeleton, which a fleet shares, and almost nobody asks.
 */
export function readFamilies(skeleton: Skeleton): Map<string, FamilyMetadata> {
  const families = new Map<string, FamilyMetadata>();
  for (const [from, to] of commentRanges(skeleton)) {
    for (const line of decodeText(skeleton.bytes.subarray(from, to)).split("\n")) {
      const match = METADATA_LINE.exec(line);
      if (match !== null) addLine(families, match, skeleton.format);
    }
  }
  return families;
}

const knownHashes = new WeakMap<Skeleton, number>();

/** Number that changes with the comments of a body. */
export function commentsHash(skeleton: Skeleton): number {
  const known = knownHashes.get(skeleton);
  if (known !== undefined) return known;
  let hash = 0;
  for (const [from, to] of commentRanges(skeleton)) {
    for (let at = from; at < to; at++) hash = Math.imul(hash ^ skeleton.bytes[at]!, 0x01000193);
  }
  knownHashes.set(skeleton, hash);
  return hash;
}

function addLine(
  families: Map<string, FamilyMetadata>,
  match: RegExpExecArray,
  format: Skeleton["format"],
): void {
  const [, keyword, quoted, bare, text = ""] = match;
  const isText = format === "text";
  if (isText && keyword === "UNIT") return; // A comment like any other there.
  const name = quoted === undefined ? bare! : unescapeText(quoted, true);
  const known = families.get(name) ?? { type: "unknown", help: "", unit: "" };
  if (keyword === "HELP") {
    const help = isText && text.trim() === "" ? "" : unescapeText(text, !isText);
    families.set(name, { ...known, help });
  } else if (keyword === "UNIT") {
    families.set(name, { ...known, unit: text });
  } else {
    const code = (isText ? textTypeCode(text) : openMetricsTypeCode(text)) ?? UNKNOWN_TYPE;
    families.set(name, { ...known, type: FAMILY_TYPES[code]! });
  }
}

// Stretches of the skeleton between two samples that hold more than the line break.
function* commentRanges(skeleton: Skeleton): Generator<readonly [number, number]> {
  for (let slot = 0; slot < skeleton.slotCount; slot++) {
    const from = gapStart(skeleton, slot);
    const to = skeleton.textStarts[slot]!;
    if (to - from > 1) yield [from, to];
  }
  const tail = gapStart(skeleton, skeleton.slotCount);
  if (skeleton.bytes.length - tail > 1) yield [tail, skeleton.bytes.length];
}

import { NarthexError } from "../../base/index.ts";
import type { Position } from "./ast.ts";

/** A query that is not PromQL, in Prometheus's words: `<line>:<column>: parse error: <what>` (spec PER). */
export class PromqlParseError extends NarthexError {
  override readonly name = "PromqlParseError";
  readonly errorType = "bad_data";
  /** The offending piece as byte offsets. */
  readonly pos: Position;
  /** The text without position and `parse error:`. */
  readonly reason: string;

  constructor(text: string, pos: Position, reason: string) {
    super(`${lineAndColumn(text, pos.start)}: parse error: ${reason}`);
    this.pos = pos;
    this.reason = reason;
  }
}

/**
 * `line:column` of a byte offset: lines from 1, columns in bytes from 1. An empty text has no positions.
 * Source: Prometheus promql/parser/posrange; also used by the positions of annotations.
 */
export function lineAndColumn(text: string, byteOffset: number): string {
  if (text === "") return "unknown position";
  const bytes = new TextEncoder().encode(text);
  let line = 1;
  let lineStart = 0;
  for (let i = 0; i < byteOffset; i++) {
    if (bytes[i] !== 0x0a) continue;
    line++;
    lineStart = i + 1;
  }
  return `${line}:${byteOffset - lineStart + 1}`;
}

import type { IToken } from "chevrotain";

import type { Position } from "./ast.ts";
import { DEPTH_MAX } from "./options.ts";
import { PromqlParseError } from "./parse-error.ts";
import { describeToken, LexError, type Token } from "./tokens.ts";

/** The text of a query and how places in it are told: tokens count UTF-16 units, positions UTF-8 bytes. */
export class Source {
  readonly text: string;
  /** Byte offset of each UTF-16 offset; undefined for ASCII, where they are the same. */
  readonly #byteOffsets: Uint32Array | undefined;

  constructor(text: string) {
    this.text = text;
    this.#byteOffsets = byteOffsets(text);
  }

  get byteLength(): number {
    return this.#byteAt(this.text.length);
  }

  #byteAt(offset: number): number {
    return this.#byteOffsets === undefined ? offset : this.#byteOffsets[offset]!;
  }

  /** Position of `[start, end)`, given in UTF-16 offsets. */
  range(start: number, end: number): Position {
    return { start: this.#byteAt(start), end: this.#byteAt(end) };
  }

  /** From the start of one token to the end of another, or of the same. */
  span(first: IToken, last: IToken = first): Position {
    if (first.tokenType.name === "EOF") return { start: this.byteLength, end: this.byteLength };
    return this.range(first.startOffset, last.endOffset!);
  }

  error(pos: Position, reason: string): PromqlParseError {
    return new PromqlParseError(this.text, pos, reason);
  }

  tooDeep(pos: Position): PromqlParseError {
    return this.error(pos, `nested too deeply: at most ${DEPTH_MAX} levels are accepted`);
  }

  /** What is reported for a token in the wrong place (PER-9), or for a piece that is no token (PER-5, PER-6). */
  unexpected(token: IToken, context = "", expected = ""): PromqlParseError {
    if (token.tokenType === LexError) return this.error(this.span(token), (token as Token).message);
    const where = context === "" ? "" : ` in ${context}`;
    const instead = expected === "" ? "" : `, expected ${expected}`;
    return this.error(this.span(token), `unexpected ${describeToken(token)}${where}${instead}`);
  }
}

function byteOffsets(text: string): Uint32Array | undefined {
  let isAscii = true;
  for (let i = 0; i < text.length && isAscii; i++) isAscii = text.charCodeAt(i) < 0x80;
  if (isAscii) return undefined;
  const offsets = new Uint32Array(text.length + 1);
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    offsets[i] = bytes;
    const code = text.codePointAt(i)!;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (code > 0xffff) offsets[++i] = bytes;
  }
  offsets[text.length] = bytes;
  return offsets;
}

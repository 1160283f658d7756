import { assert } from "../../base/index.ts";
import type { ExpositionFormat, Skeleton } from "./skeleton.ts";
import type { SkeletonInterner } from "./skeleton-interner.ts";
import { TextParser, type ParsedBody } from "./text-parser.ts";

export interface ExpositionParserOptions {
  readonly interner: SkeletonInterner;
  readonly hashSeed: number;
  readonly keepsExemplars: boolean;
}

/** Parses bodies of every format. A body is valid until the next one is parsed. */
export class ExpositionParser {
  readonly #text: TextParser;

  constructor(options: ExpositionParserOptions) {
    this.#text = new TextParser(options);
  }

  /** `hint` is the skeleton of the target's last body, or of a similar target. */
  parse(bytes: Uint8Array, format: ExpositionFormat, hint: Skeleton | undefined): ParsedBody {
    assert(format !== "protobuf", "a text format");
    return this.#text.parse(bytes, hint, format);
  }
}

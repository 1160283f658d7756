import { ClassicConverter } from "./classic-converter.ts";
import { ProtobufParser, type HistogramRules } from "./protobuf-parser.ts";
import type { ExpositionFormat, Skeleton } from "./skeleton.ts";
import type { SkeletonInterner } from "./skeleton-interner.ts";
import { TextParser, type ParsedBody } from "./text-parser.ts";

export interface ExpositionParserOptions {
  readonly interner: SkeletonInterner;
  readonly hashSeed: number;
  readonly keepsExemplars: boolean;
}

/** A body as it was sent. */
export interface SentBody {
  readonly bytes: Uint8Array;
  readonly format: ExpositionFormat;
}

/** How bodies are read. */
export interface ParseRules extends HistogramRules {
  /** Make native histograms of classic ones (NH-1). */
  readonly convertsClassic: boolean;
}

/** Parses bodies of every format. A result is valid until the next one is parsed. */
export class ExpositionParser {
  readonly #text: TextParser;
  readonly #protobuf: ProtobufParser;
  readonly #converter: ClassicConverter;

  constructor(options: ExpositionParserOptions) {
    this.#text = new TextParser(options);
    this.#protobuf = new ProtobufParser(options);
    this.#converter = new ClassicConverter(options);
  }

  /** `hint` is the skeleton of the target's last body, or of a similar target. */
  parse({ bytes, format }: SentBody, hint: Skeleton | undefined, rules: ParseRules): ParsedBody {
    const { convertsClassic, keepsClassic } = rules;
    const source = this.#converter.sourceOf(hint);
    const body =
      format === "protobuf"
        ? this.#protobuf.parse(bytes, source, rules)
        : this.#text.parse(bytes, source, format);
    if (convertsClassic) return this.#converter.convert(body, hint, keepsClassic);
    return body;
  }
}

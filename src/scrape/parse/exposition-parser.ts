import { BodyConverter } from "./body-converter.ts";
import { ProtobufParser, type HistogramRules } from "./protobuf-parser.ts";
import type { ExpositionFormat, Skeleton } from "./skeleton.ts";
import type { SkeletonInterner } from "./skeleton-interner.ts";
import { TextParser, type ParsedBody } from "./text-parser.ts";

export interface ExpositionParserOptions {
  readonly interner: SkeletonInterner;
  readonly hashSeed: number;
  readonly keepsExemplars: boolean;
  /** Give start times that are sent as lines of their own as such (OM-10). */
  readonly takesStarts: boolean;
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
  readonly #options: ExpositionParserOptions;
  readonly #text: TextParser;
  readonly #protobuf: ProtobufParser;
  readonly #converter: BodyConverter;

  constructor(options: ExpositionParserOptions) {
    this.#options = options;
    this.#text = new TextParser(options);
    this.#protobuf = new ProtobufParser(options);
    this.#converter = new BodyConverter(options);
  }

  /** `hint` is the skeleton of the target's last body, or of a similar target. */
  parse({ bytes, format }: SentBody, hint: Skeleton | undefined, rules: ParseRules): ParsedBody {
    const source = this.#converter.sourceOf(hint);
    const body =
      format === "protobuf"
        ? this.#protobuf.parse(bytes, source, rules)
        : this.#text.parse(bytes, source, format);
    return this.#converted(body, hint, rules);
  }

  /** Parses a text in steps, with working space of its own, so that other bodies may be parsed meanwhile. */
  *parseInSteps(sent: SentBody, rules: ParseRules): Generator<undefined, ParsedBody> {
    const own = new ExpositionParser(this.#options);
    if (sent.format === "protobuf") return own.parse(sent, undefined, rules);
    const body = yield* own.#text.parseInSteps(sent.bytes, sent.format);
    return own.#converted(body, undefined, rules);
  }

  #converted(body: ParsedBody, hint: Skeleton | undefined, rules: ParseRules): ParsedBody {
    const { convertsClassic, keepsClassic } = rules;
    const takesCreated = this.#options.takesStarts && body.skeleton.format === "openmetrics";
    if (!convertsClassic && !takesCreated) return body;
    return this.#converter.convert(body, hint, { convertsClassic, keepsClassic, takesCreated });
  }
}

import { goQuote } from "../../model/index.ts";
import { block, field, type BlockPlace, type BlockType } from "../schema.ts";
import type { OtlpConfig } from "../server-types.ts";
import { boolean, list, oneOf, text } from "../values.ts";

// `otlp` (spec CFG-93 to CFG-97).

const STRATEGIES = [
  "UnderscoreEscapingWithSuffixes",
  "UnderscoreEscapingWithoutSuffixes",
  "NoUTF8EscapingWithSuffixes",
  "NoTranslation",
] as const;

/** Strategies that leave names as they are, which the legacy scheme does not allow. */
const NEEDS_UTF8: ReadonlySet<string> = new Set(["NoUTF8EscapingWithSuffixes", "NoTranslation"]);

const strategy = oneOf(STRATEGIES, (written) => `unsupported OTLP translation strategy ${goQuote(written)}`);

export const OTLP: BlockType<OtlpConfig> = block({
  fields: {
    promoteAllResourceAttributes: field("promote_all_resource_attributes", boolean),
    promoteResourceAttributes: field("promote_resource_attributes", list(text)),
    ignoreResourceAttributes: field("ignore_resource_attributes", list(text)),
    translationStrategy: field<string>("translation_strategy", strategy, STRATEGIES[0]),
    keepIdentifyingResourceAttributes: field("keep_identifying_resource_attributes", boolean),
    convertHistogramsToNhcb: field("convert_histograms_to_nhcb", boolean),
    promoteScopeMetadata: field("promote_scope_metadata", boolean),
    labelNameUnderscoreSanitization: field("label_name_underscore_sanitization", boolean, true),
    labelNamePreserveMultipleUnderscores: field("label_name_preserve_multiple_underscores", boolean, true),
  },
  finish(raw: OtlpConfig, place): OtlpConfig {
    const promote = raw.promoteResourceAttributes;
    const ignore = raw.ignoreResourceAttributes;
    if (raw.promoteAllResourceAttributes && promote.length > 0) {
      place.report(
        "promote_resource_attributes",
        "'promote_all_resource_attributes' and 'promote_resource_attributes' cannot be configured simultaneously",
      );
    }
    if (!raw.promoteAllResourceAttributes && ignore.length > 0) {
      place.report(
        "ignore_resource_attributes",
        "'ignore_resource_attributes' cannot be configured unless 'promote_all_resource_attributes' is true",
      );
    }
    return {
      ...raw,
      promoteResourceAttributes: trimAttributes(promote, "promote", place),
      ignoreResourceAttributes: trimAttributes(ignore, "ignore", place),
    };
  },
});

function trimAttributes(names: readonly string[], verb: "promote" | "ignore", place: BlockPlace): string[] {
  const key = `${verb}_resource_attributes`;
  const trimmed = names.map((name) => name.trim());
  const repeated = trimmed.find((name, index) => trimmed.indexOf(name) < index);
  if (trimmed.includes("")) {
    place.report(key, `invalid '${key}': empty ${verb}d OTel resource attribute`);
  } else if (repeated !== undefined) {
    place.report(key, `invalid '${key}': duplicated ${verb}d OTel resource attribute ${goQuote(repeated)}`);
  }
  return trimmed;
}

/** Refuses strategies that the legacy naming scheme does not allow. Spec CFG-93. */
export function checkStrategy(otlp: OtlpConfig, nameValidation: string, place: BlockPlace | undefined): void {
  if (nameValidation !== "legacy" || !NEEDS_UTF8.has(otlp.translationStrategy)) return;
  const strategyName = goQuote(otlp.translationStrategy);
  place?.report(
    "translation_strategy",
    `OTLP translation strategy ${strategyName} is not allowed when UTF8 is disabled`,
  );
}

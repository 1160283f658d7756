import { goQuote } from "../../model/index.ts";
import { block, field, Mismatch, type BlockPlace, type BlockType, type Type } from "../schema.ts";
import type { Config, RuntimeConfig } from "../server-types.ts";
import { filePath, integer, list, optional, text } from "../values.ts";
import { ALERTING } from "./alerting.ts";
import { OTLP } from "./otlp.ts";
import { REMOTE_READS, REMOTE_WRITES } from "./remote.ts";
import { GLOBAL, JOBS, type GlobalFields, type JobFields } from "./scrape.ts";
import { STORAGE } from "./storage.ts";
import { TRACING } from "./tracing.ts";

// The top of the file (spec CFG-22 to CFG-31).

interface RuntimeFields {
  readonly gogc: number | undefined;
}

/** The whole file as written. */
export interface RootFields extends Omit<
  Config,
  "global" | "runtime" | "scrapeConfigs" | "mainScrapeConfigs"
> {
  readonly global: GlobalFields;
  readonly runtime: RuntimeFields;
  readonly mainScrapeConfigs: readonly JobFields[];
}

const RUNTIME: BlockType<RuntimeFields> = block({
  fields: { gogc: field("gogc", optional(integer)) },
  finish: (raw: RuntimeFields): RuntimeFields => raw,
});

/** A pattern of file names with stars only in the last part of the path. Spec CFG-25. */
function filePattern(complaint: string): Type<string> {
  return {
    ...filePath,
    read(tree, place) {
      const written = text.read(tree, place);
      if (!/^[^*]*(?:\*[^/]*)?$/.test(written)) throw new Mismatch(tree, `${complaint} ${goQuote(written)}`);
      return filePath.read(tree, place);
    },
  };
}

export const ROOT: BlockType<RootFields> = block({
  fields: {
    global: field("global", GLOBAL),
    runtime: field("runtime", RUNTIME),
    alerting: field("alerting", ALERTING),
    ruleFiles: field("rule_files", list(filePattern("invalid rule file path"))),
    scrapeConfigFiles: field("scrape_config_files", list(filePattern("invalid scrape config file path"))),
    mainScrapeConfigs: field("scrape_configs", JOBS),
    storage: field("storage", STORAGE),
    tracing: field("tracing", optional(TRACING)),
    remoteWrite: field("remote_write", REMOTE_WRITES),
    remoteRead: field("remote_read", REMOTE_READS),
    otlp: field("otlp", OTLP),
  },
  finish(raw: RootFields, place): RootFields {
    refuseRepeats(raw.remoteWrite, "remote_write", "remote write", place);
    refuseRepeats(raw.remoteRead, "remote_read", "remote read", place);
    return raw;
  },
});

/** Value of `runtime.gogc` where the file says nothing; `GOGC` wins over the built-in default. Spec CFG-23. */
export function defaultRuntime(environment: Readonly<Record<string, string | undefined>>): RuntimeConfig {
  const written = environment["GOGC"] ?? "";
  if (written === "off") return { gogc: -1 };
  return { gogc: /^-?\d+$/.test(written) ? Number(written) : 75 };
}

function refuseRepeats(
  entries: readonly { readonly name: string }[],
  key: string,
  kind: string,
  place: BlockPlace,
): void {
  const names = entries.map(({ name }) => name).filter((name) => name !== "");
  const repeated = names.find((name, index) => names.indexOf(name) < index);
  if (repeated === undefined) return;
  place.report(key, `found multiple ${kind} configs with job name ${goQuote(repeated)}`);
}

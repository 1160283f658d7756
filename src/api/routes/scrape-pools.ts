import { renderScrapeConfig, type ScrapeConfig } from "../../config/index.ts";
import {
  compareText,
  compileRelabel,
  goQuote,
  labelsFromRecord,
  NO_LABELS,
  type Labels,
  type RelabelConfig,
} from "../../model/index.ts";
import type { ApiAnswer, ApiCall } from "../endpoint.ts";
import { ApiError } from "../errors.ts";
import { formValue } from "../form.ts";
import { labelsJson, listJson, objectJson, textJson } from "../json.ts";

/** Source: spec API-43. */
export function scrapePools({ parts }: ApiCall): ApiAnswer {
  const pools = parts.targets.pools().toSorted(compareText);
  return { kind: "json", json: `{"scrapePools":${listJson(pools, textJson)}}` };
}

/** Source: spec API-44. */
export function scrapePoolConfig(call: ApiCall): ApiAnswer {
  const config = poolConfig(call, poolParameter(call));
  return { kind: "json", json: `{"yaml":${textJson(renderScrapeConfig(config))}}` };
}

/** What each relabel rule of a pool makes of a label set. Source: spec API-47. */
export function relabelSteps(call: ApiCall): ApiAnswer {
  const pool = poolParameter(call);
  const text = formValue(call.form, "labels");
  if (text === "") throw new ApiError("bad_data", "no labels parameter provided");
  const labels = parseLabels(text);
  const { relabelConfigs, nameValidation } = poolConfig(call, pool);
  // Undefined once a rule has dropped the set.
  let current: Labels | undefined = labels;
  const steps = relabelConfigs.map((rule) => {
    if (current !== undefined) current = compileRelabel([rule], nameValidation).relabel(current);
    const output = labelsJson(current ?? NO_LABELS);
    return `{"rule":${ruleJson(rule)},"output":${output},"keep":${current !== undefined}}`;
  });
  return { kind: "json", json: `{"steps":[${steps.join(",")}]}` };
}

function poolParameter({ form }: ApiCall): string {
  const pool = formValue(form, "scrapePool");
  if (pool === "") throw new ApiError("bad_data", "no scrapePool parameter provided");
  return pool;
}

function poolConfig({ parts }: ApiCall, pool: string): ScrapeConfig {
  const config = parts.config.scrapeConfig(pool);
  if (config !== undefined) return config;
  throw new ApiError("bad_data", `error retrieving scrape config: scrape pool ${goQuote(pool)} not found`);
}

function parseLabels(text: string): Labels {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new ApiError("bad_data", `error parsing labels: ${(error as Error).message}`);
  }
  if (!isRecordOfTexts(parsed)) {
    throw new ApiError("bad_data", "error parsing labels: expected a JSON object with texts as values");
  }
  return labelsFromRecord(parsed);
}

function isRecordOfTexts(value: unknown): value is Record<string, string> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((each) => typeof each === "string");
}

function ruleJson(rule: RelabelConfig): string {
  const { sourceLabels, separator, regex, modulus, targetLabel, replacement, action } = rule;
  return objectJson([
    ["source_labels", sourceLabels.length === 0 ? undefined : listJson(sourceLabels, textJson)],
    ["separator", textJson(separator)],
    ["regex", textJson(regex)],
    ["modulus", modulus === 0 ? undefined : String(modulus)],
    ["target_label", targetLabel === "" ? undefined : textJson(targetLabel)],
    ["replacement", textJson(replacement)],
    ["action", textJson(action)],
  ]);
}

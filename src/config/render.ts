import { Document, type YAMLSeq } from "yaml";
import { ROOT } from "./blocks/root.ts";
import { JOB } from "./blocks/scrape.ts";
import { FlowList, type Rendered } from "./schema.ts";
import type { Config } from "./server-types.ts";
import type { ScrapeConfig } from "./types.ts";

/**
 * The effective configuration as YAML, secrets hidden, for `/api/v1/status/config`. Jobs from scrape config
 * files are not in it, only the patterns that name the files. Source: spec CFG-11, CFG-12.
 */
export function renderConfig(config: Config): string {
  // What is effective has the properties of what is written, so the same tables print it.
  return yamlOf(ROOT.renderFields(config));
}

/** The effective configuration of one job in the same form, also of a job from a scrape config file (API-44). */
export function renderScrapeConfig(config: ScrapeConfig): string {
  return yamlOf(JOB.renderFields(config));
}

function yamlOf(rendered: Rendered): string {
  // As YAML 1.1, so that texts which old readers take for numbers or truth values are quoted.
  const document = new Document({}, { version: "1.1" });
  document.contents = document.createNode(withFlowLists(rendered, document)) as typeof document.contents;
  return document.toString({ lineWidth: 0, indentSeq: false, flowCollectionPadding: false });
}

function withFlowLists(rendered: Rendered, document: Document): unknown {
  if (rendered instanceof FlowList) {
    const list = document.createNode([...rendered.items]) as YAMLSeq;
    list.flow = true;
    return list;
  }
  if (Array.isArray(rendered)) return rendered.map((item: Rendered) => withFlowLists(item, document));
  if (typeof rendered !== "object") return rendered;
  const entries = Object.entries(rendered).map(([key, value]) => [key, withFlowLists(value, document)]);
  return Object.fromEntries(entries);
}

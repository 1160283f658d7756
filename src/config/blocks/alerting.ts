import { block, field, inline, type BlockType } from "../schema.ts";
import type { AlertingConfig, AlertmanagerConfig } from "../server-types.ts";
import { duration, list, optional, refusingNull, text } from "../values.ts";
import { DISCOVERY } from "./discovery.ts";
import { HTTP_CLIENT } from "./http-client.ts";
import { relabelRules } from "./relabel.ts";
import { refuseUrlTargets } from "./scrape.ts";
import { SIGV4 } from "./sigv4.ts";

// `alerting` (spec CFG-70 to CFG-73).

const ALERTMANAGER: BlockType<AlertmanagerConfig> = block({
  fields: {
    httpClient: inline(HTTP_CLIENT),
    sigv4: field("sigv4", optional(SIGV4)),
    scheme: field("scheme", text, "http"),
    pathPrefix: field("path_prefix", text),
    timeoutMs: field("timeout", duration, 10_000),
    apiVersion: field("api_version", text, "v2"),
    relabelConfigs: field(
      "relabel_configs",
      relabelRules("empty or null Alertmanager target relabeling rule"),
    ),
    alertRelabelConfigs: field(
      "alert_relabel_configs",
      relabelRules("empty or null Alertmanager alert relabeling rule"),
    ),
    discovery: inline(DISCOVERY),
  },
  finish(raw: AlertmanagerConfig, place): AlertmanagerConfig {
    if (raw.apiVersion !== "v2") {
      const message = `expected Alertmanager api version to be one of [v2] but got ${raw.apiVersion}`;
      place.report("api_version", message);
    }
    const { basicAuth, authorization, oauth2 } = raw.httpClient;
    if (raw.sigv4 !== undefined && (basicAuth ?? authorization ?? oauth2) !== undefined) {
      const message = "at most one of basic_auth, authorization, oauth2, or sigv4 must be configured";
      place.report("sigv4", message);
    }
    if (raw.relabelConfigs.length === 0) {
      const targets = raw.discovery.static.flatMap((group) => group.targets);
      refuseUrlTargets(targets, place);
    }
    return raw;
  },
});

export const ALERTING: BlockType<AlertingConfig> = block({
  fields: {
    alertRelabelConfigs: field("alert_relabel_configs", relabelRules("empty or null alert relabeling rule")),
    alertmanagers: field(
      "alertmanagers",
      list(refusingNull(ALERTMANAGER, "empty or null alertmanager section")),
    ),
  },
  finish: (raw: AlertingConfig): AlertingConfig => raw,
});

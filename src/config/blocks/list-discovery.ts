import { goQuote } from "../../model/index.ts";
import { block, field, inline, shownField, type BlockPlace, type BlockType } from "../schema.ts";
import type { FileSdConfig, HttpSdConfig } from "../types.ts";
import { duration, filePath, list, url } from "../values.ts";
import { HTTP_CLIENT } from "./http-client.ts";
import { requirePositive } from "./mechanism.ts";

// Discovery by lists of target groups, from files and over HTTP (spec SD-10 to SD-18).

const FILE_NAME = /^[^*]*(?:\*[^/]*)?\.(?:json|yml|yaml|JSON|YML|YAML)$/;

export const FILE: BlockType<FileSdConfig> = block({
  fields: {
    files: field("files", list(filePath)),
    refreshIntervalMs: shownField("refresh_interval", duration, 300_000),
  },
  finish(raw: FileSdConfig, place): FileSdConfig {
    if (raw.files.length === 0) {
      place.report("files", "file service discovery config must contain at least one path name");
    }
    for (const file of raw.files) {
      if (!FILE_NAME.test(file)) {
        place.report("files", `path name ${goQuote(file)} is not valid for file discovery`);
      }
    }
    return raw;
  },
});

export const HTTP: BlockType<HttpSdConfig> = block({
  fields: {
    httpClient: inline(HTTP_CLIENT),
    refreshIntervalMs: field("refresh_interval", duration, 60_000),
    url: field("url", url),
  },
  finish(raw: HttpSdConfig, place): HttpSdConfig {
    checkHttpUrl(raw.url, place);
    requirePositive(raw.refreshIntervalMs, "refresh_interval", place);
    return raw;
  },
});

/** Reports at `url` what keeps it from being requested. */
export function checkHttpUrl(written: string, place: BlockPlace): void {
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):\/\/([^/?#]*)/.exec(written);
  if (written === "") place.report("url", "URL is missing");
  else if (!/^https?$/i.test(scheme?.[1] ?? "")) place.report("url", "URL scheme must be 'http' or 'https'");
  else if (scheme?.[2] === "") place.report("url", "host is missing in URL");
}

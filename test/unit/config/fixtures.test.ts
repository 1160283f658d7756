import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ConfigError, loadConfig, type LoadedConfig } from "../../../src/config/index.ts";

// Whole configuration files with the verdict of a real server, kept beside the repository.

interface Fixture {
  readonly id: string;
  readonly expect: "load" | "refuse";
  readonly title: string;
  readonly yaml: string;
  readonly message: string;
}

const file = new URL("../../../../shared/spec/config-fixtures.json", import.meta.url);

/** Refused by a check tool that looks at more than the server does; the server loads them. */
const TOOL_ONLY = new Set(["FXR-86", "FXR-124", "FXR-125", "FXR-126"]);

/** Where our text is not the one in the fixture, and why. */
const OTHER_TEXTS: Readonly<Record<string, string>> = {
  "FXR-1": "2:1: tabs are not allowed as indentation", // The reader of YAML has words of its own.
  "FXR-32": "'allow-utf-8', 'underscores', 'dots', or 'values', got none", // The fixture's shows another value.
  "FXR-50": "\"b.c\" is invalid 'target_label' for replace action", // What the newer release says.
  "FXR-130": "empty or null alertmanager section", // The fixture's server crashes.
};

if (!existsSync(file)) {
  console.warn(`config fixtures: ${file.pathname} is not there, so its cases are not run`);
}
const fixtures: readonly Fixture[] = existsSync(file)
  ? (JSON.parse(readFileSync(file, "utf8")) as Fixture[])
  : [];

function load(yaml: string): LoadedConfig {
  return loadConfig({
    path: "prometheus.yml",
    text: yaml,
    files: { read: () => "", match: () => [] },
    environment: {},
  });
}

function messageOf(yaml: string): string {
  try {
    load(yaml);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return "";
}

/** What must be in our text: for faults of types the line and the field, for the rest the whole sentence. */
function expectedText(fixture: Fixture): readonly string[] {
  const other = OTHER_TEXTS[fixture.id];
  if (other !== undefined) return [other];
  if (!fixture.message.startsWith("yaml:")) return [fixture.message];
  const line = /line (\d+)/.exec(fixture.message)?.[1] ?? "";
  const fieldName = /field (\S+) |key "(\S+)"|`([^`]+)`/.exec(fixture.message);
  return [`prometheus.yml:${line}:`, fieldName?.[1] ?? fieldName?.[2] ?? fieldName?.[3] ?? ""];
}

describe.runIf(fixtures.length > 0)("config fixtures", () => {
  const loading = fixtures.filter(({ id, expect: verdict }) => verdict === "load" || TOOL_ONLY.has(id));
  const refused = fixtures.filter((fixture) => !loading.includes(fixture));

  test.each(loading.map((each) => [each.id, each.title, each] as const))(
    "%s loads: %s",
    (_id, _title, each) => {
      expect(messageOf(each.yaml)).toBe("");
    },
  );

  test.each(refused.map((each) => [each.id, each.title, each] as const))(
    "%s is refused: %s",
    (_id, _title, each) => {
      const message = messageOf(each.yaml);
      expect(message).toContain("parsing YAML file prometheus.yml: ");
      for (const part of expectedText(each)) expect(message).toContain(part);
    },
  );
});

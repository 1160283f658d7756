import {
  ConfigError,
  loadConfig,
  problemText,
  type Config,
  type ConfigSource,
  type LoadedConfig,
  type ScrapeConfig,
} from "../../../src/config/index.ts";

export type Given = Partial<Omit<ConfigSource, "text" | "files">> & {
  readonly files?: Readonly<Record<string, string>>;
};

export function load(text: string, given: Given = {}): LoadedConfig {
  const files = given.files ?? {};
  return loadConfig({
    path: "prometheus.yml",
    environment: {},
    ...given,
    text,
    files: {
      read: (file) => files[file] ?? "",
      match: (pattern) => Object.keys(files).filter((file) => file.startsWith(pattern.replace(/\*.*$/, ""))),
    },
  });
}

export function configOf(text: string, given?: Given): Config {
  return load(text, given).config;
}

export function jobOf(text: string, given?: Given): ScrapeConfig {
  return configOf(text, given).scrapeConfigs[0]!;
}

export function problemsOf(text: string, given?: Given): string[] {
  try {
    load(text, given);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(problemText);
    throw error;
  }
  return [];
}

/** A file with one job that has these extra fields. */
export function job(fields: string): string {
  return `scrape_configs:\n- job_name: a\n  ${fields}\n`;
}

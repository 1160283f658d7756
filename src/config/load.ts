import path from "node:path";
import { checkRelabelRules } from "./blocks/relabel.ts";
import { checkStrategy } from "./blocks/otlp.ts";
import { defaultRuntime, ROOT, type RootFields } from "./blocks/root.ts";
import { SCRAPE_FILE, type JobFields } from "./blocks/scrape.ts";
import { ConfigError, type ConfigProblem } from "./errors.ts";
import { expandTree } from "./expand-environment.ts";
import { deepFreeze } from "./freeze.ts";
import { outermostInactive } from "./inactive.ts";
import { effectiveGlobal, effectiveJob, refuseRepeatedJobs, type ConfigDefaults } from "./inherit.ts";
import { Place, readOr, type BlockType, type Reading } from "./schema.ts";
import type { Config, LoadedConfig } from "./server-types.ts";
import { isNull, readYaml } from "./yaml-tree.ts";

/** What the loader needs of the disk. */
export interface ConfigFiles {
  /** @throws ConfigError when the file cannot be read. */
  read(file: string): string;
  /** The files that a pattern such as `jobs/*.yml` matches, sorted; none is fine. */
  match(pattern: string): readonly string[];
}

export interface ConfigSource {
  readonly path: string; // Of the main file, as the user gave it; relative paths in it start at its directory.
  readonly text: string;
  readonly files: ConfigFiles;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly defaults?: ConfigDefaults;
  /** Replaces `${NAME}` in all values of all files, not only in external labels. */
  readonly expandsEnvironment?: boolean;
  readonly agentMode?: boolean; // Refuses blocks that only a server has.
}

/**
 * Reads a configuration: the main file and the scrape config files it names, defaults filled in, everything
 * checked. The result is frozen. Source: spec config.md.
 * @throws ConfigError with every problem of every file.
 */
export function loadConfig(source: ConfigSource): LoadedConfig {
  const reading: Reading = {
    problems: [],
    inactive: [],
    warnings: [],
    environment: source.environment,
    expandsEnvironment: source.expandsEnvironment === true,
    places: new WeakMap(),
  };
  const root = readFile(ROOT, source.path, source.text, reading);
  if (source.agentMode === true) refuseServerBlocks(root, reading);
  const global = effectiveGlobal(root.global, reading, source.defaults ?? {});
  const files = root.scrapeConfigFiles.flatMap((pattern) => source.files.match(pattern));
  const fileJobs = files.flatMap(
    (file) => readFile(SCRAPE_FILE, file, source.files.read(file), reading).scrapeConfigs,
  );
  refuseRepeatedJobs([...root.mainScrapeConfigs, ...fileJobs], reading);
  const effective = (job: JobFields): Config["scrapeConfigs"][number] => effectiveJob(job, global, reading);
  const mainScrapeConfigs = root.mainScrapeConfigs.map(effective);
  const config: Config = {
    ...root,
    global,
    runtime: { gogc: root.runtime.gogc ?? defaultRuntime(source.environment).gogc },
    mainScrapeConfigs,
    scrapeConfigs: [...mainScrapeConfigs, ...fileJobs.map(effective)],
  };
  checkServerBlocks(config, reading);
  if (reading.problems.length > 0) throw new ConfigError(source.path, inFileOrder(reading.problems));
  return deepFreeze({
    config,
    inactive: outermostInactive(reading.inactive),
    warnings: reading.warnings,
    files: [source.path, ...files],
  });
}

// A file with nothing in it is a block with nothing in it. Without a syntax there is no sense in looking further.
function readFile<T>(type: BlockType<T>, file: string, text: string, reading: Reading): T {
  const { source, tree, problems } = readYaml(file, text);
  reading.problems.push(...problems);
  if (isNull(tree)) return type.zero;
  const place = new Place(reading, source, path.dirname(file), "");
  if (!reading.expandsEnvironment) return readOr(type, tree, place, type.zero);
  const expanded = expandTree(tree, reading.environment, (name, offset) =>
    place.report(
      offset,
      `environment variable ${name} is not set (\`$\${${name}}\` keeps the text as it is)`,
    ),
  );
  return readOr(type, expanded, place, type.zero);
}

function checkServerBlocks(config: Config, reading: Reading): void {
  const { nameValidation } = config.global;
  const { alerting } = config;
  checkRelabelRules(alerting.alertRelabelConfigs, nameValidation, reading);
  for (const manager of alerting.alertmanagers) {
    checkRelabelRules(manager.relabelConfigs, nameValidation, reading);
    checkRelabelRules(manager.alertRelabelConfigs, nameValidation, reading);
  }
  for (const remote of config.remoteWrite) {
    checkRelabelRules(remote.writeRelabelConfigs, nameValidation, reading);
  }
  checkStrategy(config.otlp, nameValidation, reading.places.get(config.otlp));
}

function refuseServerBlocks(root: RootFields, reading: Reading): void {
  const place = reading.places.get(root);
  for (const key of ["alerting", "rule_files", "remote_read"]) {
    if (place?.has(key) === true) place.report(key, `field ${key} is not allowed in agent mode`);
  }
}

// Checks that span blocks come late; the reader wants to go through the file from top to bottom.
function inFileOrder(problems: readonly ConfigProblem[]): ConfigProblem[] {
  const files = [...new Set(problems.map(({ file }) => file))];
  return problems.toSorted(
    (a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line || a.column - b.column,
  );
}

import { STATIC } from "./blocks/discovery.ts";
import { ConfigError } from "./errors.ts";
import { Place, readOr, type Reading } from "./schema.ts";
import type { StaticConfig } from "./types.ts";
import { list, refusingNull } from "./values.ts";
import { isNull, readYaml } from "./yaml-tree.ts";

const TARGET_LIST = list(refusingNull(STATIC, "nil target group item found"));

/**
 * The target groups that a file of `file_sd_configs` lists, in YAML. Source: spec SD-12.
 * @throws ConfigError with every problem of the file.
 */
export function parseTargetList(file: string, text: string): readonly StaticConfig[] {
  const reading: Reading = {
    problems: [],
    inactive: [],
    warnings: [],
    environment: {},
    expandsEnvironment: false,
    places: new WeakMap(),
  };
  const { source, tree, problems } = readYaml(file, text);
  reading.problems.push(...problems);
  const place = new Place(reading, source, "", "");
  const groups = isNull(tree) ? [] : readOr(TARGET_LIST, tree, place, []);
  if (reading.problems.length > 0) throw new ConfigError(file, reading.problems);
  return groups;
}

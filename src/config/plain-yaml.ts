import { ConfigError } from "./errors.ts";
import { plainYaml, readYaml, type PlainYaml } from "./yaml-tree.ts";

/** A YAML file that is not ours, as plain data. @throws ConfigError when it is no YAML. */
export function parsePlainYaml(file: string, text: string): PlainYaml {
  const { tree, problems } = readYaml(file, text);
  if (problems.length > 0) throw new ConfigError(file, problems);
  return plainYaml(tree);
}

import { readdirSync, readFileSync } from "node:fs";
import { errorText } from "../base/index.ts";
import { ConfigError } from "./errors.ts";
import { matchFiles } from "./glob.ts";
import { loadConfig, type ConfigFiles, type ConfigSource } from "./load.ts";
import type { LoadedConfig } from "./server-types.ts";

/** The machine's disk. */
const diskFiles: ConfigFiles = {
  read(file) {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(readFileSync(file));
    } catch (error) {
      const message = error instanceof TypeError ? "the file is not valid UTF-8" : reasonOf(error);
      throw new ConfigError(file, [{ file, line: 0, column: 0, path: "", message }], { cause: error });
    }
  },
  match: (pattern) => matchFiles(pattern, listDirectory),
};

/**
 * Reads the main file and its scrape config files from disk.
 * @throws ConfigError when one of them cannot be read or is wrong.
 */
export function readConfigFiles(
  path: string,
  options: Pick<ConfigSource, "environment" | "expandsEnvironment" | "defaults" | "agentMode">,
): LoadedConfig {
  return loadConfig({ ...options, path, text: diskFiles.read(path), files: diskFiles });
}

function listDirectory(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (isNodeError(error) && (error.code === "ENOENT" || error.code === "ENOTDIR")) return [];
    const problem = { file: directory, line: 0, column: 0, path: "", message: reasonOf(error) };
    throw new ConfigError(directory, [problem], { cause: error });
  }
}

// In the words Go uses for the same failures.
function reasonOf(error: unknown): string {
  if (!isNodeError(error)) return errorText(error);
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: "no such file or directory",
    EACCES: "permission denied",
    EISDIR: "is a directory",
  };
  return reasons[error.code ?? ""] ?? error.message;
}

function isNodeError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "code" in error;
}

// Another store's files in the data directory: they are left alone, and whoever put them there is told how they are read.

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

const HEAD_DIRECTORIES: ReadonlySet<string> = new Set(["chunks_head", "wal", "wbl"]);
const BLOCK_NAME = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/; // A ULID.

/** Whether a directory, which must exist, holds the blocks, the log or the chunks of a Prometheus TSDB. */
export function holdsPrometheusFiles(path: string): boolean {
  return readdirSync(path, { withFileTypes: true }).some((entry) => {
    if (!entry.isDirectory()) return false;
    if (HEAD_DIRECTORIES.has(entry.name)) return true;
    return BLOCK_NAME.test(entry.name) && existsSync(join(path, entry.name, "meta.json"));
  });
}

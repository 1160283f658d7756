// A full check of a data directory: the database, the log, the catalogue and every block.

import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { errorText, type Logger } from "../../base/index.ts";
import { Head } from "../head/head.ts";
import { HeadDatabase } from "../log/database.ts";
import { replayLog } from "../log/replay.ts";
import { catalogueFiles, requireDataDirectory } from "./copy.ts";
import { verifyBlock } from "./verify-block.ts";

const BLOCK_RANGE_MS = 2 * 3_600_000;

/** What a check read and what it found wrong. */
export interface VerifyReport {
  readonly blocks: number;
  readonly pages: number;
  readonly series: number; // Over all blocks.
  readonly samples: number; // In blocks.
  readonly headSeries: number;
  /** One line each; empty: all is well. */
  readonly damages: readonly string[];
  /** What is no damage, but may not be meant so. */
  readonly notes: readonly string[];
}

/**
 * Checks everything in a data directory, also while a store runs on it; a store's own samples of the last moment are not
 * looked at. Nothing is changed or repaired.
 * @throws StorageError when it is no data directory
 */
export function verifyDirectory(
  directory: string,
  onProgress: (done: number, total: number) => void = () => undefined,
): VerifyReport {
  requireDataDirectory(directory);
  const damages: string[] = [];
  const notes: string[] = [];
  const report = (reason: string): void => void damages.push(reason);
  const headSeries = verifyHead(directory, report);
  const files = blockFiles(directory, report, notes);
  const totals = { pages: 0, series: 0, samples: 0 };
  for (const [index, file] of files.entries()) {
    onProgress(index, files.length);
    const path = join(directory, "blocks", file);
    // A store may have merged it away since; its samples are in another block then, which is read as well or as new.
    if (!existsSync(path)) continue;
    const found = verifyBlock(path, (reason) => report(`blocks/${reason}`));
    totals.pages += found.pages;
    totals.series += found.series;
    totals.samples += found.samples;
  }
  return { blocks: files.length, ...totals, headSeries, damages, notes };
}

// Returns how many series the log brings back.
function verifyHead(directory: string, report: (reason: string) => void): number {
  const path = join(directory, "head.db");
  if (!existsSync(path)) return 0;
  const scratch = mkdtempSync(join(tmpdir(), "narthex-verify-"));
  try {
    const copy = join(scratch, "head.db");
    const source = new Database(path, { readonly: true, fileMustExist: true });
    try {
      for (const fault of source.pragma("integrity_check(20)") as { readonly integrity_check: string }[]) {
        if (fault.integrity_check !== "ok") report(`head.db: ${fault.integrity_check}`);
      }
      // Replaying needs a database of its own, as of one moment.
      source.prepare("VACUUM INTO ?").run(copy);
    } finally {
      source.close();
    }
    return replayCopy(copy, report);
  } catch (error) {
    report(`head.db: ${errorText(error)}`);
    return 0;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function ignore(): void {
  // Only what is lost matters here.
}

function replayCopy(copy: string, report: (reason: string) => void): number {
  const head = new Head({ blockRangeMs: BLOCK_RANGE_MS });
  const database = new HeadDatabase(copy);
  const logger: Logger = {
    debug: ignore,
    info: ignore,
    warn: ignore,
    error(message, fields) {
      const { where, reason } = fields ?? {};
      report(`head.db: ${[message, where, reason].filter((part) => part !== undefined).join(": ")}`);
    },
    with: () => logger,
  };
  try {
    replayLog(head, database, logger);
    return head.index.count - head.index.removedCount;
  } finally {
    database.close();
  }
}

function blockFiles(directory: string, report: (reason: string) => void, notes: string[]): readonly string[] {
  const blocks = join(directory, "blocks");
  let found: readonly string[];
  try {
    const { files, missing } = catalogueFiles(blocks, join(directory, "head.db"));
    for (const file of missing) {
      if (!existsSync(join(blocks, file))) report(`blocks/${file} is missing, but the catalogue names it`);
    }
    found = files;
  } catch (error) {
    report(`head.db: the catalogue cannot be read: ${errorText(error)}`);
    found = catalogueFiles(blocks, join(blocks, "no-catalogue")).files;
  }
  for (const name of existsSync(blocks) ? readdirSync(blocks) : []) {
    if (name.endsWith(".damaged")) notes.push(`blocks/${name} was put aside because of damaged pages`);
  }
  for (const name of readdirSync(directory)) {
    if (/^head\.db\.corrupt-\d+$/.test(name)) notes.push(`${name} was put aside because it is damaged`);
  }
  return found;
}

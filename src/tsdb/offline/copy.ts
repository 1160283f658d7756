// A consistent copy of a data directory, also while a store runs on it: head.db as of one moment, and the blocks that
// count by it. The store is not asked and does not notice.

import {
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { join, resolve } from "node:path";
import Database from "better-sqlite3";
import { errorText } from "../../base/index.ts";
import { listBlockFiles } from "../block/index.ts";
import { StorageError } from "../errors.ts";
import { syncPath } from "./sync-path.ts";

// While it is copied, a store may merge blocks away; then the copy begins anew.
const ATTEMPTS = 10;

/** Which files of a directory count. */
export interface CatalogueFiles {
  readonly files: readonly string[]; // Names of blocks.
  readonly missing: readonly string[]; // Those that should be there and are not.
}

export interface CopyOptions {
  /** "link": blocks get a second name, for reading only; "copy": everything is copied and durable at the end. */
  readonly blocks: "link" | "copy";
  /** Called before each block. */
  readonly onBlock?: (file: string, index: number, count: number) => void;
}

/** @throws StorageError when the directory holds no data of ours */
export function requireDataDirectory(directory: string): void {
  if (!existsSync(directory)) throw new StorageError(`there is no directory ${directory}`);
  if (existsSync(join(directory, "head.db")) || existsSync(join(directory, "blocks"))) return;
  const isPrometheus = existsSync(join(directory, "wal"));
  throw new StorageError(
    `${directory} is no data directory: it has neither head.db nor a folder blocks` +
      (isPrometheus ? "; for one of Prometheus there is narthex tsdb import-prometheus" : ""),
  );
}

/**
 * Copies into `target`, which must not exist or be empty; it is removed again when that fails.
 * @throws StorageError
 */
export function copyDirectory(source: string, target: string, options: CopyOptions): void {
  requireDataDirectory(source);
  try {
    mkdirSync(join(target, "blocks"), { recursive: true });
    for (let attempt = 1; ; attempt++) {
      if (copyOnce(source, target, options)) break;
      if (attempt === ATTEMPTS) {
        throw new StorageError(
          `${source} cannot be copied: blocks that its catalogue names are missing; narthex tsdb verify tells which`,
        );
      }
    }
    if (options.blocks === "copy") {
      for (const folder of [join(target, "blocks"), target]) syncPath(folder);
    }
  } catch (error) {
    rmSync(target, { recursive: true, force: true });
    if (error instanceof StorageError) throw error;
    throw new StorageError(`${source} cannot be copied to ${target}: ${errorText(error)}`, { cause: error });
  }
}

function copyOnce(source: string, target: string, options: CopyOptions): boolean {
  const database = join(target, "head.db");
  rmSync(database, { force: true });
  for (const file of readdirSync(join(target, "blocks"))) rmSync(join(target, "blocks", file));
  copyHead(source, database);
  if (options.blocks === "copy" && existsSync(database)) syncPath(database);
  const { files, missing } = catalogueFiles(join(source, "blocks"), database);
  if (missing.length > 0) return false;
  for (const [index, file] of files.entries()) {
    options.onBlock?.(file, index, files.length);
    const from = join(source, "blocks", file);
    const to = join(target, "blocks", file);
    try {
      if (options.blocks === "link") giveName(from, to);
      else {
        // Where the file system can share the bytes, that takes no time and no room.
        copyFileSync(from, to, constants.COPYFILE_FICLONE);
        syncPath(to);
      }
    } catch (error) {
      if (!existsSync(from)) return false;
      throw error;
    }
  }
  return true;
}

// A transaction of its own, so that it is of one moment whatever is committed meanwhile.
function copyHead(source: string, target: string): void {
  const path = join(source, "head.db");
  if (!existsSync(path)) return;
  const database = new Database(path, { readonly: true, fileMustExist: true });
  try {
    database.prepare("VACUUM INTO ?").run(target);
  } finally {
    database.close();
  }
}

/**
 * The blocks that count: those that the catalogue names, and those it does not know yet but that were put there by hand.
 * `database` may be missing.
 */
export function catalogueFiles(blocks: string, database: string): CatalogueFiles {
  const present = existsSync(blocks) ? listBlockFiles(blocks).map(({ file }) => file) : [];
  if (!existsSync(database)) return { files: present, missing: [] };
  const rows = readCatalogue(database);
  const isWhole = new Map(rows.map((row) => [row.file, row.is_whole === 1]));
  const files = present.filter((file) => isWhole.get(file) ?? true);
  const known = new Set(files);
  const missing = rows.filter((row) => row.is_whole === 1 && !known.has(row.file)).map(({ file }) => file);
  return { files, missing };
}

interface CatalogueRow {
  readonly file: string;
  readonly is_whole: number;
}

function readCatalogue(path: string): CatalogueRow[] {
  const database = new Database(path, { readonly: true, fileMustExist: true });
  try {
    const hasTable = database
      .prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'blocks'")
      .get();
    if (hasTable === undefined) return [];
    return database.prepare<[], CatalogueRow>("SELECT file, is_whole FROM blocks").all();
  } finally {
    database.close();
  }
}

// A second name keeps the file when the store deletes it; across file systems only the path is left.
function giveName(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if (!statSync(from, { throwIfNoEntry: false })?.isFile()) throw error;
    symlinkSync(resolve(from), to);
  }
}

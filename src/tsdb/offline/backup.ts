// Backups: a consistent copy of a data directory that was read back once, and the way back.

import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { errorText } from "../../base/index.ts";
import { StorageError } from "../errors.ts";
import { copyDirectory, requireDataDirectory, type CopyOptions } from "./copy.ts";
import { syncPath } from "./sync-path.ts";
import { verifyDirectory, type VerifyReport } from "./verify.ts";

/** A backup that is complete and was read back. */
export interface BackupSummary extends VerifyReport {
  readonly bytes: number; // Of all files.
}

/** Called as the work goes on. */
export type BackupProgress = (step: "copy" | "verify", done: number, total: number) => void;

/**
 * Copies a data directory to the folder `target`, which must not exist, also while a store runs on it, and reads the
 * copy back. `target` has its name only once it is whole.
 * @throws StorageError; no backup is left then
 */
export function writeBackup(directory: string, target: string, onProgress: BackupProgress): BackupSummary {
  requireDataDirectory(directory);
  if (existsSync(target)) throw new StorageError(`${target} exists already; a backup goes to a new folder`);
  const unfinished = `${target}.partial`;
  const options: CopyOptions = {
    blocks: "copy",
    onBlock: (_, index, count) => onProgress("copy", index, count),
  };
  try {
    mkdirSync(unfinished, { recursive: true });
    copyDirectory(directory, unfinished, options);
    const report = verifyDirectory(unfinished, (done, total) => onProgress("verify", done, total));
    refuseDamage(report, `${directory} is damaged, so that no backup was made`);
    renameSync(unfinished, target);
    return { ...report, bytes: bytesBelow(target) };
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    if (error instanceof StorageError) throw error;
    throw new StorageError(`the backup to ${target} failed: ${errorText(error)}`, { cause: error });
  }
}

/**
 * Reads a backup through and copies it to `directory`, which must be missing or empty. head.db comes last, so that what
 * was interrupted is no store with half its blocks gone unnoticed: it is removed again.
 * @throws StorageError; the directory is as it was then
 */
export function restoreBackup(backup: string, directory: string, onProgress: BackupProgress): BackupSummary {
  requireDataDirectory(backup);
  if (existsSync(directory) && readdirSync(directory).length > 0) {
    throw new StorageError(`${directory} is not empty; a backup is restored to an empty or new directory`);
  }
  const report = verifyDirectory(backup, (done, total) => onProgress("verify", done, total));
  refuseDamage(report, `${backup} is damaged, so that nothing was restored`);
  const existed = existsSync(directory);
  try {
    const blocks = join(directory, "blocks");
    mkdirSync(blocks, { recursive: true });
    const files = readdirSync(join(backup, "blocks"));
    for (const [index, file] of files.entries()) {
      onProgress("copy", index, files.length);
      copyDurably(join(backup, "blocks", file), join(blocks, file));
    }
    syncPath(blocks);
    if (existsSync(join(backup, "head.db"))) {
      copyDurably(join(backup, "head.db"), join(directory, "head.db"));
    }
    syncPath(directory);
  } catch (error) {
    for (const name of ["head.db", "blocks"]) {
      rmSync(join(directory, name), { recursive: true, force: true });
    }
    if (!existed) rmSync(directory, { recursive: true, force: true });
    throw new StorageError(`restoring ${backup} to ${directory} failed: ${errorText(error)}`, {
      cause: error,
    });
  }
  return { ...report, bytes: bytesBelow(directory) };
}

function refuseDamage({ damages }: VerifyReport, what: string): void {
  if (damages.length === 0) return;
  const more = damages.length > 3 ? `; and ${damages.length - 3} more` : "";
  throw new StorageError(`${what}: ${damages.slice(0, 3).join("; ")}${more}`);
}

function copyDurably(from: string, to: string): void {
  copyFileSync(from, to);
  syncPath(to);
}

function bytesBelow(folder: string): number {
  let bytes = 0;
  for (const name of readdirSync(folder)) {
    const entry = statSync(join(folder, name));
    bytes += entry.isDirectory() ? bytesBelow(join(folder, name)) : entry.size;
  }
  return bytes;
}

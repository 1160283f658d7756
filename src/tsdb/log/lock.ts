// One server to a data directory: the file `lock`, an empty SQLite database, is held by an open exclusive transaction.
// SQLite locks with fcntl, so the lock ends with the process however that ends. Spec TSDB-41, REL-6.

import { existsSync, rmSync } from "node:fs";
import Database from "better-sqlite3";
import { StorageError } from "../errors.ts";

export interface DirectoryLock {
  /** Whether the last owner left the directory in good order. */
  readonly wasClean: boolean;
  /** Removes the file and gives the lock up. Idempotent. */
  release(): void;
}

/** @throws StorageError when another process holds the lock or the directory cannot be written. */
export function lockDirectory(path: string): DirectoryLock {
  const wasClean = !existsSync(path);
  let database: Database.Database | undefined;
  try {
    database = new Database(path, { timeout: 0 });
    database.pragma("journal_mode = OFF");
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database?.close();
    const isHeld = error instanceof Database.SqliteError && error.code === "SQLITE_BUSY";
    const reason = isHeld ? "resource temporarily unavailable" : "cannot be opened or written";
    throw new StorageError(`opening storage failed: lock DB directory: ${reason}`, { cause: error });
  }
  const held = database;
  return {
    wasClean,
    release(): void {
      if (!held.open) return;
      // Removed while it is held, so that nobody opens a file that is about to go.
      rmSync(path, { force: true });
      held.close();
    },
  };
}

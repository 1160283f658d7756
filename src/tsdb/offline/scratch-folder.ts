import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { StorageError } from "../errors.ts";
import { lockDirectory } from "../log/lock.ts";

/** A folder that is gone when the work is done; what was killed leaves one that the next of its kind removes. */
export interface ScratchFolder {
  readonly path: string;
  /** Removes it with all that is in it. Idempotent. */
  remove(): void;
}

/** Makes `<kind>-<number>.tmp` in `directory`. @throws StorageError and what the file system throws */
export function openScratchFolder(directory: string, kind: "import" | "sandbox"): ScratchFolder {
  removeAbandoned(directory, kind);
  const path = makeFolder(directory, kind);
  const lock = lockDirectory(join(path, "lock"));
  return {
    path,
    remove() {
      lock.release();
      rmSync(path, { recursive: true, force: true });
    },
  };
}

function makeFolder(directory: string, kind: string): string {
  for (let number = 1; ; number++) {
    const path = join(directory, `${kind}-${number}.tmp`);
    try {
      mkdirSync(path);
      return path;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
  }
}

// The lock of a folder ends with its process.
function removeAbandoned(directory: string, kind: string): void {
  const pattern = new RegExp(`^${kind}-\\d+\\.tmp$`);
  for (const name of readdirSync(directory)) {
    if (!pattern.test(name)) continue;
    const folder = join(directory, name);
    try {
      lockDirectory(join(folder, "lock")).release();
    } catch (error) {
      if (error instanceof StorageError) continue;
      throw error;
    }
    rmSync(folder, { recursive: true, force: true });
  }
}

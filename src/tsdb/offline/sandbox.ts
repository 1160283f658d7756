import { accessSync, constants } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger, systemClock } from "../../base/index.ts";
import type { Queryable } from "../../storage/index.ts";
import { openStore } from "../store.ts";
import { copyDirectory, requireDataDirectory } from "./copy.ts";
import { openScratchFolder } from "./scratch-folder.ts";

/** A store as it was at one moment, for reading. */
export interface StoreView extends Pick<Queryable, "select"> {
  /** Gives up the files behind it. Idempotent. */
  close(): Promise<void>;
}

/**
 * Opens a data directory for reading, also while a store runs on it: in a folder of its own with a copy of the log and
 * second names of the blocks. The folder is below `root`; without one below the directory, or among the temporary files
 * where that cannot be written. The log's samples are in memory then.
 * @throws StorageError
 */
export async function openStoreView(directory: string, root: string | undefined): Promise<StoreView> {
  requireDataDirectory(directory);
  const place = root ?? (isWritable(directory) ? directory : tmpdir());
  const folder = openScratchFolder(place, "sandbox");
  try {
    const copy = join(folder.path, "data");
    copyDirectory(directory, copy, { blocks: "link" });
    const store = await openStore({
      directory: copy,
      clock: systemClock,
      logger: silentLogger,
      retentionMs: 0,
      retentionBytes: 0,
      lock: false,
      hasWorker: false,
    });
    return {
      select: (request) => store.select(request),
      async close() {
        await store.close();
        folder.remove();
      },
    };
  } catch (error) {
    folder.remove();
    throw error;
  }
}

function isWritable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

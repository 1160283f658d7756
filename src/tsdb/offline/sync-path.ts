import { closeSync, fsyncSync, openSync } from "node:fs";

/** Makes a file, or the names in a folder, durable. @throws what the file system throws */
export function syncPath(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

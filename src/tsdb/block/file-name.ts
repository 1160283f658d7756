import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

const UNFINISHED = ".tmp";

/** What a block's file name says. */
export interface BlockFileName {
  readonly file: string;
  readonly from: number; // Millis.
  readonly to: number;
  readonly generation: number;
}

/** `<from>-<to>-<generation>.db`, times in ms. */
export function blockFileName(from: number, to: number, generation: number): string {
  return `${from}-${to}-${generation}.db`;
}

/** Undefined for a name that no block has. */
export function parseBlockFileName(file: string): BlockFileName | undefined {
  const match = /^(-?\d{1,16})-(-?\d{1,16})-(\d{1,15})\.db$/.exec(file);
  if (match === null) return undefined;
  return { file, from: Number(match[1]), to: Number(match[2]), generation: Number(match[3]) };
}

/** Name under which a block is written until it is complete. */
export function unfinishedName(file: string): string {
  return file + UNFINISHED;
}

/** The blocks in a directory by name, oldest first, and of the same start the first written first. */
export function listBlockFiles(directory: string): BlockFileName[] {
  const blocks: BlockFileName[] = [];
  for (const file of readdirSync(directory)) {
    const block = parseBlockFileName(file);
    if (block !== undefined) blocks.push(block);
  }
  return blocks.toSorted((a, b) => a.from - b.from || a.generation - b.generation);
}

/** Deletes what writing left behind when the process was killed; returns the names. Spec TSDB-46. */
export function removeUnfinishedBlocks(directory: string): string[] {
  const removed: string[] = [];
  for (const file of readdirSync(directory)) {
    // SQLite may leave a journal of its own beside the file.
    if (!/\.db\.tmp(-journal)?$/.test(file)) continue;
    rmSync(join(directory, file), { force: true });
    removed.push(file);
  }
  return removed;
}

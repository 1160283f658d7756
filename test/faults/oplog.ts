import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { CALL } from "./shim.ts";

// What a shim recorded, and the states that a folder may be in after the machine lost power, or the process its life,
// at some point of the record.

/** One call that changed the folder. Names are relative to it. */
export interface FileCall {
  readonly kind: number; // One of CALL.
  readonly name: string; // "": of the folder itself, or of a file that has none.
  readonly newName: string; // Of a rename or link; else "".
  readonly inode: string;
  readonly offset: number;
  readonly bytes: number; // Written, or the new size for a truncation.
  readonly data: Buffer; // Written; else empty.
  readonly timeMs: number;
  /** Its place among all changing calls, from 1; numbers of calls that failed are missing. */
  readonly number: number;
}

const HEADER_BYTES = 48;

/** Reads the record of the folder `directory`. */
export function parseRecord(record: Buffer, directory: string): FileCall[] {
  const calls: FileCall[] = [];
  let at = 0;
  while (at + HEADER_BYTES <= record.length) {
    const kind = record.readUInt32LE(at);
    const nameBytes = record.readUInt32LE(at + 4);
    const bytes = Number(record.readBigUInt64LE(at + 24));
    const nameAt = at + HEADER_BYTES;
    const dataAt = nameAt + nameBytes;
    const dataBytes = kind === CALL.write ? bytes : 0;
    const [name, newName = ""] = record.toString("utf8", nameAt, dataAt).split("\0");
    calls.push({
      kind,
      name: relative(directory, name!.replace(/ \(deleted\)$/, "")),
      newName: newName === "" ? "" : relative(directory, newName),
      inode: String(record.readBigUInt64LE(at + 8)),
      offset: Number(record.readBigUInt64LE(at + 16)),
      bytes,
      data: record.subarray(dataAt, dataAt + dataBytes),
      timeMs: Number(record.readBigUInt64LE(at + 32)) / 1e6,
      number: Number(record.readBigUInt64LE(at + 40)),
    });
    at = dataAt + dataBytes;
  }
  return calls;
}

/** A folder: what is at which name. Directories need no entry: they come with what is in them. */
export type Image = Map<string, Buffer>;

/** Writes an image to an empty or missing folder. */
export function writeImage(image: Image, folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of image) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
}

/** A file's bytes while calls are replayed; grows by doubling. */
class FileContent {
  #bytes = Buffer.alloc(0);
  #size = 0;

  write(offset: number, data: Uint8Array): void {
    this.truncate(Math.max(this.#size, offset + data.length));
    this.#bytes.set(data, offset);
  }

  truncate(size: number): void {
    if (size > this.#bytes.length) {
      const grown = Buffer.alloc(Math.max(size, 2 * this.#bytes.length));
      this.#bytes.copy(grown, 0, 0, this.#size);
      this.#bytes = grown;
    }
    if (size > this.#size) this.#bytes.fill(0, this.#size, size);
    this.#size = size;
  }

  copy(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#size));
  }
}

/** The folder as it is after the first calls of a record: what a killed process leaves. */
export class ReplayedFolder {
  readonly #calls: readonly FileCall[];
  readonly #contents = new Map<string, FileContent>(); // By number of the file, see #fileOf.
  readonly #names = new Map<string, string>(); // Name to number of the file.
  readonly #latest = new Map<string, string>(); // Inode to number of the file, as inodes are used again.
  #files = 0;
  #done = 0;

  constructor(calls: readonly FileCall[]) {
    this.#calls = calls;
  }

  /** Goes on to the state after `count` calls; never back. */
  advance(count: number): void {
    for (; this.#done < count; this.#done++) this.#apply(this.#calls[this.#done]!);
  }

  #apply(call: FileCall): void {
    switch (call.kind) {
      case CALL.create:
        this.#files++;
        this.#contents.set(String(this.#files), new FileContent());
        this.#latest.set(call.inode, String(this.#files));
        if (call.name !== "") this.#names.set(call.name, String(this.#files));
        break;
      case CALL.write:
        this.#contentOf(call).write(call.offset, call.data);
        break;
      case CALL.truncate:
        this.#contentOf(call).truncate(call.bytes);
        break;
      case CALL.rename:
        renameAll(this.#names, call.name, call.newName);
        break;
      case CALL.link:
        this.#names.set(call.newName, this.#names.get(call.name)!);
        break;
      case CALL.unlink:
        this.#names.delete(call.name);
        break;
      default:
        break; // Syncs change nothing here, directories are made as they are needed.
    }
  }

  #contentOf(call: FileCall): FileContent {
    const file = this.#latest.get(call.inode);
    if (file === undefined) throw new Error(`the record begins in the middle: ${call.name} was never made`);
    return this.#contents.get(file)!;
  }

  image(): Image {
    return new Map(Array.from(this.#names, ([name, file]) => [name, this.#contents.get(file)!.copy()]));
  }
}

// Renames a file, or a directory with all that is in it.
function renameAll(names: Map<string, string>, from: string, to: string): void {
  for (const [name, file] of names) {
    if (name !== from && !name.startsWith(`${from}/`)) continue;
    names.delete(name);
    names.set(to + name.slice(from.length), file);
  }
}

/** What the disk made of a call that no sync had made sure of. */
type Fate = "kept" | "dropped" | "torn" | "zeroed";

const SECTOR_BYTES = 512;
const PAGE_BYTES = 4096;

/**
 * A state that the folder may be in when the machine loses power after the first `cut` calls. What a sync had made sure
 * of is there: a file's bytes after a sync of the file, a name after a sync of its directory. Of the rest each write is
 * there, or not, or in part, and of a directory's names a first few.
 */
export function powerLossImage(calls: readonly FileCall[], cut: number, random: () => number): Image {
  const made = calls.slice(0, cut);
  const mode = random(); // All lost, all kept, and mixtures of them: all must do.
  const dropShare = mode < 0.25 ? 1 : mode < 0.35 ? 0 : random();
  const syncedUntil = lastSyncs(made);
  const namesUntil = namesKept(made, dropShare, random);
  const survivors: FileCall[] = [];
  for (const [index, call] of made.entries()) {
    if (call.kind === CALL.write || call.kind === CALL.truncate) {
      const isSafe = index < (syncedUntil.get(call.inode) ?? -1);
      const kept = isSafe ? call : afterFate(call, fateOf(dropShare, random), random);
      if (kept !== undefined) survivors.push(kept);
    } else if (index < (namesUntil.get(directoryOf(call)) ?? -1)) {
      survivors.push(call);
    } else if (call.kind === CALL.create) {
      survivors.push({ ...call, name: "" });
    }
  }
  const folder = new ReplayedFolder(survivors);
  folder.advance(survivors.length);
  return folder.image();
}

// Inode to index of the last sync of that file.
function lastSyncs(calls: readonly FileCall[]): Map<string, number> {
  const last = new Map<string, number>();
  for (const [index, call] of calls.entries()) if (call.kind === CALL.sync) last.set(call.inode, index);
  return last;
}

const NAME_KINDS: ReadonlySet<number> = new Set([
  CALL.create,
  CALL.rename,
  CALL.unlink,
  CALL.link,
  CALL.mkdir,
  CALL.rmdir,
]);

// A rename within one directory only is met here.
function directoryOf(call: FileCall): string {
  return dirname(call.newName === "" ? call.name : call.newName);
}

// Directory to index of the first change of its names that is lost.
function namesKept(calls: readonly FileCall[], dropShare: number, random: () => number): Map<string, number> {
  const synced = new Map<string, number>();
  for (const [index, call] of calls.entries()) {
    if (call.kind === CALL.sync) synced.set(call.name === "" ? "." : call.name, index);
  }
  const until = new Map<string, number>();
  for (const call of calls) {
    if (!NAME_KINDS.has(call.kind)) continue;
    const directory = directoryOf(call);
    if (until.has(directory)) continue;
    const safe = synced.get(directory) ?? 0;
    until.set(directory, Math.ceil(safe + (calls.length - safe) * (random() < dropShare ? random() : 1)));
  }
  return until;
}

function fateOf(dropShare: number, random: () => number): Fate {
  if (random() >= dropShare) return "kept";
  const kind = random();
  if (dropShare === 1 || kind < 0.6) return "dropped";
  return kind < 0.85 ? "torn" : "zeroed";
}

function afterFate(call: FileCall, fate: Fate, random: () => number): FileCall | undefined {
  if (fate === "kept") return call;
  if (fate === "dropped" || call.kind === CALL.truncate) return undefined;
  if (fate === "zeroed") return { ...call, data: Buffer.alloc(call.data.length) };
  const unit = random() < 0.5 ? SECTOR_BYTES : PAGE_BYTES;
  const end = Math.floor((random() * call.data.length) / unit) * unit;
  return end === 0 ? undefined : { ...call, data: call.data.subarray(0, end) };
}

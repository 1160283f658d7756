// What is handed to whoever writes head.db: groups of changes that are made as a whole, each named by numbers that the
// log gave out, so that making one again changes nothing more.

/** The part for definitions. */
export const DEFINITIONS = "definitions";

/** Records of the log, or definitions, as row `seq` of their table. */
export interface LogBlob {
  readonly part: string; // "definitions" or the name of a log part.
  readonly seq: number; // 1, 2, 3 … within the part.
  readonly records: Uint8Array; // Shared memory, never written again.
}

/** A deletion in the blocks up to a generation; the range is closed, in ms. */
export interface BlockDeletionRow {
  readonly id: number;
  readonly matchers: string; // JSON of Matcher[].
  readonly from: number;
  readonly to: number;
  readonly generation: number;
}

/** A change of the catalogue of blocks or of what the log covers. */
export type CatalogueChange =
  /** A block is about to be written: until it is added, its file is rubbish. */
  | { readonly kind: "announceBlock"; readonly file: string }
  | { readonly kind: "addBlock"; readonly file: string }
  /** A block counts no more: from now on its file is rubbish. */
  | { readonly kind: "discardBlock"; readonly file: string }
  /** There is no such file. */
  | { readonly kind: "removeBlock"; readonly file: string }
  | { readonly kind: "addDeletion"; readonly deletion: BlockDeletionRow }
  /** Deletions that apply to blocks of generations below `generation` only are forgotten. */
  | { readonly kind: "removeDeletionsBelow"; readonly generation: number }
  /** Blocks hold what is before `time` (ms). */
  | { readonly kind: "setHeadFrom"; readonly time: number }
  | { readonly kind: "dropParts"; readonly parts: readonly string[] };

/** Changes made together: first the definitions are emptied if so wanted, then come the blobs, then the changes. */
export interface Commit {
  readonly replacesDefinitions: boolean;
  readonly blobs: readonly LogBlob[];
  readonly changes: readonly CatalogueChange[];
}

/** Who writes head.db. Calls are carried out in the order made; each may be made again when it has failed. */
export interface LogSink {
  /** Resolves when the operating system has the commit. Rejects with StorageError when the disk does not take it. */
  commit(commit: Commit): Promise<void>;
  /** Resolves when all that was committed before the call is on the disk. */
  sync(): Promise<void>;
  /** Moves what lies in the WAL to the file. */
  checkpoint(): Promise<void>;
  /** After a failed sync: moves what can be read from the WAL to the file and begins a new one. */
  renew(): Promise<void>;
}

/** What a part of the log holds, besides definitions. */
export interface LogPart {
  readonly name: string; // Of its table: `<kind>_<number>`.
  /** Sealed rows and rows of a window; rows out of order of a generation; exemplars of a window. */
  readonly kind: "seals" | "log" | "late" | "exemplars";
  readonly number: number; // Start of the window in ms, or the generation.
}

/** The log part for rows of the window that starts at `start` (ms). */
export function windowPart(start: number): string {
  return `log_${start}`;
}

/** The log part for seals whose last row lies in the window that starts at `start` (ms). */
export function sealsPart(start: number): string {
  return `seals_${start}`;
}

/** What a part of the log holds, by its name; undefined for a name that none has. */
export function partNamed(name: string): LogPart | undefined {
  const match = /^(seals|log|late|exemplars)_(-?\d{1,16})$/.exec(name);
  if (match === null) return undefined;
  return { name, kind: match[1] as LogPart["kind"], number: Number(match[2]) };
}

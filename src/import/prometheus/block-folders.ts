import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { errorText } from "../../base/index.ts";
import { ImportError } from "../errors.ts";

/** What `meta.json` of a block says. */
export interface BlockFolder {
  readonly path: string;
  readonly ulid: string;
  readonly minTime: number; // Millis; the block spans [minTime, maxTime).
  readonly maxTime: number;
  readonly samples: number;
  readonly series: number;
  readonly level: number;
  /** Whether it holds nothing but samples that came out of order. */
  readonly isLate: boolean;
}

interface MetaJson {
  readonly version?: unknown;
  readonly ulid?: unknown;
  readonly minTime?: unknown;
  readonly maxTime?: unknown;
  readonly stats?: { readonly numSamples?: unknown; readonly numSeries?: unknown };
  readonly compaction?: {
    readonly level?: unknown;
    readonly hints?: readonly unknown[];
    readonly parents?: readonly { readonly ulid?: unknown }[];
  };
}

const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
const VERSION = 1;

/**
 * The blocks in a data directory of Prometheus, oldest first. Those from which another one was made are left out: a
 * Prometheus that was stopped between the two would delete them at its next start.
 * @throws ImportError when the directory or a `meta.json` cannot be read
 */
export function listBlockFolders(directory: string): BlockFolder[] {
  let names: string[];
  try {
    names = readdirSync(directory).filter((name) => ULID.test(name));
  } catch (error) {
    throw new ImportError(`${directory} cannot be read: ${errorText(error)}`, { cause: error });
  }
  const replaced = new Set<string>();
  const folders = names.map((name) => {
    const meta = readMeta(join(directory, name));
    for (const parent of meta.parents) replaced.add(parent);
    return meta.folder;
  });
  return folders
    .filter(({ ulid }) => !replaced.has(ulid))
    .toSorted((a, b) => a.minTime - b.minTime || a.maxTime - b.maxTime);
}

function readMeta(path: string): { readonly folder: BlockFolder; readonly parents: readonly string[] } {
  const file = join(path, "meta.json");
  let meta: MetaJson;
  try {
    meta = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new ImportError(
      `${file} cannot be read: ${errorText(error)}; moving the block away leaves it out`,
      { cause: error },
    );
  }
  const { version, ulid, minTime, maxTime } = meta;
  if (version !== VERSION) {
    throw new ImportError(`${file}: version is ${JSON.stringify(version)}, known is ${VERSION}`);
  }
  if (typeof ulid !== "string" || !isTime(minTime) || !isTime(maxTime) || minTime > maxTime) {
    throw new ImportError(`${file}: ulid, minTime and maxTime are not those of a block`);
  }
  const folder: BlockFolder = {
    path,
    ulid,
    minTime,
    maxTime,
    samples: Number(meta.stats?.numSamples ?? 0),
    series: Number(meta.stats?.numSeries ?? 0),
    level: Number(meta.compaction?.level ?? 1),
    isLate: meta.compaction?.hints?.includes("from-out-of-order") === true,
  };
  const parents = (meta.compaction?.parents ?? []).map((parent) => String(parent.ulid));
  return { folder, parents };
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

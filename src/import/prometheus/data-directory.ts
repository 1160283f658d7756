import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { BlockInput } from "../block-input.ts";
import { ImportError } from "../errors.ts";
import { transpose } from "../transpose.ts";
import { listBlockFolders, type BlockFolder } from "./block-folders.ts";
import { openBlockFolder } from "./block.ts";
import { surveyHead } from "./head.ts";

const BLOCK_MS = 2 * 3_600_000;

/** What a data directory of Prometheus holds. */
export interface PrometheusData {
  readonly directory: string;
  readonly blocks: readonly BlockFolder[]; // Oldest first.
  readonly hasHead: boolean;
}

/** One of our blocks to be, with the place it comes from. */
export interface NamedInput {
  readonly name: string;
  readonly input: BlockInput;
  readonly level: number; // How many merges it has behind it, plus one.
}

/** What was found while the inputs were read. */
export interface ImportFindings {
  /** Damaged parts of the write-ahead log, which were left out. */
  readonly damages: string[];
  unknownSamples: number; // Whose series no record of the log names.
}

/**
 * Looks at a data directory, or a snapshot, of Prometheus.
 * @throws ImportError when it is none
 */
export function openPrometheusData(directory: string): PrometheusData {
  if (!existsSync(directory)) throw new ImportError(`there is no directory ${directory}`);
  const blocks = listBlockFolders(directory);
  const hasHead = ["wal", "wbl"].some((name) => existsSync(join(directory, name)));
  if (blocks.length === 0 && !hasHead) {
    const found = readdirSync(directory).slice(0, 5).join(", ");
    throw new ImportError(
      `${directory} is no data directory of Prometheus: it has neither blocks nor a folder wal` +
        (found === "" ? "" : `, but ${found}`),
    );
  }
  return { directory, blocks, hasHead };
}

/** Whether some process holds the lock of a data directory; false where the system does not tell. */
export function isPrometheusRunning(directory: string): boolean {
  try {
    const { ino } = statSync(join(directory, "lock"));
    const locks = readFileSync("/proc/locks", "utf8");
    return locks.split("\n").some((line) => line.split(/\s+/).some((word) => word.endsWith(`:${ino}`)));
  } catch {
    // No lock file, or no such list on this system.
    return false;
  }
}

/**
 * The blocks, then what only the log holds, cut to two hours; each input is readable until the next is asked for.
 * @throws ImportError where a block is damaged
 */
export function* prometheusInputs(
  data: PrometheusData,
  options: { readonly head: boolean; readonly samplesMax: number },
  findings: ImportFindings,
): Generator<NamedInput> {
  for (const folder of data.blocks) {
    const open = openBlockFolder(folder);
    try {
      yield { name: folder.ulid, input: open.input, level: folder.level };
    } finally {
      open.close();
    }
  }
  if (!options.head || !data.hasHead) return;
  const head = surveyHead(data.directory, blocksEnd(data.blocks));
  if (head === undefined) return;
  findings.damages.push(...head.damages);
  findings.unknownSamples += head.unknownSamples;
  for (const input of transpose(head, { blockMs: BLOCK_MS, samplesMax: options.samplesMax })) {
    yield { name: "head", input, level: 1 };
  }
}

// Where the blocks that were cut from the head end. Those of late samples say nothing about it.
function blocksEnd(blocks: readonly BlockFolder[]): number {
  let end = -Infinity;
  for (const { maxTime, isLate } of blocks) if (!isLate) end = Math.max(end, maxTime);
  return end;
}

// A head.db whose database structure is damaged: what could be read becomes a block, the file is put aside and a new one
// is begun. Spec REL-5.

import { existsSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { errorText, type Logger } from "../../base/index.ts";
import { listBlockFiles, writeBlock } from "../block/index.ts";
import { headBlockSource } from "../head/block-source.ts";
import type { Head } from "../head/head.ts";
import { lateBlockSource } from "../late/block-source.ts";
import type { CatalogueChange } from "../log/commit.ts";
import { HeadDatabase, isDamage } from "../log/database.ts";
import type { SeriesDeletion } from "../log/definitions.ts";
import type { TimeRange } from "../query/run.ts";

/** Takes what was read from the damaged file, closes it and leaves a sound one in its place. */
export async function salvage(
  path: string,
  damaged: {
    readonly head: Head;
    readonly database: HeadDatabase | undefined;
    readonly replay: { readonly deletions: readonly SeriesDeletion[] };
  },
  logger: Logger,
): Promise<void> {
  const { head, database } = damaged;
  const headFrom = readable(logger, () => database?.headFrom());
  const deletions = readable(logger, () => database?.deletions()) ?? [];
  const blocks = join(path, "blocks");
  mkdirSync(blocks, { recursive: true });
  await writeHead(blocks, head, damaged.replay.deletions, headFrom ?? -Infinity);
  database?.close();
  const aside = putAside(path);
  logger.error("head.db is damaged; what could be read is in a block now", {
    aside,
    series: head.index.count,
  });
  const fresh = new HeadDatabase(join(path, "head.db"));
  const end = Math.max(headFrom ?? -Infinity, head.maxTime + 1);
  const changes: CatalogueChange[] = deletions.map((deletion) => ({ kind: "addDeletion", deletion }));
  if (Number.isFinite(end)) changes.push({ kind: "setHeadFrom", time: end });
  fresh.apply({ replacesDefinitions: false, blobs: [], changes });
  fresh.close();
}

async function writeHead(
  blocks: string,
  head: Head,
  deletions: readonly SeriesDeletion[],
  headFrom: number,
): Promise<void> {
  if (head.maxTime < headFrom || head.maxTime === -Infinity) return;
  const deleted = new Map<number, TimeRange[]>();
  for (const { series, from, to } of deletions) {
    deleted.set(series, [...(deleted.get(series) ?? []), { from, to }]);
  }
  const range = { from: Math.max(headFrom, head.minTime), to: head.maxTime + 1 };
  const first = Math.max(0, ...listBlockFiles(blocks).map((block) => block.generation)) + 1;
  await writeBlock(blocks, headBlockSource(head, range, deleted), {
    generation: first,
    level: 1,
  });
  // After the others: of two samples for one time the first written counts.
  let generation = first;
  for (const number of head.late.begin()) {
    const late = head.late.generation(number);
    for (const span of late === undefined ? [] : head.late.ranges(number, head.blockRangeMs)) {
      const source = lateBlockSource(head.index, late!, span, deleted);
      await writeBlock(blocks, source, { generation: ++generation, level: 1 });
    }
  }
}

// Undefined when it lies on a page that cannot be read.
function readable<Result>(logger: Logger, read: () => Result): Result | undefined {
  try {
    return read();
  } catch (error) {
    if (!isDamage(error)) throw error;
    logger.error("part of head.db is lost", { reason: errorText(error) });
    return undefined;
  }
}

// The first free name `head.db.corrupt-<number>`; the WAL goes along.
function putAside(path: string): string {
  let number = 1;
  while (existsSync(join(path, `head.db.corrupt-${number}`))) number++;
  const name = `head.db.corrupt-${number}`;
  for (const suffix of ["", "-wal", "-shm"]) {
    if (existsSync(join(path, `head.db${suffix}`))) {
      renameSync(join(path, `head.db${suffix}`), join(path, name + suffix));
    }
  }
  return name;
}

import { join } from "node:path";
import { errorText } from "../../base/index.ts";
import type { CompiledMatcher } from "../../model/index.ts";
import type { Selection } from "../../storage/index.ts";
import { openBlock, type BlockMeta } from "../block/index.ts";
import { StorageError } from "../errors.ts";
import { catalogueFiles, requireDataDirectory } from "./copy.ts";

/** The headers of the blocks in a data directory, by the start of their range. @throws StorageError */
export function listBlocks(directory: string): BlockMeta[] {
  requireDataDirectory(directory);
  const blocks = join(directory, "blocks");
  return catalogueFiles(blocks, join(directory, "head.db"))
    .files.map((file) => {
      const reader = openBlock(join(blocks, file));
      reader.close();
      return reader.meta;
    })
    .toSorted((a, b) => a.from - b.from || a.generation - b.generation);
}

/** All series of one block that pass the matchers. To be closed. @throws StorageError where a page is damaged */
export function selectBlock(
  directory: string,
  file: string,
  matchers: readonly CompiledMatcher[],
): Selection {
  const reader = openBlock(join(directory, "blocks", file), {
    onDamage: ({ page, reason }) => {
      throw new StorageError(`page ${page} of block ${file} is damaged: ${errorText(reason)}`);
    },
  });
  const selection = reader.select(matchers, reader.meta.minTime, reader.meta.maxTime);
  // It goes when the selection does.
  reader.close();
  return selection;
}

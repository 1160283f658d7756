// Coming with the same commit series: openBlock(path, options?: OpenBlockOptions): BlockReader,
// writeBlock(directory, source, options: WriteBlockOptions): Promise<BlockMeta | undefined> (undefined: no samples),
// mergeBlocks(directory, readers, options: WriteBlockOptions): Promise<BlockMeta | undefined> (readers first-written
// first; deletions set on them are applied, so rewriting one block is merging just it).
export type * from "./contract.ts";

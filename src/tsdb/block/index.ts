export type * from "./contract.ts";
export { BlockReadError, BlockWriteError, DamagedBlockError, UnsupportedBlockError } from "./errors.ts";
export { blockFileName, listBlockFiles, removeUnfinishedBlocks, type BlockFileName } from "./file-name.ts";
export { mergeBlocks } from "./merge.ts";
export { CacheBudget } from "./page-cache.ts";
export { openBlock } from "./reader.ts";
export { writeBlock } from "./write.ts";

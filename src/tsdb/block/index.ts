export type * from "./contract.ts";
export { BlockReadError, BlockWriteError, DamagedBlockError, UnsupportedBlockError } from "./errors.ts";
export {
  blockFileName,
  listBlockFiles,
  parseBlockFileName,
  removeUnfinishedBlocks,
  type BlockFileName,
} from "./file-name.ts";
export { mergeBlocks } from "./merge.ts";
export { missingBlockSelection } from "./missing.ts";
export { CacheBudget } from "./page-cache.ts";
export { openBlock } from "./reader.ts";
export { writeBlock } from "./write.ts";

import type { StoreTools } from "./cli/index.ts";
import {
  beginBlockImport,
  listBlocks,
  openStoreView,
  restoreBackup,
  selectBlock,
  verifyDirectory,
  writeBackup,
} from "./tsdb/index.ts";

/** What the commands on data directories are given. */
export const STORE_TOOLS: StoreTools = {
  beginImport: beginBlockImport,
  list: listBlocks,
  openView: openStoreView,
  selectBlock,
  verify: verifyDirectory,
  backup: writeBackup,
  restore: restoreBackup,
};

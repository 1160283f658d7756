export { StorageError } from "./errors.ts";
export type { StoreOptions } from "./options.ts";
export { openStore } from "./store.ts";
export { restoreBackup, writeBackup } from "./offline/backup.ts";
export { beginBlockImport } from "./offline/block-import.ts";
export { listBlocks, selectBlock } from "./offline/list.ts";
export { openStoreView } from "./offline/sandbox.ts";
export { verifyDirectory } from "./offline/verify.ts";

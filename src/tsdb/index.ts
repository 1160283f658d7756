export { StorageError } from "./errors.ts";
export type { StoreOptions } from "./options.ts";
export { openStore } from "./store.ts";

export { openStore, type StoreOptions } from "./store.ts";

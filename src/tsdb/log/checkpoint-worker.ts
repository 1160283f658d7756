// Runs in a thread of its own: moves what lies in the WAL of a database to its file, which takes syncs.
import { workerData } from "node:worker_threads";
import Database from "better-sqlite3";

const database = new Database(String(workerData), { timeout: 1000 });
database.pragma("synchronous = NORMAL");
database.pragma("wal_checkpoint(PASSIVE)");
database.close();

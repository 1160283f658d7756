import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  realpathSync,
  renameSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// Drives shim.c, which must be told of by name: the numbers of the kinds of calls and the order of the counters.

/** Kinds of calls on the watched folder. */
export const CALL = {
  write: 0,
  sync: 1,
  read: 2,
  create: 3,
  truncate: 4,
  rename: 5,
  unlink: 6,
  link: 7,
  mkdir: 8,
  rmdir: 9,
} as const;
export type CallKind = keyof typeof CALL;

export const KILL_BEFORE = 0;
export const KILL_AFTER = 1;
/** Half of what the call writes is written. */
export const KILL_WITHIN = 2;

/** Numbers of errors that a disk gives. */
export const ERRNO = { EIO: 5, EFBIG: 27, ENOSPC: 28 } as const;

const FIELDS = [
  "calls",
  "writes",
  "syncs",
  "reads",
  "kill_at",
  "kill_mode",
  "fail_kinds",
  "fail_errno",
  "fail_skip",
  "fail_count",
  "failed",
] as const;
type Field = (typeof FIELDS)[number];

/** The compiled shim, or why there is none here. Compiled once for each version of its source. */
export function buildShim(): { readonly library: string } | { readonly missing: string } {
  if (process.platform !== "linux") return { missing: "the fault shim needs Linux" };
  const source = join(import.meta.dirname, "shim.c");
  const hash = createHash("sha256").update(readFileSync(source)).digest("hex").slice(0, 16);
  const library = join(tmpdir(), `narthex-fault-shim-${hash}.so`);
  if (existsSync(library)) return { library };
  const unfinished = `${library}.${process.pid}`;
  const compiler = spawnSync(
    process.env["CC"] ?? "cc",
    ["-O1", "-shared", "-fPIC", "-o", unfinished, source, "-ldl", "-lpthread"],
    {
      encoding: "utf8",
    },
  );
  if (compiler.error !== undefined) return { missing: "there is no C compiler (cc) to build the fault shim" };
  if (compiler.status !== 0) throw new Error(`the fault shim does not compile:\n${compiler.stderr}`);
  renameSync(unfinished, library);
  return { library };
}

/** What the failing calls are told. */
export interface Fault {
  readonly kinds: readonly CallKind[];
  readonly errno: number;
  /** So many calls of these kinds still succeed. Default 0. */
  readonly skip?: number;
  /** So many fail. Default: all until `heal`. */
  readonly count?: number;
}

/** One shim at work: `env` starts a program under it, the methods steer it while the program runs. */
export class FaultShim {
  readonly env: Readonly<Record<string, string>>;
  readonly #control: number; // File descriptor.
  readonly #cell = new BigInt64Array(1);

  /** Watches `directory`, which is made when it is missing; `scratch` takes the control file. */
  constructor(options: {
    readonly library: string;
    readonly directory: string;
    readonly scratch: string;
    /** Where all calls are recorded; undefined: nowhere. */
    readonly record?: string;
  }) {
    mkdirSync(options.directory, { recursive: true });
    const path = join(options.scratch, "fault-control");
    writeFileSync(path, Buffer.alloc(FIELDS.length * 8));
    this.#control = openSync(path, "r+");
    this.env = {
      LD_PRELOAD: options.library,
      FAULT_DIR: realpathSync(options.directory),
      FAULT_CONTROL: path,
      UV_USE_IO_URING: "0", // Its calls would pass the shim by.
      ...(options.record === undefined ? {} : { FAULT_RECORD: options.record }),
    };
  }

  read(field: Field): number {
    readSync(this.#control, new Uint8Array(this.#cell.buffer), 0, 8, FIELDS.indexOf(field) * 8);
    return Number(this.#cell[0]!);
  }

  #write(field: Field, value: number): void {
    this.#cell[0] = BigInt(value);
    writeSync(this.#control, new Uint8Array(this.#cell.buffer), 0, 8, FIELDS.indexOf(field) * 8);
  }

  /** Ends the process at changing call `call` (from 1, counted since the start); mode: KILL_BEFORE and so on. */
  killAt(call: number, mode: number): void {
    this.#write("kill_mode", mode);
    this.#write("kill_at", call);
  }

  /** From now on calls fail. */
  fail({ kinds, errno, skip = 0, count = -1 }: Fault): void {
    this.heal();
    this.#write("failed", 0);
    this.#write("fail_errno", errno);
    this.#write("fail_skip", skip);
    this.#write("fail_count", count);
    let mask = 0;
    for (const kind of kinds) mask |= 1 << CALL[kind];
    this.#write("fail_kinds", mask);
  }

  /** From now on calls succeed. */
  heal(): void {
    this.#write("fail_kinds", 0);
  }

  close(): void {
    closeSync(this.#control);
  }
}

/** Counts of changing calls, read from inside a program under a shim. Undefined without one. */
export function callsSoFar(environment: Readonly<Record<string, string | undefined>>): () => number {
  const path = environment["FAULT_CONTROL"];
  if (path === undefined) return () => 0;
  const file = openSync(path, "r");
  const cell = new BigInt64Array(1);
  return () => {
    readSync(file, new Uint8Array(cell.buffer), 0, 8, 0);
    return Number(cell[0]!);
  };
}

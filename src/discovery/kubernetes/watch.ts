import { errorText, sleep, type Clock, type Logger } from "../../base/index.ts";
import { parseWrittenUrl, type HttpClient } from "../../net/index.ts";
import { KubernetesError } from "./connection.ts";
import { keyOf, type KubernetesObject } from "./objects.ts";

const PAGE_OBJECTS = 500;
const BODY_BYTES_MAX = 256 * 2 ** 20;
const LINE_BYTES_MAX = 64 * 2 ** 20;
const REQUEST_MS = 60_000;
// A server ends a watch after this time, and it is begun anew where it ended.
const WATCH_SECONDS = 300;
const RETRY_MIN_MS = 1000;
const RETRY_MAX_MS = 30_000;

export interface WatchOptions {
  readonly client: HttpClient;
  readonly server: string;
  readonly path: string; // E.g. `/api/v1/pods`.
  readonly labelSelector: string;
  readonly fieldSelector: string;
  readonly userAgent: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly failed: () => void;
  /** An object came, changed or went; not called before `synced`. */
  readonly changed: (key: string) => void;
}

interface WatchEvent {
  readonly type: string;
  readonly object: KubernetesObject & { readonly code?: number; readonly message?: string };
}

interface ObjectList {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items?: readonly KubernetesObject[] | null;
}

/** The version that a watch began at is too old for the server: everything has to be listed anew. */
class ExpiredError extends KubernetesError {}

/**
 * Keeps a copy of all objects of one kind: lists them, then follows the changes. After a break it goes on where it was,
 * or lists anew when the server has forgotten that (410 Gone). Failures keep the copy.
 */
export class ObjectWatch<Kind extends KubernetesObject> {
  readonly objects: Map<string, Kind> = new Map();
  readonly #options: WatchOptions;
  readonly #synced = Promise.withResolvers<void>();
  #isSynced = false;
  #version = ""; // "": to be listed.

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** Resolves when the first list is there. */
  get synced(): Promise<void> {
    return this.#synced.promise;
  }

  /** Works until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { logger, path } = this.#options;
    let pauseMs = RETRY_MIN_MS;
    while (!signal.aborted) {
      try {
        if (this.#version === "") await this.#list(signal);
        await this.#follow(signal);
        if (pauseMs > RETRY_MIN_MS) logger.info("Kubernetes discovery works again", { path });
        pauseMs = RETRY_MIN_MS;
        // The end of a watch is no failure, but a server that ends each one at once is not to be stormed.
        await this.#pause(100, signal);
      } catch (error) {
        if (signal.aborted) break;
        if (error instanceof ExpiredError) {
          this.#version = "";
          continue;
        }
        this.#options.failed();
        if (pauseMs === RETRY_MIN_MS) {
          logger.error("Kubernetes discovery failed; the last targets stay", {
            path,
            error: errorText(error),
          });
        }
        await this.#pause(pauseMs, signal);
        pauseMs = Math.min(2 * pauseMs, RETRY_MAX_MS);
      }
    }
    this.#synced.resolve();
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    await sleep(this.#options.clock, ms, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }

  async #list(signal: AbortSignal): Promise<void> {
    const found = new Map<string, Kind>();
    let version = "";
    let next = "";
    do {
      const page = await this.#page(next, signal);
      for (const object of page.items ?? []) found.set(keyOf(object), object as Kind);
      version = page.metadata?.resourceVersion ?? "";
      next = page.metadata?.continue ?? "";
    } while (next !== "");
    const gone = [...this.objects.keys()].filter((key) => !found.has(key));
    for (const key of gone) this.#forget(key);
    for (const [key, object] of found) {
      const isSame = this.objects.get(key)?.metadata.resourceVersion === object.metadata.resourceVersion;
      this.objects.set(key, object);
      if (this.#isSynced && !(isSame && object.metadata.resourceVersion !== undefined))
        this.#options.changed(key);
    }
    this.#version = version;
    this.#isSynced = true;
    this.#synced.resolve();
  }

  async #page(next: string, signal: AbortSignal): Promise<ObjectList> {
    const query = this.#query({ limit: String(PAGE_OBJECTS), ...(next === "" ? {} : { continue: next }) });
    const response = await this.#options.client.fetch({
      ...this.#request(query, signal),
      maxBodyBytes: BODY_BYTES_MAX,
    });
    const text = response.body.toString("utf8");
    if (response.status === 410) throw new ExpiredError("the list has expired");
    if (response.status !== 200) throw statusError(this.#options.path, response, text);
    return parseObject(text) as ObjectList;
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const query = this.#query({
      watch: "true",
      allowWatchBookmarks: "true",
      resourceVersion: this.#version,
      timeoutSeconds: String(WATCH_SECONDS),
    });
    const response = await this.#options.client.stream(this.#request(query, signal));
    if (response.status !== 200) {
      const pieces: Buffer[] = [];
      for await (const piece of response.body) pieces.push(piece);
      if (response.status === 410) throw new ExpiredError("the watch has expired");
      throw statusError(this.#options.path, response, Buffer.concat(pieces).toString("utf8"));
    }
    for await (const line of linesOf(response.body)) this.#apply(parseObject(line) as WatchEvent);
  }

  #apply({ type, object }: WatchEvent): void {
    if (type === "ERROR") {
      if (object.code === 410) throw new ExpiredError("the watch has expired");
      throw new KubernetesError(`${this.#options.path}: ${object.message ?? "the watch failed"}`);
    }
    this.#version = object.metadata.resourceVersion ?? this.#version;
    const key = keyOf(object);
    if (type === "DELETED") this.#forget(key);
    else if (type === "ADDED" || type === "MODIFIED") {
      this.objects.set(key, object as Kind);
      this.#options.changed(key);
    }
  }

  #forget(key: string): void {
    if (this.objects.delete(key)) this.#options.changed(key);
  }

  #query(more: Readonly<Record<string, string>>): string {
    const { labelSelector, fieldSelector } = this.#options;
    const query = new URLSearchParams(more);
    if (labelSelector !== "") query.set("labelSelector", labelSelector);
    if (fieldSelector !== "") query.set("fieldSelector", fieldSelector);
    return query.toString();
  }

  #request(query: string, signal: AbortSignal) {
    const { server, path, userAgent } = this.#options;
    return {
      url: parseWrittenUrl(`${server}${path}?${query}`),
      headers: { accept: "application/json", "user-agent": userAgent },
      deadlineMs: REQUEST_MS,
      signal,
    };
  }
}

async function* linesOf(body: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let pending: Buffer[] = [];
  let bytes = 0;
  for await (const piece of body) {
    let from = 0;
    for (let end = piece.indexOf(10); end >= 0; end = piece.indexOf(10, from)) {
      pending.push(piece.subarray(from, end));
      const line = Buffer.concat(pending).toString("utf8");
      pending = [];
      bytes = 0;
      from = end + 1;
      if (line.trim() !== "") yield line;
    }
    pending.push(piece.subarray(from));
    bytes += piece.length - from;
    if (bytes > LINE_BYTES_MAX) throw new KubernetesError(`an object of over ${LINE_BYTES_MAX} bytes`);
  }
}

function parseObject(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new KubernetesError("the answer is not JSON", { cause: error });
  }
}

function statusError(
  path: string,
  { status, statusText }: { readonly status: number; readonly statusText: string },
  body: string,
): KubernetesError {
  return new KubernetesError(`${path}: status ${status} ${statusText}: ${body.slice(0, 300)}`);
}

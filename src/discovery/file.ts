import { existsSync, readdirSync, watch, type FSWatcher } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { errorText, type Clock, type Logger, type Timer } from "../base/index.ts";
import { matchFiles, parseTargetList, type FileSdConfig } from "../config/index.ts";
import { labelsFromRecord, labelsToRecord, type TargetGroup } from "../model/index.ts";
import type { DiscoveryCounters } from "./counters.ts";
import type { Discoverer } from "./discoverer.ts";
import { emptied } from "./polling.ts";
import { parseTargetJson, TargetListError, type ListedGroup } from "./target-json.ts";

// An editor or a generator writes a file in several steps; the files are read when there was none for this long.
const SETTLE_MS = 100;
const FILE_BYTES_MAX = 64 * 2 ** 20;

export interface FileDiscoveryOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly counters: DiscoveryCounters;
}

/**
 * Reads lists of target groups from files, again on the interval and as soon as one of them changes. A file that cannot
 * be read keeps its last groups; one that is gone loses them. Source: spec SD-10 to SD-14.
 */
export function createFileDiscoverer(config: FileSdConfig, options: FileDiscoveryOptions): Discoverer {
  return { run: (deliver, signal) => new FileWatch(config, options, deliver).run(signal) };
}

class FileWatch {
  readonly #config: FileSdConfig;
  readonly #options: FileDiscoveryOptions;
  readonly #deliver: (groups: readonly TargetGroup[]) => void;
  readonly #sources = new Map<string, Set<string>>(); // Delivered ones, by file.
  readonly #watchers = new Map<string, FSWatcher>(); // By directory.
  readonly #failing = new Set<string>(); // Files.
  #wake: () => void = () => undefined;
  #timer: Timer | undefined;
  #settling: Timer | undefined;

  constructor(
    config: FileSdConfig,
    options: FileDiscoveryOptions,
    deliver: (groups: readonly TargetGroup[]) => void,
  ) {
    this.#config = config;
    this.#options = options;
    this.#deliver = deliver;
  }

  async run(signal: AbortSignal): Promise<void> {
    const stop = (): void => this.#wake();
    signal.addEventListener("abort", stop, { once: true });
    while (!signal.aborted) {
      // Watching before reading: what changes while it is read is read again.
      this.#watchDirectories();
      const woken = new Promise<void>((resolve) => (this.#wake = resolve));
      await this.#refresh();
      if (signal.aborted) break;
      const { refreshIntervalMs } = this.#config;
      if (refreshIntervalMs > 0)
        this.#timer = this.#options.clock.after(refreshIntervalMs, () => this.#wake());
      await woken;
      this.#timer?.cancel();
    }
    this.#settling?.cancel();
    for (const watcher of this.#watchers.values()) watcher.close();
  }

  async #refresh(): Promise<void> {
    const files = new Set(this.#config.files.flatMap((pattern) => this.#match(pattern)));
    const groups = (await Promise.all([...files].map((file) => this.#readFile(file)))).flat();
    for (const [file, sources] of this.#sources) {
      if (files.has(file)) continue;
      groups.push(...emptied(sources, new Set()));
      this.#sources.delete(file);
      this.#failing.delete(file);
    }
    if (groups.length > 0) this.#deliver(groups);
  }

  // Files of a directory that cannot be listed are those that were there.
  #match(pattern: string): string[] {
    const directory = path.dirname(pattern);
    try {
      const files = matchFiles(pattern, listDirectory);
      this.#failing.delete(directory);
      return files;
    } catch (error) {
      this.#options.counters.fileReadErrors++;
      this.#warnOnce(directory, "directory of target files cannot be listed", error);
      return [...this.#sources.keys()].filter((file) => path.dirname(file) === directory);
    }
  }

  #warnOnce(place: string, message: string, error: unknown): void {
    if (!this.#failing.has(place)) {
      const text = errorText(error).replaceAll(/\n\s*/g, "; ");
      this.#options.logger.error(message, { path: place, error: text });
    }
    this.#failing.add(place);
  }

  async #readFile(file: string): Promise<TargetGroup[]> {
    const { logger, counters } = this.#options;
    try {
      const groups = groupsOf(file, await parseFile(file));
      const sources = new Set(groups.map(({ source }) => source));
      const gone = emptied(this.#sources.get(file) ?? new Set(), sources);
      this.#sources.set(file, sources);
      if (this.#failing.delete(file)) logger.info("file of targets is read again", { file });
      return [...groups, ...gone];
    } catch (error) {
      counters.fileReadErrors++;
      this.#warnOnce(file, "file of targets cannot be read; its last targets stay", error);
      return [];
    }
  }

  #watchDirectories(): void {
    const directories = new Set(this.#config.files.map((pattern) => path.dirname(pattern)));
    for (const directory of directories) {
      if (this.#watchers.has(directory)) continue;
      try {
        const watcher = watch(directory, { persistent: false }, (_event, name) => this.#noteChange(name));
        // The directory itself went away; it is looked for again with the next refresh.
        watcher.on("error", () => this.#unwatch(directory));
        this.#watchers.set(directory, watcher);
      } catch (error) {
        this.#warnOnce(directory, "directory of target files cannot be watched", error);
      }
    }
  }

  #unwatch(directory: string): void {
    this.#watchers.get(directory)?.close();
    this.#watchers.delete(directory);
  }

  // Other files of the directory, such as a log, are none of our business.
  #noteChange(name: string | null): void {
    if (name !== null && !this.#config.files.some((pattern) => mayMatch(pattern, name))) return;
    this.#settling ??= this.#options.clock.after(SETTLE_MS, () => {
      this.#settling = undefined;
      this.#wake();
    });
  }
}

function mayMatch(pattern: string, name: string): boolean {
  return path.extname(name) === path.extname(pattern);
}

async function parseFile(file: string): Promise<readonly ListedGroup[]> {
  const bytes = await readFile(file);
  if (bytes.length > FILE_BYTES_MAX) {
    throw new TargetListError(`the file has ${bytes.length} bytes, accepted are ${FILE_BYTES_MAX}`);
  }
  const text = bytes.toString("utf8");
  return path.extname(file).toLowerCase() === ".json" ? parseTargetJson(text) : parseTargetList(file, text);
}

function groupsOf(file: string, listed: readonly ListedGroup[]): TargetGroup[] {
  return listed.map(({ targets, labels }, index) => ({
    source: `${file}:${index}`,
    labels: labelsFromRecord({ ...labelsToRecord(labels), __meta_filepath: file }),
    targets: targets.map((address) => labelsFromRecord({ __address__: address })),
  }));
}

// A directory that is not there holds no files. @throws the file system's error for one that cannot be read.
function listDirectory(directory: string): readonly string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}

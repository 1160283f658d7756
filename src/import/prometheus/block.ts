import { join } from "node:path";
import { millis } from "../../model/index.ts";
import type { BlockInput, InputColumn } from "../block-input.ts";
import { SampleBuffer } from "../sample-buffer.ts";
import { Timelines } from "../timelines.ts";
import type { BlockFolder } from "./block-folders.ts";
import { ChunkFiles } from "./chunk-files.ts";
import { IndexFile } from "./index-file.ts";
import { readTombstones } from "./tombstones.ts";

// Labels that name a source of samples; series that share them mostly share their times.
const SOURCE_LABELS = new Set(["instance", "job"]);

/** A block of Prometheus as input of one of ours. */
export interface OpenBlockFolder {
  readonly input: BlockInput;
  close(): void;
}

/** Opens a block and reads through its index; samples are read series by series. @throws ImportError */
export function openBlockFolder(folder: BlockFolder): OpenBlockFolder {
  const index = new IndexFile(join(folder.path, "index"));
  let chunks: ChunkFiles | undefined;
  try {
    const files = (chunks = new ChunkFiles(join(folder.path, "chunks")));
    const input = blockInput(folder, index, files);
    return {
      input,
      close() {
        index.close();
        files.close();
      },
    };
  } catch (error) {
    index.close();
    chunks?.close();
    throw error;
  }
}

function blockInput(folder: BlockFolder, index: IndexFile, chunks: ChunkFiles): BlockInput {
  const deleted = readTombstones(join(folder.path, "tombstones"));
  const { labelsMax, from, to } = survey(folder, index);
  const samples = new SampleBuffer();
  const timelines = new Timelines();
  const labels = new Uint32Array(2 * labelsMax);
  const isSource = index.symbols.map((text) => SOURCE_LABELS.has(text));
  return {
    from: millis(from),
    to: millis(to),
    seriesCount: index.references.length,
    symbolCount: index.symbols.length,
    symbol: (id) => index.symbols[id]!,
    labelsMax,
    labelSymbols: (series, into) => index.labelSymbols(series, into),
    timelineCount: index.references.length,
    timeline: () => timelines.times(),
    read(series: number, into: InputColumn): void {
      samples.clear();
      for (const { reference } of index.chunks(series)) chunks.readInto(reference, samples);
      samples.sort();
      const ranges = deleted.get(index.references[series]!);
      if (ranges !== undefined) samples.drop(ranges);
      into.count = 0;
      if (samples.count === 0) return;
      const count = index.labelSymbols(series, labels);
      let source = "";
      for (let i = 0; i < count; i += 2) if (isSource[labels[i]!]!) source += `${labels[i + 1]!} `;
      timelines.place(samples, source, into);
    },
  };
}

// Reads all entries of the index: how many labels series have, and the range of their chunks.
function survey(
  folder: BlockFolder,
  index: IndexFile,
): { readonly labelsMax: number; readonly from: number; readonly to: number } {
  let labelsMax = 0;
  let from = folder.minTime;
  let to = folder.maxTime;
  for (let series = 0; series < index.references.length; series++) {
    labelsMax = Math.max(labelsMax, index.labelCount(series));
    for (const chunk of index.chunks(series)) {
      from = Math.min(from, chunk.from);
      to = Math.max(to, chunk.to + 1);
    }
  }
  return { labelsMax, from, to };
}

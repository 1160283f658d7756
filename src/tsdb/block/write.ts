import { join } from "node:path";
import { millis } from "../../model/index.ts";
import type { BlockMeta, BlockSource, WriteBlockOptions } from "./contract.ts";
import { BlockFileWriter } from "./file.ts";
import { blockFileName } from "./file-name.ts";
import { writeHeader, type BlockHeader } from "./header.ts";
import { writeColumns } from "./write-columns.ts";
import { writeIndex } from "./write-index.ts";
import { orderSeries, rankSymbols } from "./write-order.ts";

/**
 * Writes all samples of `source` as one block file into `directory`. When the promise resolves, the file has its
 * final name and is durable; undefined: there are no samples and no file.
 * @throws BlockWriteError when the disk or the system fails; nothing is left behind then.
 */
export async function writeBlock(
  directory: string,
  source: BlockSource,
  options: WriteBlockOptions,
): Promise<BlockMeta | undefined> {
  const { generation, level, compact = level > 1, breathe } = options;
  const file = blockFileName(source.from, source.to, generation);
  const writer = new BlockFileWriter(join(directory, file), compact);
  try {
    const symbols = await rankSymbols(source, breathe);
    const order = await orderSeries(source, symbols, breathe);
    const columns = await writeColumns(source, order, writer, breathe);
    if (columns.sampleCount === 0) {
      writer.discard();
      return undefined;
    }
    await writeIndex({ source, columns, symbols, breathe }, writer);
    const header: BlockHeader = {
      from: source.from,
      to: source.to,
      minTime: millis(columns.minTime),
      maxTime: millis(columns.maxTime),
      generation,
      level,
      seriesCount: columns.series.length,
      sampleCount: columns.sampleCount,
      histogramCount: columns.histogramCount,
      timelineCount: columns.timelineCount,
    };
    writer.write("header", 0, writeHeader(header));
    const fileBytes = writer.commit();
    const { timelineCount: _, ...meta } = header;
    return { ...meta, file, fileBytes };
  } catch (thrown) {
    writer.discard();
    throw thrown;
  }
}

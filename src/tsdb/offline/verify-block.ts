import { basename } from "node:path";
import Database from "better-sqlite3";
import { errorText, MalformedBytesError } from "../../base/index.ts";
import {
  bitsOf,
  compareLabels,
  compareText,
  isAbsentAt,
  labelsText,
  labelValue,
  METRIC_NAME,
  type Labels,
} from "../../model/index.ts";
import { openBlock, type BlockColumn, type BlockReader } from "../block/index.ts";
import { openPage } from "../block/page.ts";

/** What was read of a block. */
export interface BlockFindings {
  readonly pages: number;
  readonly series: number;
  readonly samples: number;
}

/** Reads a whole block: every page's checksum, every series and sample, their order and their counts. */
export function verifyBlock(path: string, onDamage: (reason: string) => void): BlockFindings {
  const file = basename(path);
  const report = (reason: string): void => onDamage(`${file}: ${reason}`);
  let pages = 0;
  try {
    pages = verifyPages(path, report);
  } catch (error) {
    report(`the database cannot be read: ${errorText(error)}`);
  }
  let reader: BlockReader;
  try {
    reader = openBlock(path, { onDamage: ({ page, reason }) => report(`page ${page}: ${reason}`) });
  } catch (error) {
    report(errorText(error));
    return { pages, series: 0, samples: 0 };
  }
  try {
    return { pages, ...verifySeries(reader, report) };
  } catch (error) {
    report(errorText(error));
    return { pages, series: 0, samples: 0 };
  } finally {
    reader.close();
  }
}

// Pages that nothing refers to any more, or that were lost, are noticed by reading through the index.
function verifyPages(path: string, report: (reason: string) => void): number {
  const database = new Database(path, { readonly: true, fileMustExist: true });
  let pages = 0;
  try {
    for (const table of ["page", "column_page"]) {
      const select = database.prepare<[], { id: number; body: Buffer }>(`SELECT id, body FROM ${table}`);
      for (const { id, body } of select.iterate()) {
        pages++;
        try {
          openPage(id, body);
        } catch (error) {
          if (!(error instanceof MalformedBytesError)) throw error;
          report(`page ${id} of table ${table}: ${error.message}`);
        }
      }
    }
    return pages;
  } finally {
    database.close();
  }
}

function verifySeries(
  reader: BlockReader,
  report: (reason: string) => void,
): { readonly series: number; readonly samples: number } {
  const { meta } = reader;
  for (const { name, value } of reader.pairs()) {
    if (value === undefined) report(`a value of label ${name} is lost`);
  }
  const selection = reader.select([], meta.minTime, meta.maxTime);
  const column: BlockColumn = {
    timeline: -1,
    count: 0,
    times: new Float64Array(0),
    values: new Float64Array(0),
    histograms: undefined,
  };
  let samples = 0;
  let histograms = 0;
  let previous: Labels | undefined;
  try {
    for (let index = 0; index < selection.seriesCount; index++) {
      const labels = selection.labels(index);
      if (previous !== undefined && compareSeries(previous, labels) >= 0) {
        report(`series ${labelsText(labels)} is out of order`);
      }
      previous = labels;
      selection.readColumn(index, column);
      const counts = verifyColumn(column, (reason) => report(`series ${labelsText(labels)}: ${reason}`));
      samples += counts.samples;
      histograms += counts.histograms;
    }
  } finally {
    selection.close();
  }
  const { seriesCount: series } = selection;
  for (const [what, found, expected] of [
    ["series", series, meta.seriesCount],
    ["samples", samples, meta.sampleCount],
    ["histograms", histograms, meta.histogramCount],
  ] as const) {
    if (found !== expected) report(`${found} ${what} can be read, its header counts ${expected}`);
  }
  return { series, samples };
}

// The order of series in a block.
function compareSeries(a: Labels, b: Labels): number {
  return compareText(labelValue(a, METRIC_NAME), labelValue(b, METRIC_NAME)) || compareLabels(a, b);
}

function verifyColumn(
  column: BlockColumn,
  report: (reason: string) => void,
): { readonly samples: number; readonly histograms: number } {
  const bits = bitsOf(column.values);
  let samples = 0;
  let histograms = 0;
  for (let row = 0; row < column.count; row++) {
    if (row > 0 && !(column.times[row]! > column.times[row - 1]!))
      report(`times do not ascend at row ${row}`);
    if (column.histograms?.[row] !== undefined) histograms++;
    else if (isAbsentAt(bits, row)) continue;
    samples++;
  }
  return { samples, histograms };
}

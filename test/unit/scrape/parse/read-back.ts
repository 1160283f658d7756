import { goQuote } from "../../../../src/model/index.ts";
import { decodeSeries } from "../../../../src/scrape/parse/series-text.ts";
import { textEnd } from "../../../../src/scrape/parse/skeleton.ts";
import type { ParsedBody } from "../../../../src/scrape/parse/text-parser.ts";

/** Samples of a body as `name{label="value"} value @time`, in the order of the body. */
export function readBack(body: ParsedBody): string[] {
  const { skeleton } = body;
  const samples: string[] = [];
  for (let slot = 0; slot < body.slotCount; slot++) {
    const end = textEnd(skeleton, slot);
    const pairs = decodeSeries(skeleton.bytes, skeleton.textStarts[slot]!, end, skeleton.types[slot]!);
    const labels: string[] = [];
    for (let i = 2; i < pairs.length; i += 2) labels.push(`${pairs[i]}=${goQuote(pairs[i + 1]!)}`);
    const inBraces = labels.length === 0 ? "" : `{${labels.join(",")}}`;
    const time = skeleton.timed[slot] === 1 ? ` @${body.times[slot]}` : "";
    samples.push(`${pairs[1]}${inBraces} ${body.values[slot]}${time}`);
  }
  return samples;
}

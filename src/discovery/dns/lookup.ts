import type { Answer, DecodedPacket } from "dns-packet";
import { errorText } from "../../base/index.ts";
import type { DnsRecordType } from "../../config/index.ts";
import { askServer } from "./exchange.ts";
import { candidateNames, type ResolvConf } from "./resolv-conf.ts";

const SERVER_TIMEOUT_MS = 2000;

/** No server gave a usable answer; what was known before stays true. */
export class LookupError extends Error {
  override readonly name = "LookupError";
}

/**
 * Records of `type` for `name`, tried along the search list. The first NOERROR answer wins, even an empty one;
 * NXDOMAIN for every candidate is a valid "none". Records of other types in the answer (CNAMEs) are left out.
 * Source: spec SD-22.
 * @throws LookupError when some candidate got neither, so that nothing is known.
 */
export async function lookUp(
  conf: ResolvConf,
  question: { readonly name: string; readonly type: DnsRecordType },
  signal: AbortSignal,
): Promise<Answer[]> {
  const failures: string[] = [];
  for (const name of candidateNames(question.name, conf)) {
    const answer = await askAnyServer(conf, { name, type: question.type }, signal);
    if (typeof answer === "string") failures.push(answer);
    else if (answer.rcode === "NOERROR")
      return answer.answers?.filter((record) => record.type === question.type) ?? [];
  }
  if (failures.length > 0)
    throw new LookupError(`could not resolve "${question.name}": ${failures.join("; ")}`);
  return [];
}

type Verdict = DecodedPacket & { rcode?: string };

// A valid answer of the first server that has one, else why none had.
async function askAnyServer(
  conf: ResolvConf,
  question: { readonly name: string; readonly type: DnsRecordType },
  signal: AbortSignal,
): Promise<Verdict | string> {
  const failures: string[] = [];
  for (const server of conf.servers) {
    const place = `${server.address}:${server.port}`;
    try {
      const answer: Verdict = await askServer(server, question, { timeoutMs: SERVER_TIMEOUT_MS, signal });
      if (answer.rcode === "NOERROR" || answer.rcode === "NXDOMAIN") return answer;
      failures.push(`server ${place} answered ${answer.rcode} for ${question.name}`);
    } catch (error) {
      if (signal.aborted) throw error;
      failures.push(`server ${place} failed for ${question.name}: ${errorText(error)}`);
    }
  }
  return failures.join("; ");
}

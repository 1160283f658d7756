import { createSocket, type Socket } from "node:dgram";
import { createServer, type Server } from "node:net";
import type { AddressInfo } from "node:net";
import { decode, encode, streamDecode, streamEncode, type Packet } from "dns-packet";

const AUTHORITATIVE = 1 << 10;
const TRUNCATED = 1 << 9;
const RCODES = { NOERROR: 0, SERVFAIL: 2, NXDOMAIN: 3 } as const;

/** What the stub says for a name: addresses, or a failure; `silent` says nothing at all. */
export type StubAnswer =
  | { readonly addresses: readonly string[]; readonly truncateUdp?: boolean }
  | keyof Omit<typeof RCODES, "NOERROR">
  | "silent";

/** A DNS server on loopback (UDP and TCP on one port) that answers A questions from a table. */
export interface StubDns {
  readonly address: string;
  readonly port: number;
  /** Names without trailing dot; a name that is not set is NXDOMAIN. */
  readonly answers: Map<string, StubAnswer>;
  /** Names asked for, in order, with the transport. */
  readonly asked: string[];
  close(): Promise<void>;
}

export async function startStubDns(): Promise<StubDns> {
  const answers = new Map<string, StubAnswer>();
  const asked: string[] = [];

  function answer(query: Packet, transport: "udp" | "tcp"): Packet | undefined {
    const question = query.questions?.[0];
    if (question === undefined) return undefined;
    asked.push(`${transport} ${question.name}`);
    const found = answers.get(question.name) ?? "NXDOMAIN";
    if (found === "silent") return undefined;
    const base: Packet = { type: "response", id: query.id, questions: [question] };
    if (typeof found === "string") return { ...base, flags: AUTHORITATIVE | RCODES[found] };
    if (found.truncateUdp === true && transport === "udp")
      return { ...base, flags: AUTHORITATIVE | TRUNCATED };
    return {
      ...base,
      flags: AUTHORITATIVE,
      answers: found.addresses.map((data) => ({ type: "A", name: question.name, ttl: 1, data })),
    };
  }

  const { udp, tcp } = await listenTwice(answer);
  const { port } = udp.address();
  return {
    address: "127.0.0.1",
    port,
    answers,
    asked,
    async close() {
      await new Promise<void>((resolve) => udp.close(resolve));
      await new Promise((resolve) => tcp.close(resolve));
    },
  };
}

type Answer = (query: Packet, transport: "udp" | "tcp") => Packet | undefined;

// The system chooses a port that is free for UDP; for TCP somebody else may have it.
async function listenTwice(answer: Answer): Promise<{ udp: Socket; tcp: Server }> {
  for (let attempt = 1; ; attempt++) {
    const udp = createSocket("udp4");
    udp.on("message", (message, peer) => {
      const reply = answer(decode(message), "udp");
      if (reply !== undefined) udp.send(encode(reply), peer.port, peer.address);
    });
    await new Promise<void>((resolve) => udp.bind(0, "127.0.0.1", resolve));
    try {
      return { udp, tcp: await listenTcp(udp.address().port, (query) => answer(query, "tcp")) };
    } catch (error) {
      await new Promise<void>((resolve) => udp.close(resolve));
      if (attempt === 20) throw error;
    }
  }
}

async function listenTcp(port: number, answer: (query: Packet) => Packet | undefined): Promise<Server> {
  const server = createServer((socket) => {
    socket.on("data", (chunk) => {
      const query = streamDecode(chunk);
      const reply = query === null ? undefined : answer(query);
      if (reply !== undefined) socket.end(streamEncode(reply));
    });
    socket.on("error", () => socket.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return server;
}

/** The port a server was given. */
export function portOf(server: { address(): AddressInfo | string | null }): number {
  const address = server.address();
  if (address === null || typeof address === "string")
    throw new Error("the server does not listen on a port");
  return address.port;
}

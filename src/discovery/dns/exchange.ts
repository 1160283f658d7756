import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { decode, encode, streamDecode, streamEncode, type DecodedPacket, type Packet } from "dns-packet";
import type { DnsRecordType } from "../../config/index.ts";
import type { DnsServer } from "./resolv-conf.ts";

const UDP_PAYLOAD_BYTES = 4096;
const NO_FLAGS = 0;
const RECURSION_DESIRED = 1 << 8;

/**
 * Asks one server one question: over UDP with EDNS0, again over TCP when the answer was cut short (SD-22).
 * @throws Error on a time-out, an unreachable server or an answer that is no DNS message.
 */
export async function askServer(
  server: DnsServer,
  question: { readonly name: string; readonly type: DnsRecordType },
  options: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<DecodedPacket> {
  const query: Packet = {
    type: "query",
    id: randomInt(0x10000),
    flags: RECURSION_DESIRED,
    questions: [{ name: question.name, type: question.type }],
    additionals: [
      {
        type: "OPT",
        name: ".",
        udpPayloadSize: UDP_PAYLOAD_BYTES,
        flags: NO_FLAGS,
        extendedRcode: 0,
        ednsVersion: 0,
        flag_do: false,
        options: [],
      },
    ],
  };
  const overUdp = await withDeadline(options, (done) => askOverUdp(server, query, done));
  if (!overUdp.flag_tc) return overUdp;
  return withDeadline(options, (done) => askOverTcp(server, query, done));
}

interface Settle {
  answer(packet: DecodedPacket): void;
  fail(error: Error): void;
}

// `start` returns how to let go of its socket, which happens exactly once.
function withDeadline(
  options: { readonly timeoutMs: number; readonly signal: AbortSignal },
  start: (settle: Settle) => () => void,
): Promise<DecodedPacket> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => settle(() => reject(options.signal.reason));
    const timer = setTimeout(() => settle(() => reject(new Error("i/o timeout"))), options.timeoutMs);
    let settled = false;
    let release: (() => void) | undefined;
    function settle(deliver: () => void): void {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      options.signal.removeEventListener("abort", onAbort);
      release?.();
      deliver();
    }
    options.signal.addEventListener("abort", onAbort, { once: true });
    release = start({
      answer: (packet) => settle(() => resolve(packet)),
      fail: (error) => settle(() => reject(error)),
    });
    if (options.signal.aborted) onAbort();
  });
}

function askOverUdp(server: DnsServer, query: Packet, settle: Settle): () => void {
  const socket = createSocket(server.address.includes(":") ? "udp6" : "udp4");
  socket.on("error", (error) => settle.fail(error));
  socket.on("message", (message) => {
    const packet = readAnswer(() => decode(message), query);
    // A stray or forged datagram is passed over; the real answer may still come.
    if (packet !== undefined) settle.answer(packet);
  });
  socket.connect(server.port, server.address, () => {
    socket.send(encode(query), (error) => {
      if (error !== null) settle.fail(error);
    });
  });
  return () => socket.close();
}

function askOverTcp(server: DnsServer, query: Packet, settle: Settle): () => void {
  const socket = connect(server.port, server.address);
  let received = Buffer.alloc(0);
  socket.on("error", (error) => settle.fail(error));
  socket.on("connect", () => socket.write(streamEncode(query)));
  socket.on("data", (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
    const packet = readAnswer(() => streamDecode(received) as DecodedPacket | null, query);
    if (packet === undefined) settle.fail(new Error("malformed DNS answer"));
    else settle.answer(packet);
  });
  socket.on("end", () => settle.fail(new Error("DNS server closed the connection before answering")));
  return () => socket.destroy();
}

/** The packet when it answers `query`; undefined when it is malformed or answers something else. */
function readAnswer(read: () => DecodedPacket | null, query: Packet): DecodedPacket | undefined {
  let packet: DecodedPacket | null;
  try {
    packet = read();
  } catch {
    return undefined; // Not a DNS message: the caller treats it as no answer.
  }
  return packet !== null && packet.type === "response" && packet.id === query.id ? packet : undefined;
}

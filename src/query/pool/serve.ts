// The worker's side: evaluates what it is asked to and posts the answer.

import { receiveMessageOnPort, type MessagePort } from "node:worker_threads";
import { systemClock } from "../../base/index.ts";
import type { Labels } from "../../model/index.ts";
import type { StopReason } from "../../promql/index.ts";
import type { Queryable, Selection } from "../../storage/index.ts";
import { evaluateJob } from "../evaluate.ts";
import { createPromqlEngine } from "../promql-engine.ts";
import { AnswerSender, type Post } from "./answer-sender.ts";
import { fromFailure, REPLY_SIGNAL, STOP_REASONS, STOP_SIGNAL, toFailure } from "./messages.ts";
import type { PoolThreadStart, Question, Reply, ToThread } from "./messages.ts";

/** Opens the selections that another thread's store described. */
export interface SelectionReader {
  /** Takes what `StoreSharing.next` gave there. */
  update(update: unknown): void;
  /** Opens what `Selection.describe` gave there. */
  open(description: unknown): Selection;
}

/** Makes a reader, which may tell the server's log of errors. */
export type CreateReader = (
  log: (text: string, fields: Readonly<Record<string, string>>) => void,
) => SelectionReader;

/** Serves the queries that the other side of `port` sends, until the port is closed. */
export function serveQueries(start: PoolThreadStart, port: MessagePort, createReader: CreateReader): void {
  const { signals } = start;
  const post: Post = (message, transfer = []) => port.postMessage(message, transfer);
  const reader = createReader((text, fields) => post({ kind: "error", text, fields }));
  let defaultSubqueryStepMs = 0;
  const engine = createPromqlEngine({
    ...start.engine,
    queryable: askedQueryable(start, post, reader),
    defaultSubqueryStepMs: () => defaultSubqueryStepMs,
    clock: systemClock,
  });
  const shouldStop = (): StopReason | undefined => STOP_REASONS[Atomics.load(signals, STOP_SIGNAL) - 1];
  const isStopped = (): boolean => shouldStop() !== undefined;
  let sender: AnswerSender | undefined;

  function take(message: ToThread): void {
    switch (message.kind) {
      case "evaluate":
        defaultSubqueryStepMs = message.defaultSubqueryStepMs;
        try {
          sender = new AnswerSender(evaluateJob(engine, message.job, shouldStop), post, isStopped);
        } catch (error) {
          post({ kind: "end", failure: toFailure(error) });
          return;
        }
        break;
      case "taken":
        sender?.taken(message.bytes);
        break;
      case "dropped":
        break;
    }
    if (sender?.send() === true) sender = undefined;
  }

  port.on("message", take);
  post({ kind: "ready" });
}

/** A store in another thread, which is asked and waited for. */
function askedQueryable(
  { signals, replies }: PoolThreadStart,
  post: Post,
  reader: SelectionReader,
): Queryable {
  function ask(question: Question): Reply {
    const before = Atomics.load(signals, REPLY_SIGNAL);
    post({ kind: "ask", question });
    Atomics.wait(signals, REPLY_SIGNAL, before);
    const { message } = receiveMessageOnPort(replies) as { readonly message: Reply };
    if (message.kind === "failure") throw fromFailure(message.failure);
    return message;
  }

  function resultOf(question: Question): unknown {
    const reply = ask(question);
    return reply.kind === "result" ? reply.result : undefined;
  }

  return {
    select(request) {
      const reply = ask({ call: "select", request });
      if (reply.kind !== "selection") throw new Error("assertion failed: expected a selection");
      if (reply.update !== undefined) reader.update(reply.update);
      return reader.open(reply.description);
    },
    series: (request) => resultOf({ call: "series", request }) as Labels[],
    labelNames: (request) => resultOf({ call: "labelNames", request }) as string[],
    labelValues: (name, request) => resultOf({ call: "labelValues", name, request }) as string[],
  };
}

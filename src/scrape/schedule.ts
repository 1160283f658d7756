import { hash } from "node:crypto";
import type { Clock, Timer } from "../base/index.ts";

/** Phases are multiples of this, so that many targets share one wake-up. */
export const TICK_MS = 10;
// The wall clock counts as set anew, not merely adjusted, from this on.
const JUMP_MS = 500;

/** Called with the planned time of the tick, in millis with fractions. */
export type Tick = (plannedMs: number) => Promise<void>;

/** A thing that happens every interval until it is cancelled. */
export interface ScheduledTask {
  /** Planned time of the next tick. */
  nextMs(): number;
  /** No tick starts after this; one that is running is not stopped. Idempotent. */
  cancel(): void;
}

interface Task {
  readonly intervalMs: number;
  readonly phaseMs: number;
  readonly tick: Tick;
  nextMs: number;
  running: boolean;
  queuedMs: number | undefined; // Planned time of the one tick that waits for the running one.
  cancelled: boolean;
}

/**
 * Runs tasks at fixed phases of their intervals on the wall clock, all of them with one timer. A tick that comes
 * while the last one runs waits for it; more than one does not pile up (SCR-29). When the wall clock is set, tasks
 * are planned anew at once.
 */
export class Schedule {
  readonly #clock: Clock;
  readonly #due = new Map<number, Set<Task>>(); // By planned time.
  readonly #heap: number[] = []; // The keys of `#due`, smallest first.
  #timer: Timer | undefined;
  #timerMs = Infinity;
  #skewMs: number; // Wall clock minus monotonic clock.

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#skewMs = clock.now() - clock.monotonic();
  }

  /** First tick at the next moment whose time modulo `intervalMs` is `phaseMs`. `tick` must not reject. */
  add(intervalMs: number, phaseMs: number, tick: Tick): ScheduledTask {
    const task: Task = {
      intervalMs,
      phaseMs,
      tick,
      nextMs: nextAtPhase(this.#clock.now(), intervalMs, phaseMs),
      running: false,
      queuedMs: undefined,
      cancelled: false,
    };
    this.#plan(task);
    this.#arm();
    return {
      nextMs: () => task.nextMs,
      cancel: () => this.#cancel(task),
    };
  }

  /** Cancels all tasks. */
  stop(): void {
    for (const tasks of this.#due.values()) for (const task of tasks) task.cancelled = true;
    this.#due.clear();
    this.#heap.length = 0;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #cancel(task: Task): void {
    task.cancelled = true;
    task.queuedMs = undefined;
    this.#due.get(task.nextMs)?.delete(task);
  }

  #plan(task: Task): void {
    const tasks = this.#due.get(task.nextMs);
    if (tasks !== undefined) {
      tasks.add(task);
      return;
    }
    this.#due.set(task.nextMs, new Set([task]));
    pushHeap(this.#heap, task.nextMs);
  }

  #arm(): void {
    const next = this.#heap[0];
    if (next === undefined) return;
    if (this.#timer !== undefined && this.#timerMs <= next) return;
    this.#timer?.cancel();
    this.#timerMs = next;
    this.#timer = this.#clock.after(next - this.#clock.now(), () => this.#wake());
  }

  #wake(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    const skewMs = now - this.#clock.monotonic();
    const jumped = Math.abs(skewMs - this.#skewMs) > JUMP_MS;
    this.#skewMs = skewMs;
    if (jumped) this.#planAnew(now);
    for (let due = this.#heap[0]; due !== undefined && due <= now; due = this.#heap[0]) {
      popHeap(this.#heap);
      const tasks = this.#due.get(due) ?? new Set();
      this.#due.delete(due);
      for (const task of tasks) {
        task.nextMs = due + task.intervalMs * (Math.floor((now - due) / task.intervalMs) + 1);
        this.#plan(task);
        void this.#start(task, due);
      }
    }
    this.#arm();
  }

  #planAnew(now: number): void {
    const sets = [...this.#due.values()];
    this.#due.clear();
    this.#heap.length = 0;
    for (const tasks of sets) {
      for (const task of tasks) {
        task.nextMs = nextAtPhase(now, task.intervalMs, task.phaseMs);
        this.#plan(task);
      }
    }
  }

  async #start(task: Task, plannedMs: number): Promise<void> {
    if (task.running) {
      task.queuedMs = plannedMs;
      return;
    }
    task.running = true;
    for (let at: number | undefined = plannedMs; at !== undefined && !task.cancelled;) {
      task.queuedMs = undefined;
      await task.tick(at);
      at = task.queuedMs;
    }
    task.running = false;
  }
}

/** First time not before `nowMs` that lies `phaseMs` after a multiple of the interval. */
export function nextAtPhase(nowMs: number, intervalMs: number, phaseMs: number): number {
  return Math.ceil((nowMs - phaseMs) / intervalMs) * intervalMs + phaseMs;
}

/**
 * Phase of a target in its interval: even over the interval, the same after a restart, different for servers with
 * another `seed`. Source: Prometheus scrape/target.go, offset; spec SCR-13.
 */
export function phaseOf(identity: string, seed: string, intervalMs: number): number {
  const digest = hash("sha1", `${seed}\n${identity}`, "buffer");
  const phase = digest.readUIntBE(0, 6) % intervalMs;
  return intervalMs < 2 * TICK_MS ? Math.floor(phase) : Math.floor(phase / TICK_MS) * TICK_MS;
}

/** How scrape times are pulled to their plan (SCR-28). */
export interface TimestampRules {
  readonly align: boolean;
  readonly toleranceMs: number;
}

/**
 * Time that the samples of a scrape get, in whole millis: the planned one when the start is hardly later, so that
 * times are exact intervals apart. Source: Prometheus scrape/scrape.go, scrapeLoop.run; spec SCR-28.
 */
export function scrapeTime(
  times: { readonly plannedMs: number; readonly startMs: number },
  intervalMs: number,
  rules: TimestampRules,
): number {
  const { startMs } = times;
  if (!rules.align) return Math.floor(startMs);
  const missed = Math.max(0, Math.floor((startMs - times.plannedMs) / intervalMs));
  const plannedMs = times.plannedMs + missed * intervalMs;
  const toleranceMs = Math.min(intervalMs / 100, rules.toleranceMs);
  return Math.floor(startMs - plannedMs <= toleranceMs ? plannedMs : startMs);
}

function pushHeap(heap: number[], value: number): void {
  let at = heap.length;
  heap.push(value);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (heap[parent]! <= value) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = value;
}

function popHeap(heap: number[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child++;
    if (heap[child]! >= last) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = last;
}

import type { Clock } from '../clock.ts';
import type { StoredMessage } from './store.ts';

/** The messages of every orchestration and entity that are outstanding, as they stand in the store. */
export interface Inbox {
  /** Adds a message: to the inbox of its target when it is due, otherwise once its time has come. */
  put(message: StoredMessage): void;
  remove(id: number): void;
  /** What is due for a target, in order of sending. */
  due(target: string): readonly StoredMessage[];
  /** What waits for its time, for a target. */
  scheduled(target: string): readonly StoredMessage[];
  /** Stops the timers. */
  close(): void;
}

/** An inbox that calls `arrived` with a target each time a message becomes due for it. */
export function createInbox(clock: Clock, arrived: (target: string) => void): Inbox {
  const due = new Map<string, Map<number, StoredMessage>>();
  const scheduled = new Map<string, Map<number, { message: StoredMessage; cancel: () => void }>>();
  const targets = new Map<number, string>();

  function deliver(message: StoredMessage): void {
    const box = due.get(message.target) ?? new Map<number, StoredMessage>();
    due.set(message.target, box.set(message.id, message));
    arrived(message.target);
  }

  function remove(id: number): void {
    const target = targets.get(id);
    if (target === undefined) return;
    targets.delete(id);
    const box = due.get(target);
    if (box?.delete(id) && box.size === 0) due.delete(target);
    const waiting = scheduled.get(target);
    waiting?.get(id)?.cancel();
    if (waiting?.delete(id) && waiting.size === 0) scheduled.delete(target);
  }

  return {
    put(message) {
      targets.set(message.id, message.target);
      if (message.due <= clock.now()) {
        deliver(message);
        return;
      }
      const waiting =
        scheduled.get(message.target) ?? new Map<number, { message: StoredMessage; cancel: () => void }>();
      const cancel = clock.setTimer(message.due, () => {
        waiting.delete(message.id);
        deliver(message);
      });
      scheduled.set(message.target, waiting.set(message.id, { message, cancel }));
    },
    remove,
    due: (target) => [...(due.get(target)?.values() ?? [])].sort((a, b) => a.id - b.id),
    scheduled: (target) => [...(scheduled.get(target)?.values() ?? [])].map(({ message }) => message),
    close() {
      for (const waiting of scheduled.values()) for (const { cancel } of waiting.values()) cancel();
    },
  };
}

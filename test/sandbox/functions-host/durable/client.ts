import { randomUUID } from 'node:crypto';
import { entityId } from './entity-turn.ts';
import { historyEvent } from './history.ts';
import type { DurableRuntime } from './runtime.ts';
import { hasEnded, startInstance } from './start.ts';
import type { EntityRecord, InstanceFilter, InstanceRecord } from './store.ts';

/** What became of a request to an instance: taken, unknown instance, or one that has ended. */
export type RequestOutcome = 'accepted' | 'not-found' | 'gone';

/** The operations that clients have on orchestrations and entities. Inputs are JSON texts. */
export interface DurableClient {
  /** Returns the id of the instance, or undefined when one with this id has not ended yet. */
  start(options: { name: string; id?: string; input: string | null; version?: string | null }): string | undefined;
  raiseEvent(id: string, name: string, input: string): RequestOutcome;
  control(id: string, kind: 'terminate' | 'suspend' | 'resume', reason: string): RequestOutcome;
  /** Deletes ended instances; returns how many. */
  purge(filter: { readonly id: string } | InstanceFilter): number;
  signal(name: string, key: string, operation: string, input: string | null): void;
  entity(name: string, key: string): EntityRecord | undefined;
  instance(id: string): InstanceRecord | undefined;
}

/** A client of a runtime. */
export function createDurableClient(runtime: DurableRuntime): DurableClient {
  const { store } = runtime;

  /** Sends to an instance that can still take it. */
  function request(id: string, send: () => void): RequestOutcome {
    const instance = store.instance(id);
    if (!instance) return 'not-found';
    if (hasEnded(instance)) return 'gone';
    send();
    return 'accepted';
  }

  return {
    start({ name, id = randomUUID().replaceAll('-', ''), input, version = null }) {
      const present = store.instance(id);
      if (present && !hasEnded(present)) return undefined;
      runtime.commit((out) => {
        startInstance(out, { id, executionId: randomUUID(), name, input, version, parent: null });
      });
      return id;
    },
    raiseEvent: (id, name, input) =>
      request(id, () => {
        runtime.commit((out) => {
          const event = historyEvent('EventRaised', out.now, { Name: name, Input: input });
          out.send(id, { kind: 'event', event });
        });
      }),
    control: (id, kind, reason) =>
      request(id, () => {
        runtime.commit((out) => {
          out.send(id, { kind, reason });
        });
      }),
    purge(filter) {
      const one = 'id' in filter ? store.instance(filter.id) : undefined;
      const found = 'id' in filter ? (one ? [one] : []) : store.instances(filter);
      const ended = found.filter(hasEnded);
      runtime.commit((out) => {
        for (const { id } of ended) out.add({ op: 'delete-instance', id });
      });
      return ended.length;
    },
    signal(name, key, operation, input) {
      runtime.commit((out) => {
        const request = { id: randomUUID(), operation, input, caller: null };
        out.send(entityId(name, key), { kind: 'operation', request });
      });
    },
    entity(name, key) {
      const found = store.entity(entityId(name, key));
      return found?.exists ? found : undefined;
    },
    instance: (id) => store.instance(id),
  };
}

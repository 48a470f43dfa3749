import type { HistoryEvent } from './history.ts';
import type {
  ActivityItem,
  DurableStore,
  EntityRecord,
  InstanceFilter,
  InstanceRecord,
  StoreChange,
  StoredMessage,
} from './store.ts';

/** True when an instance is one of those that the filter asks for. */
export function matches(instance: InstanceRecord, filter: InstanceFilter): boolean {
  return (
    instance.created >= (filter.createdFrom ?? -Infinity) &&
    instance.created <= (filter.createdTo ?? Infinity) &&
    (filter.statuses === undefined || filter.statuses.includes(instance.status))
  );
}

/** A store that lives as long as the object: a host may be stopped and started over it, but not the process. */
export function memoryDurableStore(): DurableStore {
  const instances = new Map<string, InstanceRecord>();
  const histories = new Map<string, HistoryEvent[]>();
  const messages = new Map<number, StoredMessage>();
  const activities = new Map<number, ActivityItem>();
  const entities = new Map<string, EntityRecord>();
  const values = new Map<string, string>();
  let highest = 0;

  function apply(change: StoreChange): void {
    switch (change.op) {
      case 'put-instance':
        instances.set(change.instance.id, change.instance);
        break;
      case 'delete-instance':
        instances.delete(change.id);
        histories.delete(change.id);
        break;
      case 'append-history':
        histories.set(change.id, [...(histories.get(change.id) ?? []), ...change.events]);
        break;
      case 'clear-history':
        histories.delete(change.id);
        break;
      case 'put-message':
        highest = Math.max(highest, change.message.id);
        messages.set(change.message.id, change.message);
        break;
      case 'delete-message':
        messages.delete(change.id);
        break;
      case 'put-activity':
        highest = Math.max(highest, change.activity.id);
        activities.set(change.activity.id, change.activity);
        break;
      case 'delete-activity':
        activities.delete(change.id);
        break;
      case 'put-entity':
        entities.set(change.entity.id, change.entity);
        break;
      case 'delete-entity':
        entities.delete(change.id);
        break;
      case 'put-value':
        values.set(change.key, change.value);
        break;
    }
  }

  return {
    outstanding: () => ({
      messages: [...messages.values()].sort((a, b) => a.id - b.id),
      activities: [...activities.values()].sort((a, b) => a.id - b.id),
      nextId: highest + 1,
    }),
    commit: (changes) => {
      for (const change of changes) apply(change);
    },
    instance: (id) => instances.get(id),
    instances: (filter) =>
      [...instances.values()].filter((one) => matches(one, filter)).sort((a, b) => a.created - b.created),
    history: (id) => [...(histories.get(id) ?? [])],
    entity: (id) => entities.get(id),
    entities: () => [...entities.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
    value: (key) => values.get(key),
    close: () => undefined,
  };
}

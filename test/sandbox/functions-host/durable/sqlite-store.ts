import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { HistoryEvent } from './history.ts';
import { matches } from './memory-store.ts';
import type { ActivityItem, DurableStore, EntityRecord, InstanceRecord, StoreChange, StoredMessage } from './store.ts';

// Records are kept as JSON beside the columns that are looked up: the file is the sandbox's own and has no other reader.
const schema = `
  CREATE TABLE IF NOT EXISTS instances (id TEXT PRIMARY KEY, created INTEGER NOT NULL, json TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS history (seq INTEGER PRIMARY KEY, id TEXT NOT NULL, json TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS history_by_instance ON history (id, seq);
  CREATE TABLE IF NOT EXISTS messages (id INTEGER PRIMARY KEY, json TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS activities (id INTEGER PRIMARY KEY, json TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS entities (id TEXT PRIMARY KEY, json TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS vals (key TEXT PRIMARY KEY, value TEXT NOT NULL);
`;

/**
 * A store in one SQLite file. With a write-ahead log and `synchronous = NORMAL` a commit survives the death of the
 * process at any moment; only a crash of the machine may lose the latest ones, and never half of one.
 */
export function sqliteDurableStore(path: string): DurableStore {
  const db = new DatabaseSync(path);
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000;');
  db.exec(schema);
  const statements = new Map<string, StatementSync>();
  const sql = (text: string): StatementSync => {
    const known = statements.get(text);
    if (known) return known;
    const prepared = db.prepare(text);
    statements.set(text, prepared);
    return prepared;
  };
  /** The `json` column of every row. What it holds is known from the table. */
  const all = (text: string, ...values: string[]): unknown[] =>
    sql(text)
      .all(...values)
      .map((row): unknown => JSON.parse(String(row['json'])));

  function apply(change: StoreChange): void {
    switch (change.op) {
      case 'put-instance':
        sql('INSERT OR REPLACE INTO instances (id, created, json) VALUES (?, ?, ?)').run(
          change.instance.id,
          change.instance.created,
          JSON.stringify(change.instance),
        );
        break;
      case 'delete-instance':
        sql('DELETE FROM instances WHERE id = ?').run(change.id);
        sql('DELETE FROM history WHERE id = ?').run(change.id);
        break;
      case 'append-history':
        for (const event of change.events) {
          sql('INSERT INTO history (id, json) VALUES (?, ?)').run(change.id, JSON.stringify(event));
        }
        break;
      case 'clear-history':
        sql('DELETE FROM history WHERE id = ?').run(change.id);
        break;
      case 'put-message':
        sql('INSERT OR REPLACE INTO messages (id, json) VALUES (?, ?)').run(
          change.message.id,
          JSON.stringify(change.message),
        );
        break;
      case 'delete-message':
        sql('DELETE FROM messages WHERE id = ?').run(change.id);
        break;
      case 'put-activity':
        sql('INSERT OR REPLACE INTO activities (id, json) VALUES (?, ?)').run(
          change.activity.id,
          JSON.stringify(change.activity),
        );
        break;
      case 'delete-activity':
        sql('DELETE FROM activities WHERE id = ?').run(change.id);
        break;
      case 'put-entity':
        sql('INSERT OR REPLACE INTO entities (id, json) VALUES (?, ?)').run(
          change.entity.id,
          JSON.stringify(change.entity),
        );
        break;
      case 'delete-entity':
        sql('DELETE FROM entities WHERE id = ?').run(change.id);
        break;
      case 'put-value':
        sql('INSERT OR REPLACE INTO vals (key, value) VALUES (?, ?)').run(change.key, change.value);
        break;
    }
  }

  return {
    outstanding: () => {
      const messages = all('SELECT json FROM messages ORDER BY id') as StoredMessage[];
      const activities = all('SELECT json FROM activities ORDER BY id') as ActivityItem[];
      const highest = Math.max(0, messages.at(-1)?.id ?? 0, activities.at(-1)?.id ?? 0);
      return { messages, activities, nextId: highest + 1 };
    },
    commit: (changes) => {
      db.exec('BEGIN IMMEDIATE');
      try {
        for (const change of changes) apply(change);
        db.exec('COMMIT');
      } catch (error) {
        db.exec('ROLLBACK');
        throw error;
      }
    },
    instance: (id) => all('SELECT json FROM instances WHERE id = ?', id)[0] as InstanceRecord | undefined,
    instances: (filter) =>
      (all('SELECT json FROM instances ORDER BY created, rowid') as InstanceRecord[]).filter((each) =>
        matches(each, filter),
      ),
    history: (id) => all('SELECT json FROM history WHERE id = ? ORDER BY seq', id) as HistoryEvent[],
    entity: (id) => all('SELECT json FROM entities WHERE id = ?', id)[0] as EntityRecord | undefined,
    entities: () => all('SELECT json FROM entities ORDER BY id') as EntityRecord[],
    value: (key) => {
      const row = sql('SELECT value FROM vals WHERE key = ?').get(key);
      return row === undefined ? undefined : String(row['value']);
    },
    close: () => {
      statements.clear();
      db.close();
    },
  };
}

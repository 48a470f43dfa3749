import { DatabaseSync } from 'node:sqlite';

/** A message as it is kept. `body` is the bare message as its sender encoded it, so every type survives. */
export interface StoredMessage {
  readonly sequenceNumber: number;
  readonly messageId: string;
  readonly sessionId: string | null;
  readonly body: Buffer;
  readonly enqueuedAt: number;
  /** Milliseconds since 1970; later than now for a scheduled message. */
  readonly availableAt: number;
  readonly expiresAt: number;
  readonly deliveryCount: number;
  readonly deferred: boolean;
  /** Application properties that were added by abandoning or dead-lettering. */
  readonly added: Readonly<Record<string, string>>;
}

/** Everything that must survive the process. Locks do not: who held one is gone with the connection. */
export interface BrokerStore {
  load(queue: string): {
    messages: StoredMessage[];
    sessions: Map<string, Buffer>;
    duplicates: Map<string, number>;
    lastSequence: number;
  };
  put(queue: string, message: StoredMessage): void;
  remove(queue: string, sequenceNumber: number): void;
  putSession(queue: string, session: string, state: Buffer | null): void;
  putDuplicate(queue: string, messageId: string, expiresAt: number): void;
  forgetDuplicates(queue: string, before: number): void;
  close(): void;
}

/** Keeps nothing. */
export const volatileStore: BrokerStore = {
  load: () => ({ messages: [], sessions: new Map(), duplicates: new Map(), lastSequence: 0 }),
  put: () => undefined,
  remove: () => undefined,
  putSession: () => undefined,
  putDuplicate: () => undefined,
  forgetDuplicates: () => undefined,
  close: () => undefined,
};

/** One SQLite file. Without fsync: it survives the end of the process, which is what the sandbox promises. */
export function sqliteStore(path: string): BrokerStore {
  const db = new DatabaseSync(path);
  db.exec(`
    PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;
    CREATE TABLE IF NOT EXISTS messages (queue TEXT, sequence INTEGER, body BLOB, facts TEXT, PRIMARY KEY (queue, sequence)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS sessions (queue TEXT, session TEXT, state BLOB, PRIMARY KEY (queue, session)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS duplicates (queue TEXT, message TEXT, expires INTEGER, PRIMARY KEY (queue, message)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS sequences (queue TEXT PRIMARY KEY, last INTEGER) WITHOUT ROWID;
  `);
  const putMessage = db.prepare('INSERT OR REPLACE INTO messages VALUES (?, ?, ?, ?)');
  const putSequence = db.prepare(
    'INSERT INTO sequences VALUES (?, ?) ON CONFLICT (queue) DO UPDATE SET last = max(last, excluded.last)',
  );
  const removeMessage = db.prepare('DELETE FROM messages WHERE queue = ? AND sequence = ?');
  const putSession = db.prepare('INSERT OR REPLACE INTO sessions VALUES (?, ?, ?)');
  const removeSession = db.prepare('DELETE FROM sessions WHERE queue = ? AND session = ?');
  const putDuplicate = db.prepare('INSERT OR REPLACE INTO duplicates VALUES (?, ?, ?)');
  const forget = db.prepare('DELETE FROM duplicates WHERE queue = ? AND expires < ?');
  return {
    load: (queue) => ({
      messages: db
        .prepare('SELECT sequence, body, facts FROM messages WHERE queue = ? ORDER BY sequence')
        .all(queue)
        .map((row) => ({
          ...(JSON.parse(String(row['facts'])) as Omit<StoredMessage, 'body' | 'sequenceNumber'>),
          sequenceNumber: Number(row['sequence']),
          body: Buffer.from(row['body'] as Uint8Array),
        })),
      sessions: new Map(
        db
          .prepare('SELECT session, state FROM sessions WHERE queue = ?')
          .all(queue)
          .map((row) => [String(row['session']), Buffer.from(row['state'] as Uint8Array)]),
      ),
      duplicates: new Map(
        db
          .prepare('SELECT message, expires FROM duplicates WHERE queue = ?')
          .all(queue)
          .map((row) => [String(row['message']), Number(row['expires'])]),
      ),
      lastSequence: Number(db.prepare('SELECT last FROM sequences WHERE queue = ?').get(queue)?.['last'] ?? 0),
    }),
    put: (queue, { body, sequenceNumber, ...facts }) => {
      putMessage.run(queue, sequenceNumber, body, JSON.stringify(facts));
      putSequence.run(queue, sequenceNumber);
    },
    remove: (queue, sequenceNumber) => {
      removeMessage.run(queue, sequenceNumber);
    },
    putSession: (queue, session, state) => {
      if (state === null) removeSession.run(queue, session);
      else putSession.run(queue, session, state);
    },
    putDuplicate: (queue, messageId, expiresAt) => {
      putDuplicate.run(queue, messageId, expiresAt);
    },
    forgetDuplicates: (queue, before) => {
      forget.run(queue, before);
    },
    close: () => {
      db.close();
    },
  };
}

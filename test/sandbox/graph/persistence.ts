import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { z } from 'zod';
import type { Change } from './change-log.ts';
import type { DirectoryObject } from './directory-object.ts';

export type LinkRelation = 'members' | 'owners';

export interface StoredLink {
  readonly relation: LinkRelation;
  readonly group: string;
  readonly target: string;
  readonly ordinal: number;
}

/** Where the tenant is kept between two processes. Writes count once `commit` returned. */
export interface Persistence {
  saveObject(object: DirectoryObject): void;
  removeObject(id: string): void;
  saveLink(link: StoredLink): void;
  removeLink(relation: LinkRelation, group: string, target: string): void;
  appendChange(change: Change): void;
  saveValue(name: string, value: string): void;
  commit(): void;
  close(): void;
}

/** What a store file holds when it is opened. */
export interface Stored {
  readonly objects: DirectoryObject[];
  readonly links: StoredLink[];
  readonly changes: Change[];
  readonly values: ReadonlyMap<string, string>;
}

const nothing = (): void => undefined;

/** Keeps nothing: the tenant lives as long as the process. */
export const volatile: Persistence = {
  saveObject: nothing,
  removeObject: nothing,
  saveLink: nothing,
  removeLink: nothing,
  appendChange: nothing,
  saveValue: nothing,
  commit: nothing,
  close: nothing,
};

const schema = `
  CREATE TABLE IF NOT EXISTS objects (id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS links (
    relation TEXT NOT NULL, source TEXT NOT NULL, target TEXT NOT NULL, ordinal INTEGER NOT NULL,
    PRIMARY KEY (relation, source, target)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS changes (position INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
`;

const bodyRow = z.object({ body: z.string() });
const linkRow = z.object({
  relation: z.enum(['members', 'owners']),
  source: z.string(),
  target: z.string(),
  ordinal: z.number(),
});
const valueRow = z.object({ name: z.string(), value: z.string() });

/**
 * A SQLite file. The write-ahead log without fsync survives the death of the process at any moment (the pages are in
 * the operating system's cache once COMMIT returned); it does not promise to survive a power cut, and need not.
 */
export class SqlitePersistence implements Persistence {
  readonly #database: DatabaseSync;
  readonly #statements: Record<'object' | 'noObject' | 'link' | 'noLink' | 'change' | 'value', StatementSync>;
  #open = false;

  constructor(file: string) {
    this.#database = new DatabaseSync(file);
    this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;');
    this.#database.exec(schema);
    const prepare = (sql: string): StatementSync => this.#database.prepare(sql);
    this.#statements = {
      object: prepare('INSERT INTO objects VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body'),
      noObject: prepare('DELETE FROM objects WHERE id = ?'),
      link: prepare('INSERT OR REPLACE INTO links VALUES (?, ?, ?, ?)'),
      noLink: prepare('DELETE FROM links WHERE relation = ? AND source = ? AND target = ?'),
      change: prepare('INSERT INTO changes (body) VALUES (?)'),
      value: prepare('INSERT OR REPLACE INTO settings VALUES (?, ?)'),
    };
  }

  load(): Stored {
    const all = (sql: string): Record<string, unknown>[] => this.#database.prepare(sql).all();
    // The bodies were written by this class; the file is not a boundary to the outside.
    const objects = all('SELECT body FROM objects').map(
      (row) => JSON.parse(bodyRow.parse(row).body) as DirectoryObject,
    );
    const changes = all('SELECT body FROM changes ORDER BY position').map(
      (row) => JSON.parse(bodyRow.parse(row).body) as Change,
    );
    const links = all('SELECT * FROM links ORDER BY ordinal').map((row) => {
      const { source, ...rest } = linkRow.parse(row);
      return { ...rest, group: source };
    });
    const values = all('SELECT * FROM settings').map((row) => valueRow.parse(row));
    return {
      objects: objects.sort((a, b) => a.ordinal - b.ordinal),
      changes,
      links,
      values: new Map(values.map(({ name, value }) => [name, value])),
    };
  }

  saveObject(object: DirectoryObject): void {
    this.#begin();
    this.#statements.object.run(object.id, JSON.stringify(object));
  }

  removeObject(id: string): void {
    this.#begin();
    this.#statements.noObject.run(id);
  }

  saveLink({ relation, group, target, ordinal }: StoredLink): void {
    this.#begin();
    this.#statements.link.run(relation, group, target, ordinal);
  }

  removeLink(relation: LinkRelation, group: string, target: string): void {
    this.#begin();
    this.#statements.noLink.run(relation, group, target);
  }

  appendChange(change: Change): void {
    this.#begin();
    this.#statements.change.run(JSON.stringify(change));
  }

  saveValue(name: string, value: string): void {
    this.#begin();
    this.#statements.value.run(name, value);
  }

  commit(): void {
    if (!this.#open) return;
    this.#database.exec('COMMIT');
    this.#open = false;
  }

  close(): void {
    this.commit();
    this.#database.close();
  }

  #begin(): void {
    if (this.#open) return;
    this.#database.exec('BEGIN IMMEDIATE');
    this.#open = true;
  }
}

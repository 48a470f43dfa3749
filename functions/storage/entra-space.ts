import { anchorKeyOf } from '../../shared/engine/anchor.ts';
import type { KnownObject } from '../../shared/engine/plan.ts';
import type { Properties } from '../../shared/engine/intended.ts';
import { bucketOf, buckets, deleteRows, groupBy, inParallel, loadBehind, loadRows, writeAll } from './buckets.ts';
import type { Row, RowOperation, Table, Tables } from './table.ts';
import { collect, prefixRange } from './table.ts';
import { joinText, splitText } from './table-limits.ts';

/** A member that Entra is known to hold in a group. */
export interface KnownMember {
  readonly objectGuid: string;
  readonly entraId: string;
}

/** An object of the tenant that carries an anchor and that no source object has claimed yet. */
export interface UnclaimedObject {
  readonly sourceAnchor: string;
  readonly type: 'user' | 'group';
  readonly entraId: string;
  readonly deleted: boolean;
  readonly properties: Properties;
}

/** `source` could not name `target` in Entra because the target was not there; when it comes, the source has to be looked at again. */
export interface Waiting {
  readonly target: string;
  readonly source: string;
  /** Connector of the source. */
  readonly connector: string;
  readonly sourceType: 'user' | 'group';
}

const awaitedPartition = 'awaited';

/**
 * Table `EntraSpace`: what Entra is known to hold. Partition: first digit of the GUID that the row is about. Rows:
 * `e|<guid>` a source object's counterpart, `m|<group>|<member>` a known membership, `w|<target>|<source>` a source that
 * waits for its target, `a|<guid>` the source object under which the counterpart of a joined one is kept, `x|<key of the
 * anchor>` an unclaimed object of the tenant, `c|<id in Entra>` by which source object one without an anchor was taken,
 * `i|<id in Entra>` whose counterpart the object of the tenant is. Table `Awaited`, one partition, row key the GUID: a write
 * that Entra has not shown yet; apart, because it is small and asked for often.
 */
export class EntraSpace {
  readonly #table: Table;
  readonly #awaited: Table;

  constructor(tables: Tables) {
    this.#table = tables('EntraSpace');
    this.#awaited = tables('Awaited');
  }

  /** Forgets everything. */
  async clear(): Promise<void> {
    await this.#awaited.clear();
    await this.#table.clear();
  }

  async load(guids: readonly string[]): Promise<Map<string, KnownObject>> {
    const found = new Map<string, KnownObject>();
    await inParallel([...groupBy(guids, bucketOf)], 8, async ([bucket, some]) => {
      const rows = await loadRows(
        this.#table,
        bucket,
        some.map((guid) => `e|${guid}`),
      );
      for (const [key, row] of rows) found.set(key.slice(2), toKnown(row));
    });
    return found;
  }

  /** Under which source object the counterpart of each is kept: another one where several are joined, else itself. */
  async resolve(guids: readonly string[]): Promise<Map<string, string>> {
    const found = new Map<string, string>(guids.map((guid) => [guid, guid]));
    await inParallel([...groupBy(new Set(guids), bucketOf)], 8, async ([bucket, some]) => {
      const wanted = new Set(some);
      const sorted = some.toSorted();
      const range = { partitionKey: bucket, from: `a|${sorted[0] ?? ''}`, to: `a|${sorted.at(-1) ?? ''}}` };
      for await (const page of this.#table.range(range)) {
        for (const row of page) {
          const guid = row.rowKey.slice(2);
          if (wanted.has(guid)) found.set(guid, String(row.values['holder']));
        }
      }
    });
    return found;
  }

  /** The counterparts of source objects, joined ones included. */
  async loadResolved(guids: readonly string[]): Promise<Map<string, KnownObject>> {
    const holders = await this.resolve(guids);
    const known = await this.load([...new Set(holders.values())]);
    const found = new Map<string, KnownObject>();
    for (const [guid, holder] of holders) {
      const object = known.get(holder);
      if (object !== undefined) found.set(guid, object);
    }
    return found;
  }

  /** The objects are joined: the counterpart of each is kept under `holder`. */
  async saveAliases(guids: readonly string[], holder: string): Promise<void> {
    await writeAll(
      this.#table,
      guids.map((guid) => ({
        partitionKey: bucketOf(guid),
        operation: { kind: 'put', rowKey: `a|${guid}`, values: { holder } },
      })),
    );
  }

  /** The objects are not joined under `holder` any more. */
  async dropAliases(guids: readonly string[], holder: string): Promise<void> {
    await inParallel(guids, 8, async (guid) => {
      const row = await this.#table.get(bucketOf(guid), `a|${guid}`);
      if (row?.values['holder'] === holder) {
        await this.#table.deleteIfUnchanged(bucketOf(guid), `a|${guid}`, row.etag ?? '*');
      }
    });
  }

  async save(objects: ReadonlyMap<string, KnownObject>): Promise<void> {
    await writeAll(
      this.#table,
      [...objects].map(([guid, known]) => ({ partitionKey: bucketOf(guid), operation: toPut(guid, known) })),
    );
  }

  /** Whose counterparts objects of the tenant are; must be stored before the counterparts. */
  async saveIds(entries: readonly { readonly entraId: string; readonly guid: string }[]): Promise<void> {
    await writeAll(
      this.#table,
      entries.map(({ entraId, guid }) => ({
        partitionKey: bucketOf(entraId),
        operation: { kind: 'put', rowKey: `i|${entraId}`, values: { guid } },
      })),
    );
  }

  /** The source objects by whose GUID objects of the tenant are kept; only of those that are ours. */
  async guidsOf(entraIds: readonly string[]): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    await inParallel([...groupBy(new Set(entraIds), bucketOf)], 8, async ([bucket, some]) => {
      const rows = await loadRows(
        this.#table,
        bucket,
        some.map((id) => `i|${id}`),
      );
      for (const [key, row] of rows) found.set(key.slice(2), String(row.values['guid']));
    });
    return found;
  }

  /** Entra has been written to, and has not shown it yet. */
  async await(guids: readonly string[], at: Date): Promise<void> {
    await this.#awaited.write(
      awaitedPartition,
      guids.map((guid) => ({ kind: 'put', rowKey: guid, values: { at: at.toISOString() } })),
    );
  }

  /** Those of the objects that wait for Entra to show what was written, and since when (ISO 8601). */
  async awaited(guids: readonly string[]): Promise<Map<string, string>> {
    const rows = await loadRows(this.#awaited, awaitedPartition, guids);
    return new Map([...rows].map(([guid, row]) => [guid, String(row.values['at'])]));
  }

  /** All that wait, up to so many, and since when. */
  async allAwaited(limit: number): Promise<Map<string, string>> {
    const rows = await collect(this.#awaited.range({ partitionKey: awaitedPartition, from: '0', to: 'g', limit }));
    return new Map(rows.map((row) => [row.rowKey, String(row.values['at'])]));
  }

  /** Entra shows what was written, or it is known by now what became of it. The cycle is the only one that calls this. */
  async confirm(guids: readonly string[]): Promise<void> {
    await deleteRows(this.#awaited, awaitedPartition, guids);
  }

  /** Every counterpart, bucket by bucket. */
  async *scan(): AsyncIterable<ReadonlyMap<string, KnownObject>> {
    for (const bucket of buckets) {
      for await (const page of this.#table.range(prefixRange(bucket, 'e|'))) {
        yield new Map(page.map((row) => [row.rowKey.slice(2), toKnown(row)]));
      }
    }
  }

  async forget(guids: readonly string[]): Promise<void> {
    await inParallel(guids, 8, (guid) => this.#table.deleteIfUnchanged(bucketOf(guid), `e|${guid}`, '*'));
  }

  /** Counts what exists: objects by connector, and memberships. Scans the keys of the whole table. */
  async population(): Promise<{ readonly objects: Readonly<Record<string, number>>; readonly memberships: number }> {
    const objects: Record<string, number> = {};
    let memberships = 0;
    await inParallel(buckets, 4, async (bucket) => {
      const select = ['state', 'connector'];
      for await (const page of this.#table.range({ ...prefixRange(bucket, 'e|'), select })) {
        for (const { values } of page) {
          if (values['state'] !== 'present') continue;
          const connector = String(values['connector'] ?? '');
          objects[connector] = (objects[connector] ?? 0) + 1;
        }
      }
      for await (const page of this.#table.range({ ...prefixRange(bucket, 'm|'), select: [] })) {
        memberships += page.length;
      }
    });
    return { objects, memberships };
  }

  async members(group: string): Promise<readonly KnownMember[]> {
    return (await this.membersOf([group])).get(group) ?? [];
  }

  /** The members of several groups; each group is in the answer. */
  async membersOf(groups: readonly string[]): Promise<Map<string, readonly KnownMember[]>> {
    const found = new Map<string, readonly KnownMember[]>();
    await inParallel([...groupBy(groups, bucketOf)], 4, async ([bucket, some]) => {
      const prefixOf = (group: string): string => `m|${group}|`;
      const rows = await loadBehind(this.#table, bucket, some.map(prefixOf));
      for (const group of some) {
        const prefix = prefixOf(group);
        const members = rows.get(prefix) ?? [];
        found.set(
          group,
          members.map((row) => ({
            objectGuid: row.rowKey.slice(prefix.length),
            entraId: String(row.values['entraId']),
          })),
        );
      }
    });
    return found;
  }

  async saveMembers(group: string, added: readonly KnownMember[], removed: readonly KnownMember[]): Promise<void> {
    const puts: RowOperation[] = added.map((m) => ({
      kind: 'put',
      rowKey: `m|${group}|${m.objectGuid}`,
      values: { entraId: m.entraId },
    }));
    await this.#table.write(bucketOf(group), puts);
    await inParallel(removed, 8, (m) =>
      this.#table.deleteIfUnchanged(bucketOf(group), `m|${group}|${m.objectGuid}`, '*'),
    );
  }

  async wait(entries: readonly Waiting[]): Promise<void> {
    await writeAll(
      this.#table,
      entries.map((w) => ({
        partitionKey: bucketOf(w.target),
        operation: {
          kind: 'put',
          rowKey: `w|${w.target}|${w.source}`,
          values: { type: w.sourceType, connector: w.connector },
        },
      })),
    );
  }

  /** Who waits for one of the targets. The entries stay until {@link stopWaiting}: a crash in between loses nobody. */
  async waitingFor(targets: readonly string[]): Promise<readonly Waiting[]> {
    const found: Waiting[] = [];
    await inParallel([...groupBy(targets, bucketOf)], 8, async ([bucket, some]) => {
      const wanted = new Set(some);
      const sorted = some.toSorted();
      // Few objects wait for a target that is not there, so one range over the slice is cheaper than a query an object.
      const range = { partitionKey: bucket, from: `w|${sorted[0] ?? ''}`, to: `w|${sorted.at(-1) ?? ''}}` };
      for await (const page of this.#table.range(range)) {
        for (const row of page) {
          const [, target = '', source = ''] = row.rowKey.split('|');
          if (wanted.has(target))
            found.push({
              target,
              source,
              connector: String(row.values['connector']),
              sourceType: row.values['type'] === 'group' ? 'group' : 'user',
            });
        }
      }
    });
    return found;
  }

  async stopWaiting(entries: readonly Waiting[]): Promise<void> {
    await inParallel(entries, 8, (w) =>
      this.#table.deleteIfUnchanged(bucketOf(w.target), `w|${w.target}|${w.source}`, '*'),
    );
  }

  /**
   * The source object takes the object of the tenant for its own, which carries no anchor to tell so. Gives the source
   * object that has taken it before, or else its own GUID.
   */
  async claim(entraId: string, guid: string): Promise<string> {
    const bucket = bucketOf(entraId);
    const rowKey = `c|${entraId}`;
    const taken = await this.#table.insertNew(bucket, [{ rowKey, values: { guid } }]);
    if (taken.length === 0) return guid;
    const row = await this.#table.get(bucket, rowKey);
    const holder = String(row?.values['guid'] ?? guid);
    const before = (await this.load([holder])).get(holder);
    const lost = before === undefined || (before.entraId !== undefined && before.entraId !== entraId);
    if (holder === guid || !lost) return holder;
    // Who had taken it has let go of it.
    await this.#table.write(bucket, [{ kind: 'put', rowKey, values: { guid } }]);
    return guid;
  }

  async saveUnclaimed(objects: readonly UnclaimedObject[]): Promise<void> {
    await writeAll(
      this.#table,
      objects.map((o) => ({
        partitionKey: bucketOf(anchorKeyOf(o.sourceAnchor)),
        operation: {
          kind: 'put',
          rowKey: `x|${anchorKeyOf(o.sourceAnchor)}`,
          values: {
            sourceAnchor: o.sourceAnchor,
            type: o.type,
            entraId: o.entraId,
            deleted: o.deleted,
            ...splitText('p', JSON.stringify(o.properties)),
          },
        },
      })),
    );
  }

  async unclaimed(sourceAnchor: string): Promise<UnclaimedObject | undefined> {
    const key = anchorKeyOf(sourceAnchor);
    const row = await this.#table.get(bucketOf(key), `x|${key}`);
    if (row === undefined) return undefined;
    const { values } = row;
    return {
      sourceAnchor: String(values['sourceAnchor']),
      type: values['type'] === 'group' ? 'group' : 'user',
      entraId: String(values['entraId']),
      deleted: values['deleted'] === true,
      properties: JSON.parse(joinText('p', values)) as Properties,
    };
  }
}

/** What is kept as text: everything that is not a flat value. */
type KnownDetails = Pick<KnownObject, 'properties' | 'setAside' | 'members' | 'signInName'>;

function toPut(guid: string, known: KnownObject): RowOperation {
  const { type, state, entraId, sourceAnchor, manager, properties, setAside, members, signInName } = known;
  const details: KnownDetails = { properties, setAside, members, signInName };
  const values = {
    type,
    state,
    sourceAnchor,
    connector: (members.find(({ objectGuid }) => objectGuid === guid) ?? members[0])?.connector ?? '',
    entraId: entraId ?? '',
    manager: manager === undefined ? '?' : (manager ?? ''),
    ...splitText('p', JSON.stringify(details)),
  };
  return { kind: 'put', rowKey: `e|${guid}`, values };
}

function toKnown({ values }: Row): KnownObject {
  const { properties, setAside, members, signInName } = JSON.parse(joinText('p', values)) as KnownDetails;
  return {
    type: values['type'] === 'group' ? 'group' : 'user',
    state: values['state'] as KnownObject['state'],
    entraId: values['entraId'] === '' ? undefined : String(values['entraId']),
    sourceAnchor: String(values['sourceAnchor']),
    manager: values['manager'] === '?' ? undefined : values['manager'] === '' ? null : String(values['manager']),
    properties,
    setAside,
    members,
    signInName,
  };
}

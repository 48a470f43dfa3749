import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { ObjectReference } from '../../shared/engine/space-object.ts';
import { objectKey } from '../../shared/engine/space-object.ts';
import { bucketOf, groupBy, inParallel } from './buckets.ts';
import type { Row, Table, Tables } from './table.ts';
import { collect, prefixRange } from './table.ts';

/** An object and the texts by which it may join others (`Engine.joinKeys`). */
export interface Keyed {
  readonly object: ObjectReference;
  readonly keys: readonly string[];
}

/** Objects that may join one another; more than these are a rule that joins everything with everything. */
const clusterLimit = 200;

/**
 * Table `JoinKeys`: by which keys objects may join. Almost every key has one object, so the first one to claim a key gets
 * a row in a batch, and only the others cost more. Partition `<hash digit>`: `<hash>` the first holder of a key,
 * `<hash>|<guid>|<connector>` another. Partition `mates|<first digit of the GUID>`: `<guid>|<connector>|<hash>` a key that
 * an object shares, or once shared, with another. A row too many only means that more is looked at than need be.
 */
export class JoinIndex {
  readonly #table: Table;

  constructor(tables: Tables) {
    this.#table = tables('JoinKeys');
  }

  /** Forgets everything. */
  clear(): Promise<void> {
    return this.#table.clear();
  }

  /** The objects have these keys. Returns other objects that hold one of them already. */
  async claim(entries: readonly Keyed[]): Promise<readonly ObjectReference[]> {
    const claims = entries.flatMap(({ object, keys }) => keys.map((key) => ({ object, hash: hashOf(key) })));
    const others: ObjectReference[] = [];
    await inParallel([...groupBy(claims, ({ hash }) => bucketOf(hash))], 4, async ([bucket, some]) => {
      // Within one batch two objects may have the same key; the later one finds it taken.
      const first = new Map(some.toReversed().map((claim) => [claim.hash, claim]));
      const taken = new Set(
        await this.#table.insertNew(
          bucket,
          [...first.values()].map(({ hash, object }) => ({ rowKey: hash, values: { ...object } })),
        ),
      );
      const contested = some.filter((claim) => taken.has(claim.hash) || first.get(claim.hash) !== claim);
      await inParallel(contested, 8, async ({ hash, object }) => {
        others.push(...(await this.#share(hash, object)));
      });
    });
    return others;
  }

  async #share(hash: string, object: ObjectReference): Promise<readonly ObjectReference[]> {
    const holders = await this.#holders(hash);
    const own = objectKey(object);
    const others = holders.filter((holder) => objectKey(holder) !== own);
    if (others.length === 0) return [];
    const { objectGuid, connector } = object;
    if (others.length === holders.length) {
      await this.#table.write(bucketOf(hash), [
        { kind: 'put', rowKey: `${hash}|${objectGuid}|${connector}`, values: { ...object } },
      ]);
    }
    // Those who held the key alone until now have a mate too.
    for (const mate of [object, ...others]) {
      await this.#table.write(`mates|${bucketOf(mate.objectGuid)}`, [
        { kind: 'put', rowKey: `${mate.objectGuid}|${mate.connector}|${hash}`, values: {} },
      ]);
    }
    return others;
  }

  /** The objects have lost these keys. */
  async release(entries: readonly Keyed[]): Promise<void> {
    const claims = entries.flatMap(({ object, keys }) => keys.map((key) => ({ object, hash: hashOf(key) })));
    await inParallel(claims, 8, async ({ object, hash }) => {
      const { objectGuid, connector } = object;
      const first = await this.#table.get(bucketOf(hash), hash);
      if (first !== undefined && objectKey(toReference(first)) === objectKey(object)) {
        const heir = (await this.#holders(hash)).find((holder) => objectKey(holder) !== objectKey(object));
        // Whoever claims the key next has to find it taken.
        if (heir === undefined) await this.#table.deleteIfUnchanged(bucketOf(hash), hash, first.etag ?? '*');
        else await this.#table.write(bucketOf(hash), [{ kind: 'put', rowKey: hash, values: { ...heir } }]);
      }
      await this.#table.deleteIfUnchanged(bucketOf(hash), `${hash}|${objectGuid}|${connector}`, '*');
      await this.#table.deleteIfUnchanged(`mates|${bucketOf(objectGuid)}`, `${objectGuid}|${connector}|${hash}`, '*');
    });
  }

  /**
   * For each of the objects all that it may join, directly or through others; itself among them. Objects without mates
   * cost nothing but one look at a range.
   */
  async clustersOf(objects: readonly ObjectReference[]): Promise<readonly (readonly ObjectReference[])[]> {
    const mates = await this.#sharedKeys(objects);
    const clusters: (readonly ObjectReference[])[] = [];
    const placed = new Set<string>();
    for (const object of objects) {
      if (placed.has(objectKey(object))) continue;
      const cluster = mates.has(objectKey(object)) ? await this.#closure(object) : [object];
      for (const member of cluster) placed.add(objectKey(member));
      clusters.push(cluster);
    }
    return clusters;
  }

  async #closure(object: ObjectReference): Promise<readonly ObjectReference[]> {
    const found = new Map([[objectKey(object), object]]);
    const seen = new Set<string>();
    for (const member of found.values()) {
      if (found.size > clusterLimit) break;
      const shared = await this.#sharedKeys([member]);
      for (const hash of shared.get(objectKey(member)) ?? []) {
        if (seen.has(hash)) continue;
        seen.add(hash);
        for (const holder of await this.#holders(hash))
          found.set(objectKey(holder), found.get(objectKey(holder)) ?? holder);
      }
    }
    return [...found.values()];
  }

  async #holders(hash: string): Promise<readonly ObjectReference[]> {
    const rows = await collect(this.#table.range(prefixRange(bucketOf(hash), hash)));
    return [...new Map(rows.map(toReference).map((holder) => [objectKey(holder), holder])).values()];
  }

  /** Hashes of the keys that each object shares with another. */
  async #sharedKeys(objects: readonly ObjectReference[]): Promise<Map<string, readonly string[]>> {
    const found = new Map<string, string[]>();
    await inParallel([...groupBy(objects, ({ objectGuid }) => bucketOf(objectGuid))], 8, async ([bucket, some]) => {
      const wanted = new Set(some.map(objectKey));
      const guids = some.map(({ objectGuid }) => objectGuid).sort();
      // Objects with mates are few, so one range over neighbours is cheaper than a query for each.
      const range = { partitionKey: `mates|${bucket}`, from: guids[0] ?? '', to: `${guids.at(-1) ?? ''}}` };
      for await (const page of this.#table.range(range)) {
        for (const { rowKey } of page) {
          const objectGuid = rowKey.slice(0, rowKey.indexOf('|'));
          const hashAt = rowKey.lastIndexOf('|');
          const key = objectKey({ objectGuid, connector: rowKey.slice(objectGuid.length + 1, hashAt) });
          if (wanted.has(key)) found.set(key, [...(found.get(key) ?? []), rowKey.slice(hashAt + 1)]);
        }
      }
    });
    return found;
  }
}

/** Keys may hold any text; row keys may not. */
function hashOf(key: string): string {
  return bytesToHex(sha256(new TextEncoder().encode(key)).subarray(0, 16));
}

function toReference({ values }: Row): ObjectReference {
  return { connector: String(values['connector']), objectGuid: String(values['objectGuid']) };
}

import type { ChangeBatch } from '../../../shared/contracts/change-batch.ts';
import type { AttributeValues, DirectoryChange } from '../../../shared/directory/change.ts';
import type { DirectoryObject } from '../../../shared/directory/object.ts';
import type { RandomStream } from '../../sandbox/graph/random.ts';
import { groupObject, guidOf, partial, Stream, userObject, whole } from '../../support/facts.ts';

/** Objects that a directory may have, living or not. */
const userCount = 12;
const groupCount = 4;

/** A directory that lives by chance, and the batches that its relay sends of it. */
export class RandomDirectory {
  readonly connector: string;
  /** What has been sent and not been delivered. */
  readonly sent: ChangeBatch[] = [];
  readonly delivered: ChangeBatch[] = [];
  readonly #random: RandomStream;
  readonly #stream: Stream;
  readonly #base: number;
  readonly #living = new Map<string, DirectoryObject>();
  readonly #members = new Map<string, Set<string>>();
  #names = 0;
  /** Full member lists that were sent; each is a set of its own. */
  #sets = 0;

  constructor(connector: string, base: number, random: RandomStream) {
    this.connector = connector;
    this.#base = base;
    this.#random = random;
    this.#stream = new Stream(connector);
    for (let n = 0; n < userCount; n += 1) if (random.fraction() < 0.8) this.#create(this.#userGuid(n));
    for (let n = 0; n < groupCount; n += 1) if (random.fraction() < 0.8) this.#create(this.#groupGuid(n));
    this.readFully();
  }

  get objects(): readonly DirectoryObject[] {
    return [...this.#living.values()];
  }

  /** Members that are there. */
  get members(): ReadonlyMap<string, readonly string[]> {
    return new Map(
      [...this.#members]
        .filter(([group]) => this.#living.has(group))
        .map(([group, members]) => [group, [...members].filter((guid) => this.#living.has(guid))]),
    );
  }

  /** The relay reads everything. */
  readFully(): void {
    const changes = this.objects.map((object) => this.#whole(object));
    const half = Math.ceil(changes.length / 2);
    this.sent.push(...this.#stream.fullRead(changes.slice(0, half), changes.slice(half)));
  }

  /** Another relay takes over, and sends once more what the last one may not have sent. */
  changeLeader(): void {
    this.#stream.lead();
  }

  /** Something happens in the directory. */
  act(): void {
    const changes: DirectoryChange[] = [];
    for (let n = 1 + (this.#random.next() % 3); n > 0; n -= 1) changes.push(...this.#happen());
    if (changes.length > 0) this.sent.push(this.#stream.changes(...changes));
  }

  /** A catastrophe: much is deleted, disabled or moved out of scope at once, or the directory answers nothing. */
  suffer(): void {
    const chance = this.#random.fraction();
    if (chance < 0.25) {
      this.sent.push(...this.#stream.fullRead([]));
      return;
    }
    const some = [...this.#living.keys()].filter(() => this.#random.fraction() < 0.7);
    const changes = some.flatMap((guid) => {
      if (chance < 0.5) return this.#delete(guid);
      if (!guid.endsWith('a')) return [];
      return this.#set(guid, chance < 0.75 ? { userAccountControl: ['514'] } : { adminDescription: ['User_out'] });
    });
    if (changes.length > 0) this.sent.push(this.#stream.changes(...changes));
  }

  #happen(): readonly DirectoryChange[] {
    const guid = this.#random.fraction() < 0.7 ? this.#anyUser() : this.#anyGroup();
    const object = this.#living.get(guid);
    if (object === undefined) {
      this.#create(guid);
      return this.#returned(guid);
    }
    const chance = this.#random.fraction();
    if (chance < 0.12) return this.#delete(guid);
    if (object.objectClass === 'group')
      return chance < 0.8 ? this.#regroup(guid) : this.#set(guid, { description: [this.#name()] });
    if (chance < 0.4) return this.#set(guid, { title: chance < 0.2 ? [this.#name()] : [] });
    if (chance < 0.5) return this.#set(guid, { userAccountControl: [this.#random.fraction() < 0.5 ? '514' : '512'] });
    if (chance < 0.6) return this.#set(guid, { userPrincipalName: [`${this.#name()}@contoso.test`] });
    if (chance < 0.7) return this.#set(guid, { adminDescription: this.#random.fraction() < 0.5 ? ['User_out'] : [] });
    return this.#set(guid, { manager: this.#random.fraction() < 0.7 ? [this.#livingUser()].flat() : [] });
  }

  #create(guid: string): void {
    const name = this.#name();
    const user = guid.endsWith('a');
    this.#living.set(guid, user ? userObject(name, {}, guid) : groupObject(name, {}, guid));
    if (!user) this.#members.set(guid, new Set(this.#someUsers()));
  }

  /** Reanimated or new: all of it, and the groups that name it are as they were. */
  #returned(guid: string): readonly DirectoryChange[] {
    const object = this.#living.get(guid);
    return object === undefined ? [] : [this.#whole(object)];
  }

  #whole(object: DirectoryObject): DirectoryChange {
    if (object.objectClass !== 'group') return whole(object);
    this.#sets += 1;
    return whole(object, this.members.get(object.objectGuid) ?? [], `set-${this.#sets}`);
  }

  /** Active Directory takes the links of a deleted object away, and does not give them back. */
  #delete(guid: string): readonly DirectoryChange[] {
    this.#living.delete(guid);
    this.#members.delete(guid);
    for (const members of this.#members.values()) members.delete(guid);
    for (const [other, object] of this.#living) {
      if (object.attributes['manager']?.[0] !== guid) continue;
      this.#living.set(other, withAttributes(object, { manager: [] }));
    }
    return [{ kind: 'deleted', objectGuid: guid }];
  }

  #set(guid: string, attributes: AttributeValues): readonly DirectoryChange[] {
    const object = this.#living.get(guid);
    if (object === undefined) return [];
    this.#living.set(guid, withAttributes(object, attributes));
    return [partial(guid, attributes)];
  }

  #regroup(guid: string): readonly DirectoryChange[] {
    const members = this.#members.get(guid) ?? new Set<string>();
    const wanted = new Set(this.#random.fraction() < 0.2 ? [this.#anyGroup()] : this.#someUsers());
    const added = [...wanted].filter((one) => !members.has(one) && this.#living.has(one) && one !== guid);
    const removed = [...members].filter((one) => this.#random.fraction() < 0.3 && !wanted.has(one));
    for (const one of added) members.add(one);
    for (const one of removed) members.delete(one);
    this.#members.set(guid, members);
    if (added.length + removed.length === 0) return [];
    return [
      {
        kind: 'present',
        objectGuid: guid,
        whole: false,
        attributes: {},
        links: [{ attribute: 'member', added, removed }],
      },
    ];
  }

  #someUsers(): readonly string[] {
    return [...this.#living.keys()].filter((guid) => guid.endsWith('a') && this.#random.fraction() < 0.4);
  }

  #livingUser(): readonly string[] {
    const users = [...this.#living.keys()].filter((guid) => guid.endsWith('a'));
    return users.slice(0, 1).length === 0 ? [] : [users[this.#random.next() % users.length] ?? ''];
  }

  #anyUser(): string {
    return this.#userGuid(this.#random.next() % userCount);
  }

  #anyGroup(): string {
    return this.#groupGuid(this.#random.next() % groupCount);
  }

  /** Users' GUIDs end in `a`, groups' in `b`. */
  #userGuid(n: number): string {
    return guidOf(this.#base + n, (n % 16).toString(16)).replace(/0$/, 'a');
  }

  #groupGuid(n: number): string {
    return guidOf(this.#base + 100 + n, ((n * 5) % 16).toString(16)).replace(/0$/, 'b');
  }

  /** Never the same twice, in no directory. */
  #name(): string {
    this.#names += 1;
    return `n${this.#base}-${this.#names}`;
  }
}

function withAttributes(object: DirectoryObject, attributes: AttributeValues): DirectoryObject {
  const merged = Object.entries({ ...object.attributes, ...attributes }).filter(([, values]) => values.length > 0);
  return { ...object, attributes: Object.fromEntries(merged) };
}

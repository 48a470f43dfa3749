import { guidToBytes } from '../../../shared/directory/guid.ts';

export const namingContext = 'DC=scripted,DC=test';

/** A value with the time (USN) at which it came to be what it is. */
interface Stamped<T> {
  readonly value: T;
  readonly usn: number;
}

export interface ScriptedObject {
  readonly guid: string;
  readonly objectClass: readonly string[];
  parent: ScriptedObject | undefined;
  rdn: string;
  readonly createdUsn: number;
  /** When it was renamed, moved or created last. */
  placedUsn: number;
  readonly values: Map<string, Stamped<readonly string[]>>;
  /** Members by GUID; `false`: was removed. */
  readonly members: Map<string, Stamped<boolean>>;
  deletedUsn: number | undefined;
}

/** A directory with a history, as a domain controller keeps it. */
export class ScriptedDirectory {
  usn = 1;
  readonly objects: Map<string, ScriptedObject> = new Map<string, ScriptedObject>();
  readonly root: ScriptedObject;

  constructor() {
    this.root = this.#put('00000000-0000-4000-8000-000000000000', namingContext, ['top', 'domainDNS'], undefined);
  }

  add(guid: string, rdn: string, objectClass: string, parent: ScriptedObject = this.root): ScriptedObject {
    return this.#put(guid, rdn, ['top', objectClass], parent);
  }

  set(object: ScriptedObject, name: string, ...values: readonly string[]): void {
    object.values.set(name, { value: values, usn: ++this.usn });
  }

  link(group: ScriptedObject, targets: readonly string[], present = true): void {
    this.usn += 1;
    for (const target of targets) group.members.set(target, { value: present, usn: this.usn });
  }

  move(object: ScriptedObject, parent: ScriptedObject, rdn: string = object.rdn): void {
    object.parent = parent;
    object.rdn = rdn;
    object.placedUsn = ++this.usn;
  }

  /** Takes it out of every group, too, without a word of that (MS-ADTS 3.1.1.5.5.1). */
  remove(object: ScriptedObject): void {
    object.deletedUsn = ++this.usn;
    for (const { members } of this.objects.values()) members.delete(object.guid);
  }

  dnOf(object: ScriptedObject): string {
    if (object.deletedUsn !== undefined)
      return `${object.rdn}\\0ADEL:${object.guid},CN=Deleted Objects,${namingContext}`;
    return object.parent === undefined ? object.rdn : `${object.rdn},${this.dnOf(object.parent)}`;
  }

  extendedDn(object: ScriptedObject): string {
    return `<GUID=${object.guid}>;${this.dnOf(object)}`;
  }

  depthOf({ parent }: ScriptedObject): number {
    return parent === undefined ? 0 : this.depthOf(parent) + 1;
  }

  isBelow(object: ScriptedObject, ancestor: ScriptedObject): boolean {
    return object === ancestor || (object.parent !== undefined && this.isBelow(object.parent, ancestor));
  }

  /** What the relay is to end up with: DN, values and members of everything that is not deleted. */
  state(): ReadonlyMap<string, unknown> {
    const travelling = [...this.objects.values()].filter(
      ({ deletedUsn, objectClass }) =>
        deletedUsn === undefined && ['user', 'group', 'contact'].some((name) => objectClass.includes(name)),
    );
    return new Map(
      travelling.map((object) => [
        object.guid,
        {
          dn: this.dnOf(object),
          values: withValues([
            ['name', [nameOf(object)]],
            ...[...object.values].map(([name, { value }]): [string, readonly string[]] => [name, value]),
          ]),
          members: [...object.members].flatMap(([guid, { value }]) => (value ? [guid] : [])).sort(),
        },
      ]),
    );
  }

  #put(guid: string, rdn: string, objectClass: readonly string[], parent: ScriptedObject | undefined): ScriptedObject {
    const usn = ++this.usn;
    const object: ScriptedObject = {
      guid,
      objectClass,
      parent,
      rdn,
      createdUsn: usn,
      placedUsn: usn,
      values: new Map(),
      members: new Map(),
      deletedUsn: undefined,
    };
    this.objects.set(guid, object);
    return object;
  }
}

function withValues(
  all: readonly (readonly [string, readonly string[]])[],
): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(all.filter(([, values]) => values.length > 0));
}

/** An attribute as it goes over the wire. */
export interface WireAttribute {
  readonly type: string;
  readonly values: readonly (string | Uint8Array)[];
}

export interface WireEntry {
  readonly name: string;
  readonly attributes: readonly WireAttribute[];
}

/** What an ordinary search shows of an object: lists longer than `maxValues` in parts (MS-ADTS 3.1.1.3.1.3.3). */
export function currentEntry(
  directory: ScriptedDirectory,
  object: ScriptedObject,
  asked: readonly string[],
  maxValues: number,
): WireEntry {
  const attributes: WireAttribute[] = [];
  for (const one of asked) {
    const [, type = one, from] = /^([^;]+);range=(\d+)-\*$/i.exec(one) ?? [];
    if (type.toLowerCase() !== 'member') {
      const values = plainValues(object, type);
      if (values.length > 0) attributes.push({ type, values });
      continue;
    }
    const all = [...object.members].flatMap(([guid, { value }]) => (value ? [guid] : []));
    const start = Number(from ?? 0);
    const part = all.slice(start, start + maxValues).map((guid) => linkValue(directory, guid));
    if (all.length === 0) continue;
    const isLast = start + maxValues >= all.length;
    if (start === 0 && isLast) attributes.push({ type, values: part });
    else {
      attributes.push({ type, values: [] });
      attributes.push({ type: `${type};range=${start}-${isLast ? '*' : start + maxValues - 1}`, values: part });
    }
  }
  return { name: directory.extendedDn(object), attributes };
}

/**
 * What DirSync tells of an object since a USN (MS-ADTS 3.1.1.3.4.1.3), in as many entries as it takes to show `maxValues` links
 * each; none when nothing that was asked for changed. `parentGUID` comes with a creation, a rename or a move only.
 */
export function changeEntries(
  directory: ScriptedDirectory,
  object: ScriptedObject,
  since: number,
  asked: readonly string[],
  maxValues: number,
): WireEntry[] {
  const isNew = object.createdUsn > since;
  if (object.deletedUsn !== undefined) {
    if (object.deletedUsn <= since || (isNew && since === 0)) return [];
    return [entryOf(directory, object, [{ type: 'isDeleted', values: ['TRUE'] }])];
  }
  const own: WireAttribute[] = [];
  for (const type of asked) {
    const name = type.toLowerCase();
    if (name === 'objectguid' || name === 'member') continue;
    const isPlace = name === 'name' || name === 'parentguid';
    const changed = isNew || (isPlace ? object.placedUsn > since : (valueOf(object, type)?.usn ?? 0) > since);
    if (!changed) continue;
    const values = plainValues(object, type);
    if (values.length > 0 || (!isNew && valueOf(object, type) !== undefined)) own.push({ type, values });
  }
  const links = asked.some((type) => type.toLowerCase() === 'member')
    ? linkParts(directory, object, since, maxValues)
    : [];
  if (own.length === 0 && links.length === 0) return [];
  const [first = [], ...others] = links;
  return [entryOf(directory, object, [...own, ...first]), ...others.map((part) => entryOf(directory, object, part))];
}

function entryOf(
  directory: ScriptedDirectory,
  object: ScriptedObject,
  attributes: readonly WireAttribute[],
): WireEntry {
  const always = [
    { type: 'objectGUID', values: [guidToBytes(object.guid)] },
    { type: 'instanceType', values: ['4'] },
  ];
  return { name: directory.extendedDn(object), attributes: [...attributes, ...always] };
}

function linkParts(
  directory: ScriptedDirectory,
  { members }: ScriptedObject,
  since: number,
  maxValues: number,
): WireAttribute[][] {
  const changed = [...members].filter(([, { value, usn }]) => usn > since && (value || since > 0));
  const parts: WireAttribute[][] = [];
  for (let from = 0; from < changed.length; from += maxValues) {
    const some = changed.slice(from, from + maxValues);
    const of = (present: boolean): string[] =>
      some.filter(([, { value }]) => value === present).map(([guid]) => linkValue(directory, guid));
    parts.push(
      [
        { type: 'member;range=1-1', values: of(true) },
        { type: 'member;range=0-0', values: of(false) },
      ].filter(({ values }) => values.length > 0),
    );
  }
  return parts;
}

function linkValue(directory: ScriptedDirectory, guid: string): string {
  const target = directory.objects.get(guid);
  return target === undefined ? `<GUID=${guid}>;CN=${guid},${namingContext}` : directory.extendedDn(target);
}

function nameOf({ rdn }: ScriptedObject): string {
  return rdn.slice(rdn.indexOf('=') + 1);
}

function valueOf({ values }: ScriptedObject, type: string): Stamped<readonly string[]> | undefined {
  return [...values].find(([name]) => name.toLowerCase() === type.toLowerCase())?.[1];
}

function plainValues(object: ScriptedObject, type: string): readonly (string | Uint8Array)[] {
  switch (type.toLowerCase()) {
    case 'objectguid':
      return [guidToBytes(object.guid)];
    case 'parentguid':
      return object.parent === undefined ? [] : [guidToBytes(object.parent.guid)];
    case 'objectclass':
      return object.objectClass;
    case 'name':
      return [nameOf(object)];
    case 'whencreated':
      return ['20260101000000.0Z'];
    default:
      return valueOf(object, type)?.value ?? [];
  }
}

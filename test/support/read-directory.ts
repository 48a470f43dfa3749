import { readFile } from 'node:fs/promises';
import type { Entry } from 'ldapts';
import { Client } from 'ldapts';
import type { AttributeDefinition } from '../../shared/directory/attributes.ts';
import { directoryAttributes } from '../../shared/directory/attributes.ts';
import type { ObjectClass } from '../../shared/directory/change.ts';
import { guidFromBytes } from '../../shared/directory/guid.ts';
import type { DirectoryObject } from '../../shared/directory/object.ts';
import { sidFromBytes } from '../../shared/directory/sid.ts';
import type { SambaDc } from '../sandbox/samba/samba-dc.ts';
import type { DirectoryState } from './in-step.ts';

const binary = directoryAttributes
  .filter(({ syntax }) => ['binary', 'guid', 'sid'].includes(syntax))
  .map(({ name }) => name);

/**
 * The whole directory by plain searches, as any LDAP client sees it: another way than the relay's to the same facts, so
 * that a test does not believe the relay on its own word.
 */
export async function readDirectory(dc: SambaDc): Promise<DirectoryState> {
  const client = new Client({ url: dc.ldapsUrl, tlsOptions: { ca: [await readFile(dc.caFile, 'utf8')] } });
  try {
    await client.bind(dc.adminDn, (await readFile(dc.adminPasswordFile, 'utf8')).trimEnd());
    const { searchEntries } = await client.search(dc.baseDn, {
      scope: 'sub',
      filter: '(|(objectClass=user)(objectClass=group)(objectClass=contact))',
      attributes: ['objectGUID', 'objectClass', ...directoryAttributes.map(({ name }) => name)],
      explicitBufferAttributes: ['objectGUID', ...binary],
      paged: { pageSize: 500 },
    });
    return stateOf(searchEntries);
  } finally {
    await client.unbind();
  }
}

function stateOf(entries: readonly Entry[]): DirectoryState {
  const guidOf = new Map(
    entries.map((entry) => [entry.dn.toLowerCase(), guidFromBytes(buffers(entry, 'objectGUID')[0] ?? Buffer.alloc(0))]),
  );
  const targets = (entry: Entry, attribute: string): string[] =>
    texts(entry, attribute).flatMap((dn) => guidOf.get(dn.toLowerCase()) ?? []);
  const objects: DirectoryObject[] = [];
  const members = new Map<string, readonly string[]>();
  for (const entry of entries) {
    const objectGuid = guidOf.get(entry.dn.toLowerCase()) ?? '';
    const objectClass = classOf(texts(entry, 'objectClass'));
    if (objectClass === undefined) continue;
    const attributes = Object.fromEntries(
      directoryAttributes
        .filter(({ syntax }) => syntax !== 'links')
        .map((definition): [string, readonly string[]] => [definition.name, canonical(entry, definition, targets)])
        .filter(([, values]) => values.length > 0),
    );
    objects.push({ objectGuid, objectClass, dn: entry.dn, attributes });
    if (objectClass === 'group') members.set(objectGuid, targets(entry, 'member'));
  }
  return { objects, members };
}

function canonical(
  entry: Entry,
  { name, syntax }: AttributeDefinition,
  targets: (entry: Entry, attribute: string) => string[],
): readonly string[] {
  switch (syntax) {
    case 'reference':
      return targets(entry, name);
    case 'guid':
      return buffers(entry, name).map(guidFromBytes);
    case 'sid':
      return buffers(entry, name).map(sidFromBytes);
    case 'binary':
      return buffers(entry, name).map((value) => value.toString('base64'));
    default:
      return texts(entry, name);
  }
}

/** The most specific of the classes that matter; computers are users to LDAP and none to a person. */
function classOf(classes: readonly string[]): ObjectClass | undefined {
  if (classes.includes('computer') || classes.includes('msDS-ManagedServiceAccount')) return undefined;
  return (['inetOrgPerson', 'user', 'group', 'contact'] as const).find((name) => classes.includes(name));
}

function texts(entry: Entry, attribute: string): string[] {
  return [entry[attribute] ?? []].flat().map(String);
}

function buffers(entry: Entry, attribute: string): Buffer[] {
  return [entry[attribute] ?? []].flat().filter((value) => Buffer.isBuffer(value));
}

import { readFile } from 'node:fs/promises';
import { Attribute, Change, Client, Control } from 'ldapts';
import { guidFromBytes } from '../../shared/directory/guid.ts';
import type { SambaDc } from '../sandbox/samba/samba-dc.ts';

type Values = Readonly<Record<string, string | Buffer | readonly string[]>>;

/** LDAP_SERVER_SHOW_DELETED_OID (MS-ADTS 3.1.1.3.4.1.14). */
const showDeleted = (): Control => new Control('1.2.840.113556.1.4.417', { critical: true });

/** Somebody at the directory's console: looks at objects and changes them over LDAPS as Administrator. */
export class DirectoryAdmin implements AsyncDisposable {
  readonly #client: Client;
  readonly #baseDn: string;

  readonly #another: () => Client;

  private constructor(another: () => Client, baseDn: string) {
    this.#another = another;
    this.#client = another();
    this.#baseDn = baseDn;
  }

  static async signIn(dc: SambaDc): Promise<DirectoryAdmin> {
    const ca = await readFile(dc.caFile, 'utf8');
    const admin = new DirectoryAdmin(() => new Client({ url: dc.ldapsUrl, tlsOptions: { ca: [ca] } }), dc.baseDn);
    await admin.#client.bind(dc.adminDn, (await readFile(dc.adminPasswordFile, 'utf8')).trimEnd());
    return admin;
  }

  async add(dn: string, values: Values): Promise<void> {
    const attributes = Object.entries(values).map(([type, value]) => new Attribute({ type, values: listed(value) }));
    await this.#client.add(dn, attributes);
  }

  /** Adds a disabled account. */
  async addUser(dn: string, sAMAccountName: string, values: Values = {}): Promise<void> {
    await this.add(dn, { objectClass: 'user', sAMAccountName, userAccountControl: '514', ...values });
  }

  async modify(dn: string, operation: 'add' | 'delete' | 'replace', values: Values): Promise<void> {
    await this.#client.modify(dn, changes(operation, values));
  }

  /** As a user's password: in quotation marks, in UTF-16 (MS-ADTS 3.1.1.3.1.5.1). */
  async setPassword(dn: string, password: string): Promise<void> {
    const unicodePwd = new Attribute({ type: 'unicodePwd', values: [Buffer.from(`"${password}"`, 'utf16le')] });
    await this.#client.modify(dn, new Change({ operation: 'replace', modification: unicodePwd }));
  }

  /** Sets a password and lets the account in. */
  async letIn(dn: string, password: string): Promise<void> {
    await this.setPassword(dn, password);
    await this.modify(dn, 'replace', { userAccountControl: '512' });
  }

  /** The owner of an account signs in. */
  async ownerSignsIn(dn: string, password: string): Promise<void> {
    const client = this.#another();
    await client.bind(dn, password);
    await client.unbind();
  }

  /** Renames, moves, or both. */
  async move(dn: string, newDn: string): Promise<void> {
    await this.#client.modifyDN(dn, newDn);
  }

  async remove(dn: string): Promise<void> {
    await this.#client.del(dn);
  }

  /** Brings a deleted object back to `dn` (MS-ADTS 3.1.1.5.3.7). */
  async restore(objectGuid: string, dn: string): Promise<void> {
    const steps = [...changes('delete', { isDeleted: [] }), ...changes('replace', { distinguishedName: dn })];
    const tombstone = await this.#client.search(
      `<GUID=${objectGuid}>`,
      { scope: 'base', attributes: ['distinguishedName'] },
      showDeleted(),
    );
    await this.#client.modify(tombstone.searchEntries[0]?.dn ?? '', steps, showDeleted());
  }

  /** One attribute of every object of the domain that matches, without the objects that have none. */
  async valuesOf(filter: string, attribute: string): Promise<string[]> {
    const { searchEntries } = await this.#client.search(this.#baseDn, {
      scope: 'sub',
      filter,
      attributes: [attribute],
      paged: { pageSize: 500 },
    });
    return searchEntries.flatMap((entry) => entry[attribute] ?? []).map(String);
  }

  /** The values of one attribute of every object that has it, by the object's DN. */
  async valuesByDn(attribute: string): Promise<Map<string, string[]>> {
    const { searchEntries } = await this.#client.search(this.#baseDn, {
      scope: 'sub',
      filter: `(${attribute}=*)`,
      attributes: [attribute],
      paged: { pageSize: 500 },
    });
    return new Map(searchEntries.map((entry) => [entry.dn, [entry[attribute] ?? []].flat().map(String)]));
  }

  /** The first value of a binary attribute of every object that has it, by the object's DN. */
  async bytesByDn(attribute: string): Promise<Map<string, Buffer>> {
    const { searchEntries } = await this.#client.search(this.#baseDn, {
      scope: 'sub',
      filter: `(${attribute}=*)`,
      attributes: [attribute],
      explicitBufferAttributes: [attribute],
      paged: { pageSize: 500 },
    });
    return new Map(
      searchEntries.flatMap((entry) =>
        [entry[attribute] ?? []]
          .flat()
          .slice(0, 1)
          .map((value): [string, Buffer] => [entry.dn, Buffer.from(value)]),
      ),
    );
  }

  /** Lower case with dashes. */
  /** The first value of an attribute, empty for none. */
  async valueOf(dn: string, attribute: string): Promise<string> {
    const { searchEntries } = await this.#client.search(dn, { scope: 'base', attributes: [attribute] });
    const value = searchEntries[0]?.[attribute];
    return [value ?? ''].flat().map(String)[0] ?? '';
  }

  async guidOf(dn: string): Promise<string> {
    const [guid] = await this.#guids(dn, 'base', '(objectClass=*)');
    if (guid === undefined) throw new Error(`${dn} shows no objectGUID.`);
    return guid;
  }

  /** Of every object of the domain that matches. */
  guidsOf(filter: string): Promise<string[]> {
    return this.#guids(this.#baseDn, 'sub', filter);
  }

  async #guids(base: string, scope: 'base' | 'sub', filter: string): Promise<string[]> {
    const { searchEntries } = await this.#client.search(base, {
      scope,
      filter,
      attributes: ['objectGUID'],
      explicitBufferAttributes: ['objectGUID'],
      paged: { pageSize: 500 },
    });
    return searchEntries.flatMap(({ objectGUID }) => (objectGUID instanceof Buffer ? [guidFromBytes(objectGUID)] : []));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.unbind();
  }
}

function changes(operation: 'add' | 'delete' | 'replace', values: Values): Change[] {
  return Object.entries(values).map(
    ([type, value]) => new Change({ operation, modification: new Attribute({ type, values: listed(value) }) }),
  );
}

function listed(value: string | Buffer | readonly string[]): string[] | Buffer[] {
  if (Buffer.isBuffer(value)) return [value];
  return typeof value === 'string' ? [value] : [...value];
}

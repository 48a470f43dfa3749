import { AndFilter, EqualityFilter, FilterParser, OrFilter, type Filter } from 'ldapts';
import { normalizeDn } from '../../../../shared/directory/dn.ts';
import { LockstepError } from '../../../../shared/errors/lockstep-error.ts';
import type { LdapConnection } from '../connection.ts';
import { requestedAttributes } from '../decode.ts';
import { travellingFilter, travellingObjects, type DirSyncSubject } from '../dir-sync.ts';
import { readEntry, type DirectoryEntry } from '../entry.ts';
import { Containers, findNamed, type NamedObject } from './containers.ts';
import { followPilot, guidFilter, readPilot, type Pilot, type PilotChange } from './pilot.ts';
import { filterAttributes, type ScopeSettings } from './scope-settings.ts';

/** What the cookie remembers of the scope under which it was given. */
export interface ScopeCookie {
  readonly settings: ScopeSettings;
  /** What the scope names, by objectGUID: a name that is changed later still means the same object. */
  readonly named: Readonly<Record<string, string>>;
  /** Base64 of DirSync's cookie for the members of the pilot group; empty without one. */
  readonly pilot: string;
}

/** GUIDs that one search asks for. */
const guidsAtOnce = 100;

/**
 * Which objects are synchronised, as far as the directory is known to say so. An object is in scope when its container, its
 * membership in the pilot group and the filter all say so. Foreign security principals always are: they are nothing
 * but the other end of a membership.
 */
export class Scope {
  /** Objects that came into the pilot group since the cookie. */
  readonly entered: ReadonlySet<string>;
  /** Objects that left it. */
  readonly left: ReadonlySet<string>;
  readonly #namingContext: string;
  readonly #settings: ScopeSettings | undefined;
  readonly #named: ReadonlyMap<string, NamedObject>;
  readonly #containers: Containers;
  readonly #pilot: Pilot | undefined;
  readonly #filterAttributes: readonly string[];
  readonly #foreign: string;

  private constructor(
    namingContext: string,
    settings: ScopeSettings | undefined,
    named: ReadonlyMap<string, NamedObject>,
    pilotChange: PilotChange | undefined,
  ) {
    this.#namingContext = namingContext;
    this.#settings = settings;
    this.#named = named;
    const found = (names: readonly string[] = []): NamedObject[] => names.flatMap((name) => named.get(name) ?? []);
    this.#containers = new Containers(found(settings?.include), found(settings?.exclude));
    this.#pilot = pilotChange?.pilot;
    this.entered = pilotChange?.added ?? new Set();
    this.left = pilotChange?.removed ?? new Set();
    this.#filterAttributes = settings?.filter === undefined ? [] : filterAttributes(settings.filter);
    this.#foreign = `,${normalizeDn(`CN=ForeignSecurityPrincipals,${namingContext}`)}`;
  }

  /**
   * The scope as it is now. From `cookie` on it also tells who came into the pilot group and who left; `members`, when they are
   * known for that cookie, need not be read.
   *
   * @throws LockstepError LS1111; LdapResultError when the pilot group's cookie leads nowhere.
   */
  static async open(
    connection: LdapConnection,
    namingContext: string,
    settings: ScopeSettings | undefined,
    since?: { readonly cookie: ScopeCookie; readonly members?: Pilot | undefined },
  ): Promise<Scope> {
    if (settings === undefined) return new Scope(namingContext, undefined, new Map(), undefined);
    const { include, exclude, pilotGroup } = settings;
    const names = [...include, ...exclude, ...(pilotGroup === undefined ? [] : [pilotGroup])];
    const named = new Map<string, NamedObject>();
    for (const name of names) named.set(name, await findNamed(connection, name, since?.cookie.named ?? {}));
    const group = pilotGroup === undefined ? undefined : named.get(pilotGroup)?.guid;
    if (group === undefined) return new Scope(namingContext, settings, named, undefined);
    if (since === undefined) {
      const pilot = await readPilot(connection, namingContext, group);
      return new Scope(namingContext, settings, named, { pilot, added: new Set(), removed: new Set() });
    }
    const cookie = Buffer.from(since.cookie.pilot, 'base64');
    const members = since.members?.cookie.equals(cookie) === true ? since.members.members : undefined;
    const change = await followPilot(connection, namingContext, group, { cookie, members });
    return new Scope(namingContext, settings, named, change);
  }

  /** False when everything is in scope. */
  get isLimited(): boolean {
    return this.#settings !== undefined;
  }

  get hasFilter(): boolean {
    return this.#settings?.filter !== undefined;
  }

  /** To be handed to the next {@link open}. */
  get pilot(): Pilot | undefined {
    return this.#pilot;
  }

  /** What a first read asks for: the server leaves out what the filter does not match. */
  get everything(): DirSyncSubject {
    return { filter: this.filter, attributes: requestedAttributes };
  }

  /** What a delta asks for: also what leaves the filter, and whatever decides about that. */
  get changes(): DirSyncSubject {
    if (this.#filterAttributes.length === 0) return travellingObjects;
    const asked = new Set(requestedAttributes.map((name) => name.toLowerCase()));
    const more = this.#filterAttributes.filter((name) => !asked.has(name));
    return { filter: travellingFilter, attributes: [...requestedAttributes, ...more] };
  }

  /** Matches the kinds of objects that travel, in as far as the filter lets them. */
  get filter(): Filter {
    const own = this.#settings?.filter;
    if (own === undefined) return travellingFilter;
    const foreign = new EqualityFilter({ attribute: 'objectClass', value: 'foreignSecurityPrincipal' });
    const either = new OrFilter({ filters: [foreign, FilterParser.parseString(own)] });
    return new AndFilter({ filters: [travellingFilter, either] });
  }

  /** What place and group say; the filter is asked of the server. */
  contains({ objectGuid, dn }: { readonly objectGuid: string; readonly dn: string }): boolean {
    if (!this.isLimited || normalizeDn(dn).endsWith(this.#foreign)) return true;
    return this.#pilot?.members.has(objectGuid) !== false && this.#containers.contain(dn);
  }

  /** True when the entry of a delta shows something that the filter asks for. */
  mayChange(entry: DirectoryEntry): boolean {
    return this.#filterAttributes.some((name) => entry.attributes.has(name));
  }

  /** Those of the objects that the filter matches now. */
  async matching(connection: LdapConnection, guids: readonly string[]): Promise<ReadonlySet<string>> {
    const matching = new Set<string>();
    for (let from = 0; from < guids.length; from += guidsAtOnce) {
      const some = guids.slice(from, from + guidsAtOnce).map(guidFilter);
      const found = await connection.searchAll({
        baseDn: this.#namingContext,
        scope: 'sub',
        filter: new AndFilter({ filters: [new OrFilter({ filters: some }), this.filter] }),
        attributes: ['objectGUID'],
      });
      for (const entry of found) {
        const { guid } = readEntry(entry, false);
        if (guid !== undefined) matching.add(guid);
      }
    }
    return matching;
  }

  /**
   * To be asked before anything is said to have left: while it was read, the directory must not have been reorganised.
   *
   * @throws LockstepError LS1112, LS1111.
   */
  async assertUnmoved(connection: LdapConnection): Promise<void> {
    for (const [name, { guid, dn }] of this.#named) {
      const now = await findNamed(connection, name, { [name]: guid });
      if (now.dn === dn) continue;
      throw new LockstepError('LS1112', `${name}, which the scope names, was renamed or moved during a read.`, {
        object: name,
        retryable: true,
      });
    }
  }

  toCookie(): ScopeCookie | null {
    if (this.#settings === undefined) return null;
    return {
      settings: this.#settings,
      named: Object.fromEntries([...this.#named].map(([name, { guid }]) => [name, guid])),
      pilot: this.#pilot?.cookie.toString('base64') ?? '',
    };
  }
}

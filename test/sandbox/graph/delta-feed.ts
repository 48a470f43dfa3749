import type { Relation } from './change-log.ts';
import { summarise, type ObjectChanges } from './delta-changes.ts';
import { decodeDeltaToken, encodeDeltaToken, type DeltaState } from './delta-token.ts';
import type { DirectoryObject } from './directory-object.ts';
import type { DirectoryStore } from './directory-store.ts';
import { badRequest, GraphFailure } from './failure.ts';
import type { Json, JsonObject } from './json.ts';
import { ok, prefers, type GraphReply, type GraphRequest } from './message.ts';
import { metadata, type ObjectKind } from './metadata.ts';
import { parseFilter, type Filter } from './odata/filter-syntax.ts';
import { parseSelect, valueOf } from './odata/projection.ts';
import type { Clock, ExpiredTokenAnswer } from './options.ts';

/** Tokens of directory objects live seven days. */
export const deltaTokenLifeMs: number = 7 * 24 * 3600 * 1000;

export interface DeltaSettings {
  readonly pageSize: number;
  readonly linksPerPage: number;
  readonly expired: ExpiredTokenAnswer;
  readonly hideMembersOfDeleted: boolean;
}

/** One object on a page, and where to go on when its links did not all fit. */
interface Item {
  readonly body: JsonObject;
  readonly links: number;
  readonly resumeLink: number | undefined;
}

/** A page under construction. */
interface Page {
  readonly value: JsonObject[];
  readonly next: DeltaState | undefined;
}

interface Link {
  readonly target: string;
  readonly linked: boolean;
  readonly position: number;
}

/** Delta query over users and groups. */
export class DeltaFeed {
  readonly #store: DirectoryStore;
  readonly #clock: Clock;
  readonly #settings: DeltaSettings;
  #epoch: number;
  #replay = 0;
  #summaries = new Map<string, ObjectChanges[]>();

  constructor(store: DirectoryStore, clock: Clock, settings: DeltaSettings, epoch: number) {
    this.#store = store;
    this.#clock = clock;
    this.#settings = settings;
    this.#epoch = epoch;
  }

  /** Declares all tokens issued so far outdated; gives the new epoch. */
  expireTokens(): number {
    return ++this.#epoch;
  }

  /** The next round that starts from a delta link goes back by this many changes: it repeats what was shown before. */
  replay(changes: number): void {
    this.#replay = changes;
  }

  /** Answers `GET /users/delta` or `/groups/delta`. */
  answer(request: GraphRequest, query: ReadonlyMap<string, string>, kind: ObjectKind): GraphReply {
    const state = this.#stateOf(request, query, kind);
    if (state === 'latest') return this.#reply(request, [], undefined, this.#start(query, kind));
    const page =
      state.round === 'all' ? this.#allPage(state) : this.#changesPage(state, prefers(request, 'return=minimal'));
    return this.#reply(request, page.value, page.next, state);
  }

  #stateOf(request: GraphRequest, query: ReadonlyMap<string, string>, kind: ObjectKind): DeltaState | 'latest' {
    const deltaToken = query.get('$deltatoken');
    const skipToken = query.get('$skiptoken');
    const token = skipToken ?? (deltaToken === '' ? undefined : deltaToken);
    if (token?.toLowerCase() === 'latest' && skipToken === undefined) return 'latest';
    if (token === undefined) return this.#start(query, kind);
    if (query.has('$select') || query.has('$filter'))
      throw badRequest('Query options are encoded in the token and can be given with the first request only.');
    const state = decodeDeltaToken(token, kind);
    const age = this.#clock.now() - state.issuedAt;
    if (state.epoch !== this.#epoch || age > deltaTokenLifeMs || state.from > this.#store.log.end)
      throw this.#outdated(request, kind);
    if (skipToken !== undefined) return state;
    const from = Math.max(0, state.from - this.#replay);
    this.#replay = 0;
    return { ...state, round: 'changes', from, to: this.#visibleEnd(from), object: 0, linkAt: 0 };
  }

  #start(query: ReadonlyMap<string, string>, kind: ObjectKind): DeltaState {
    for (const name of query.keys())
      if (name.startsWith('$') && !['$select', '$filter', '$deltatoken', '$format'].includes(name))
        throw badRequest(`'${name}' is not supported with delta query on this resource.`);
    const filter = query.get('$filter');
    const to = this.#visibleEnd(0);
    return {
      kind,
      epoch: this.#epoch,
      issuedAt: this.#clock.now(),
      round: 'all',
      from: to,
      to,
      object: 0,
      linkAt: 0,
      select: parseSelect(query.get('$select'), kind) ?? null,
      ids: filter === undefined ? null : filteredIds(parseFilter(filter)),
    };
  }

  #visibleEnd(atLeast: number): number {
    return Math.max(atLeast, this.#store.log.visibleEnd(this.#clock.now()));
  }

  #outdated(request: GraphRequest, kind: ObjectKind): GraphFailure {
    const message = 'The sync state generation is not found; a full synchronization is required.';
    if (this.#settings.expired === 'sync-state-not-found') return new GraphFailure(400, 'syncStateNotFound', message);
    const location = { Location: `${request.root}/${kind}s/delta?$deltatoken=` };
    return new GraphFailure(410, 'SyncStateNotFound', message, {
      headers: this.#settings.expired === 'gone' ? {} : location,
    });
  }

  #reply(request: GraphRequest, value: JsonObject[], next: DeltaState | undefined, state: DeltaState): GraphReply {
    const columns = state.select === null ? '' : `(${state.select.join(',')})`;
    const service = `${request.root}/${state.kind}s/delta`;
    const issuedAt = this.#clock.now();
    const link: JsonObject =
      next === undefined
        ? { '@odata.deltaLink': `${service}?$deltatoken=${encodeDeltaToken({ ...state, issuedAt, from: state.to })}` }
        : { '@odata.nextLink': `${service}?$skiptoken=${encodeDeltaToken({ ...next, issuedAt })}` };
    return ok({ '@odata.context': `${request.root}/$metadata#${state.kind}s${columns}`, ...link, value });
  }

  #allPage(state: DeltaState): Page {
    const value: JsonObject[] = [];
    let links = this.#settings.linksPerPage;
    let { object, linkAt } = state;
    for (const found of this.#store.inOrder(state.kind, linkAt > 0 ? object - 1 : object)) {
      if (value.length >= this.#settings.pageSize || links <= 0)
        return { value, next: { ...state, object, linkAt: 0 } };
      const resume = found.ordinal === object ? linkAt : 0;
      object = found.ordinal;
      if (!this.#store.isVisible(found) || state.ids?.includes(found.id) === false) continue;
      const item = this.#wholeItem(found, state, resume, links);
      value.push(item.body);
      links -= item.links;
      linkAt = item.resumeLink ?? 0;
      if (item.resumeLink !== undefined) return { value, next: { ...state, object, linkAt } };
    }
    return { value, next: undefined };
  }

  #changesPage(state: DeltaState, minimal: boolean): Page {
    const value: JsonObject[] = [];
    const sums = this.#summary(state);
    let links = this.#settings.linksPerPage;
    let { linkAt } = state;
    for (let at = state.object; at < sums.length; at++) {
      if (value.length >= this.#settings.pageSize || links <= 0)
        return { value, next: { ...state, object: at, linkAt: 0 } };
      const sum = sums[at];
      const item = sum && this.#changedItem(sum, state, minimal, linkAt, links);
      linkAt = 0;
      if (item === undefined) continue;
      value.push(item.body);
      links -= item.links;
      if (item.resumeLink !== undefined) return { value, next: { ...state, object: at, linkAt: item.resumeLink } };
    }
    return { value, next: undefined };
  }

  /** Pages of one round share the summary; only the newest few are kept. */
  #summary({ kind, from, to }: DeltaState): ObjectChanges[] {
    const key = `${kind} ${from} ${to}`;
    const known = this.#summaries.get(key);
    if (known !== undefined) return known;
    const sums = summarise(this.#store.log, kind, from, to);
    this.#summaries = new Map([...[...this.#summaries].slice(-3), [key, sums]]);
    return sums;
  }

  #changedItem(
    sum: ObjectChanges,
    state: DeltaState,
    minimal: boolean,
    resume: number,
    budget: number,
  ): Item | undefined {
    if (state.ids?.includes(sum.id) === false) return undefined;
    const object = this.#store.find(sum.id);
    if (object?.deletedAt !== null) {
      const reason = object === undefined ? 'deleted' : 'changed';
      return { body: { id: sum.id, '@removed': { reason } }, links: 0, resumeLink: undefined };
    }
    if (sum.whole) return this.#wholeItem(object, state, resume, budget);
    const changed = [...sum.properties].filter((name) => state.select?.includes(name) ?? true);
    const links = relationsOf(state).map((relation) => ({ relation, links: this.#changedLinks(sum.links[relation]) }));
    if (changed.length === 0 && links.every((part) => part.links.length === 0)) return undefined;
    const shown = minimal ? changed : (state.select ?? metadata[state.kind].defaults);
    return assemble(this.#properties(object, resume > 0 ? [] : shown), links, resume, budget, (id) => this.#typeOf(id));
  }

  #wholeItem(object: DirectoryObject, state: DeltaState, resume: number, budget: number): Item {
    const shown = resume > 0 ? [] : (state.select ?? metadata[object.kind].defaults);
    const links = relationsOf(state).map((relation) => ({ relation, links: this.#currentLinks(object, relation) }));
    return assemble(this.#properties(object, shown), links, resume, budget, (id) => this.#typeOf(id));
  }

  /** Properties that were never set are left out; cleared ones are null. */
  #properties(object: DirectoryObject, names: readonly string[]): JsonObject {
    const body: JsonObject = { id: object.id };
    for (const name of names) if (object.properties[name] !== undefined) body[name] = valueOf(object, name);
    return body;
  }

  #currentLinks(object: DirectoryObject, relation: Relation): Link[] {
    const alive = (id: string): boolean => this.#store.find(id)?.deletedAt === null;
    if (relation === 'manager')
      return object.managerId !== null && alive(object.managerId)
        ? [{ target: object.managerId, linked: true, position: 1 }]
        : [];
    return [...this.#store.links[relation].targetsOf(object.id)]
      .filter(([target]) => alive(target))
      .map(([target, position]) => ({ target, linked: true, position }));
  }

  #changedLinks(links: ReadonlyMap<string, boolean>): Link[] {
    const all = [...links].map(([target, linked], index) => ({ target, linked, position: index + 1 }));
    if (!this.#settings.hideMembersOfDeleted) return all;
    return all.filter(({ target, linked }) => linked || this.#store.find(target)?.deletedAt === null);
  }

  #typeOf(id: string): string {
    return `#microsoft.graph.${this.#store.find(id)?.kind ?? 'user'}`;
  }
}

/** Relations that a round follows: the selected ones; of groups without `$select` the members. */
function relationsOf(state: DeltaState): Relation[] {
  const possible: Relation[] = state.kind === 'user' ? ['manager'] : ['members', 'owners'];
  if (state.select === null) return state.kind === 'group' ? ['members'] : [];
  return possible.filter((relation) => state.select?.includes(relation));
}

/** Puts links behind the properties, as many as the page has room for; a group that is cut goes on with the next slice. */
function assemble(
  body: JsonObject,
  relations: readonly { readonly relation: Relation; readonly links: readonly Link[] }[],
  resume: number,
  budget: number,
  typeOf: (id: string) => string,
): Item {
  let used = 0;
  for (const { relation, links } of relations) {
    // Only members come in slices: owners and managers are few.
    const rest = relation === 'members' ? links.filter((link) => link.position > resume) : resume > 0 ? [] : links;
    const slice = relation === 'members' ? rest.slice(0, Math.max(budget, 1)) : rest;
    if (slice.length > 0) body[`${relation}@delta`] = slice.map((link): Json => linkBody(link, typeOf));
    used += slice.length;
    if (slice.length < rest.length) return { body, links: used, resumeLink: slice.at(-1)?.position };
  }
  return { body, links: used, resumeLink: undefined };
}

function linkBody({ target, linked }: Link, typeOf: (id: string) => string): JsonObject {
  const body: JsonObject = { '@odata.type': typeOf(target), id: target };
  return linked ? body : { ...body, '@removed': { reason: 'deleted' } };
}

/** Delta filters by id only, over at most fifty objects. */
function filteredIds(filter: Filter): string[] {
  const ids = idsOf(filter);
  if (ids.length > 50) throw badRequest('The $filter of a delta query can name at most 50 objects.');
  return ids;
}

function idsOf(filter: Filter): string[] {
  if (filter.op === 'or') return [...idsOf(filter.left), ...idsOf(filter.right)];
  if (
    filter.op === 'compare' &&
    filter.property === 'id' &&
    filter.operator === 'eq' &&
    typeof filter.value === 'string'
  )
    return [filter.value];
  throw badRequest('The $filter of a delta query can only compare id, joined by or.');
}

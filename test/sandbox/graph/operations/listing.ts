import type { DirectoryObject } from '../directory-object.ts';
import { badRequest, GraphFailure, unsupportedQuery } from '../failure.ts';
import type { JsonObject } from '../json.ts';
import { isEventual, ok, type GraphReply } from '../message.ts';
import { metadata, type ObjectKind } from '../metadata.ts';
import { candidates, matches } from '../odata/filter-evaluation.ts';
import { checkFilter } from '../odata/filter-rules.ts';
import { parseFilter, type Filter } from '../odata/filter-syntax.ts';
import { checkOptions, nextLink, pageSize, skipPosition } from '../odata/paging.ts';
import { checkCollectionSelect, parseSelect, project } from '../odata/projection.ts';
import type { Call } from '../router.ts';

/** An object and the position after which the next page begins. */
export interface Positioned {
  readonly object: DirectoryObject;
  readonly position: number;
}

/** True when the request asks for the advanced query engine. */
const isAdvanced = (call: Call): boolean => isEventual(call.request) && call.query.get('$count') === 'true';

/** One page of what comes after the position of the request, and the link to the next. */
export function page(
  call: Call,
  after: Iterable<Positioned>,
  context: string,
  show: (object: DirectoryObject) => JsonObject,
  count?: () => number,
): GraphReply {
  const size = pageSize(call.query);
  const shown: JsonObject[] = [];
  let last = 0;
  let more = false;
  for (const { object, position } of after) {
    if (shown.length === size) {
      more = true;
      break;
    }
    shown.push(show(object));
    last = position;
  }
  const counted = count !== undefined && isAdvanced(call) && !call.query.has('$skiptoken');
  return ok({
    '@odata.context': `${call.request.root}/$metadata#${context}`,
    ...(counted ? { '@odata.count': count() } : {}),
    ...(more ? { '@odata.nextLink': nextLink(call.request, last) } : {}),
    value: shown,
  });
}

/** `users(id,displayName)`, as the context names a projection. */
export const contextOf = (name: string, select: readonly string[] | undefined): string =>
  select === undefined ? name : `${name}(${select.join(',')})`;

type Selection = (object: DirectoryObject) => boolean;

/** `"displayName:word"`: the directory tokenises; every word of the clause must begin a word of the value. */
function searchSelection(call: Call): Selection {
  const text = call.query.get('$search');
  if (text === undefined) return () => true;
  if (!isEventual(call.request))
    throw unsupportedQuery(
      "Request with $search query parameter only works through MSGraph with a special request header: 'ConsistencyLevel: eventual'",
    );
  const match = /^"(displayName|description|mail|userPrincipalName|givenName|surname|mailNickname):([^"]*)"$/.exec(
    text,
  );
  if (match?.[1] === undefined) throw unsupportedQuery('Unrecognized query argument specified: $search.');
  const property = match[1];
  const words = (match[2] ?? '').toLowerCase().split(/\s+/);
  return ({ properties }) => {
    const value = properties[property];
    const tokens = typeof value === 'string' ? value.toLowerCase().split(/[\s.@_-]+/) : [];
    return words.every((word) => tokens.some((token) => token.startsWith(word)));
  };
}

interface Order {
  readonly property: string;
  readonly descending: boolean;
}

function orderOf(call: Call, kind: ObjectKind, filtered: boolean): Order | undefined {
  const text = call.query.get('$orderby');
  if (text === undefined) return undefined;
  const match = /^(\w+)(?:\s+(asc|desc))?$/i.exec(text.trim());
  const property = match?.[1] ?? '';
  const plain = kind === 'user' ? ['displayName', 'userPrincipalName'] : ['displayName'];
  const allowed = isAdvanced(call) ? [...plain, 'createdDateTime', 'mail', 'mailNickname', 'id'] : plain;
  if (!allowed.includes(property)) throw unsupportedQuery(`Sorting not supported for property '${property}'.`);
  if (filtered && !isAdvanced(call)) throw unsupportedQuery('Sorting not supported for current query.');
  return { property, descending: match?.[2]?.toLowerCase() === 'desc' };
}

function ordered(objects: Iterable<DirectoryObject>, order: Order): DirectoryObject[] {
  const key = (object: DirectoryObject): string => {
    const value = order.property === 'id' ? object.id : object.properties[order.property];
    return typeof value === 'string' ? value.toLowerCase() : '';
  };
  const sorted = [...objects].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : a.ordinal - b.ordinal));
  return order.descending ? sorted.reverse() : sorted;
}

function filterOf(call: Call, kind: ObjectKind): Filter | undefined {
  const text = call.query.get('$filter');
  if (text === undefined) return undefined;
  const filter = parseFilter(text);
  checkFilter(filter, kind, isAdvanced(call));
  return filter;
}

function* where(objects: Iterable<DirectoryObject>, selections: readonly Selection[]): Generator<DirectoryObject> {
  for (const object of objects) if (selections.every((selection) => selection(object))) yield object;
}

function* positioned(objects: Iterable<DirectoryObject>): Generator<Positioned> {
  for (const object of objects) yield { object, position: object.ordinal };
}

function countOf(objects: Iterable<DirectoryObject>): number {
  let total = 0;
  for (const object of objects) if (object.id !== '') total++;
  return total;
}

/** What a list is of: live objects, or the ones in the recycle bin. */
export type ListScope = 'live' | 'deleted';

interface ListQuery {
  readonly all: () => Generator<DirectoryObject>;
  readonly after: () => Iterable<Positioned>;
}

function listQuery(call: Call, kind: ObjectKind, scope: ListScope): ListQuery {
  const { store } = call.tenant;
  const filter = filterOf(call, kind);
  const order = orderOf(call, kind, filter !== undefined);
  const inScope: Selection = (object) => (scope === 'live' ? store.isVisible(object) : object.deletedAt !== null);
  const selections: Selection[] = [inScope, searchSelection(call)];
  if (filter !== undefined) selections.push((object) => matches(filter, object));
  const found = filter === undefined ? undefined : candidates(filter, store, kind);
  const from = skipPosition(call.query);
  const all = (): Generator<DirectoryObject> => where(found ?? store.inOrder(kind), selections);
  const after = (): Iterable<Positioned> => {
    if (order !== undefined)
      return ordered(all(), order)
        .map((object, index) => ({ object, position: index + 1 }))
        .slice(from);
    const rest = found === undefined ? store.inOrder(kind, from) : found.filter((object) => object.ordinal > from);
    return positioned(where(rest, selections));
  };
  return { all, after };
}

const options = ['$select', '$filter', '$top', '$count', '$orderby', '$search', '$expand', '$skiptoken'];

/** Answers a list of users or groups, live or deleted. */
export function listObjects(
  call: Call,
  kind: ObjectKind,
  scope: ListScope,
  context: string,
  expand: (object: DirectoryObject) => JsonObject = () => ({}),
): GraphReply {
  checkOptions(call.query, options);
  const select = parseSelect(call.query.get('$select'), kind);
  checkCollectionSelect(select);
  checkNavigation(select, kind);
  const query = listQuery(call, kind, scope);
  const count = (): number => countOf(query.all());
  const show = (object: DirectoryObject): JsonObject => ({ ...project(object, select), ...expand(object) });
  return page(call, query.after(), contextOf(context, select), show, count);
}

/** `$select` of a navigation property is for delta only. */
export function checkNavigation(select: readonly string[] | undefined, kind: ObjectKind): void {
  const navigation = select?.find(
    (name) => metadata[kind].navigation.has(name) && !metadata[kind].properties.has(name),
  );
  if (navigation !== undefined)
    throw badRequest(`Property '${navigation}' is a navigation property and cannot be selected; use $expand.`);
}

/** Answers `/users/$count` and its like: plain text, advanced engine only. */
export function countObjects(call: Call, kind: ObjectKind): GraphReply {
  if (!isEventual(call.request)) throw badRequest('$count is not currently supported.');
  checkOptions(call.query, ['$filter', '$search']);
  const text = call.query.get('$filter');
  const filter = text === undefined ? undefined : parseFilter(text);
  if (filter !== undefined) checkFilter(filter, kind, true);
  const { store } = call.tenant;
  const selections: Selection[] = [(object) => store.isVisible(object), searchSelection(call)];
  if (filter !== undefined) selections.push((object) => matches(filter, object));
  return plainCount(countOf(where(store.inOrder(kind), selections)));
}

export const plainCount = (total: number): GraphReply => ({
  status: 200,
  headers: { 'Content-Type': 'text/plain' },
  body: total,
});

/** `$expand` is known for a few relations only, and not by the advanced engine. */
export function expandOf(call: Call, allowed: readonly string[]): string | undefined {
  const text = call.query.get('$expand');
  if (text === undefined) return undefined;
  if (isAdvanced(call)) throw unsupportedQuery('$expand is not supported together with advanced query parameters.');
  const name = text.replace(/\(.*\)$/s, '').trim();
  if (!allowed.includes(name))
    throw new GraphFailure(400, 'Request_UnsupportedQuery', `Expanding '${name}' is not supported.`);
  return name;
}

import type { DirectoryObject } from '../directory-object.ts';
import type { DirectoryStore } from '../directory-store.ts';
import { badRequest, malformed, notFound } from '../failure.ts';
import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { ObjectKind } from '../metadata.ts';
import { idOf, type Call, type PathKey } from '../router.ts';

const guid = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

function visible(
  store: DirectoryStore,
  object: DirectoryObject | undefined,
  kind?: ObjectKind,
): DirectoryObject | undefined {
  if (object === undefined || !store.isVisible(object)) return undefined;
  return kind === undefined || object.kind === kind ? object : undefined;
}

/** The user of a path: by id, by name, or by the alternate key userPrincipalName. `404` when there is none (yet). */
export function userAt(call: Call, key: PathKey = call.key('user')): DirectoryObject {
  const { store } = call.tenant;
  if (key.property !== undefined && !/^userPrincipalName$/i.test(key.property))
    throw badRequest(`'${key.property}' is not a key of this resource.`);
  const byName = key.property !== undefined || !guid.test(key.value);
  const found = byName
    ? store.holder('userPrincipalName', key.value.toLowerCase())
    : store.find(key.value.toLowerCase());
  const user = visible(store, found, 'user');
  if (user === undefined) throw notFound(key.value);
  return user;
}

/** The group of a path: by id or by the alternate key uniqueName. */
export function groupAt(call: Call): DirectoryObject {
  const { store } = call.tenant;
  const key = call.key('group');
  const found = key.property === 'uniqueName' ? store.holder('uniqueName', key.value) : store.find(idOf(key));
  const group = visible(store, found, 'group');
  if (group === undefined) throw notFound(key.value);
  return group;
}

/** Any visible object by id. */
export function objectAt(call: Call, key: PathKey): DirectoryObject {
  const id = idOf(key);
  const object = visible(call.tenant.store, call.tenant.store.find(id));
  if (object === undefined) throw notFound(id);
  return object;
}

/** The body as an object; `400` when there is none. */
export function objectBody(body: Json | undefined): JsonObject {
  if (body === undefined) throw badRequest('Empty Payload. JSON content expected.');
  if (!isJsonObject(body))
    throw malformed(
      'Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.',
    );
  return body;
}

/** The object that an `@odata.id` or a bind names: `https://host/v1.0/directoryObjects/{id}`, `…/users/{id or name}`. */
export function referenced(call: Call, uri: Json | undefined): DirectoryObject {
  const match =
    typeof uri === 'string'
      ? /^https?:\/\/[^/]+\/(?:v1\.0|beta)\/(directoryObjects|users|groups)(?:\/([^/?#()]+)|\('([^')]+)'\))$/i.exec(uri)
      : null;
  if (match === null) throw badRequest('Invalid entity reference: an absolute URI of a directory object is expected.');
  const collection = match[1]?.toLowerCase();
  const value = decodeURIComponent(match[2] ?? match[3] ?? '');
  const { store } = call.tenant;
  const byId = guid.test(value) ? store.find(value.toLowerCase()) : undefined;
  const found = byId ?? (collection === 'users' ? store.holder('userPrincipalName', value.toLowerCase()) : undefined);
  const kind = collection === 'users' ? 'user' : collection === 'groups' ? 'group' : undefined;
  const object = visible(store, found, kind);
  if (object === undefined) throw notFound(value);
  return object;
}

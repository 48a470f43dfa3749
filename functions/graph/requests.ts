import { isGuid } from '../../shared/directory/guid.ts';
import { nested } from '../../shared/entra/nested-properties.ts';
import type { EntraWrite } from '../sync/tenant.ts';
import type { Method } from './transport.ts';

/** One request of a batch. */
export interface WriteRequest {
  readonly method: Method;
  /** Relative to the version, encoded. */
  readonly url: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Two requests with the same key never travel in one batch: Graph answers 409 to parallel writes of one object. */
  readonly key: string;
  /** True when sending it twice does the same as sending it once, so a lost answer may be answered by a repeat. */
  readonly repeatable: boolean;
}

/** A string literal of an OData URL: quotes doubled (OData 4.01 URL conventions 5.1.1.6.1), then percent-encoded. */
export function literal(text: string): string {
  return `'${encodeURIComponent(text.replaceAll("'", "''"))}'`;
}

/**
 * The request with the id of its cause, by which it is found in Graph's activity log ("Best practices for working with
 * Microsoft Graph": a GUID). A cause that is none leaves it as it is.
 */
export function withCause(request: WriteRequest, correlationId: string): WriteRequest {
  if (!isGuid(correlationId)) return request;
  return { ...request, headers: { ...request.headers, 'client-request-id': correlationId } };
}

export function toRequest(write: EntraWrite, serviceRoot: string): WriteRequest {
  const reference = (id: string): string =>
    `${serviceRoot.replace(/\/+$/, '')}/v1.0/directoryObjects/${encodeURIComponent(id)}`;
  switch (write.kind) {
    case 'create-user':
      return {
        method: 'POST',
        url: '/users',
        body: {
          ...nested(write.properties),
          passwordProfile: { forceChangePasswordNextSignIn: true, password: write.password },
        },
        key: `new:${String(write.properties['userPrincipalName'])}`,
        repeatable: false,
      };
    case 'update-user':
    case 'update-group':
      return patch(
        `/${write.kind === 'update-user' ? 'users' : 'groups'}/${encodeURIComponent(write.id)}`,
        nested(write.properties),
        write.id,
      );
    case 'delete-user':
    case 'delete-group':
      return remove(`/${write.kind === 'delete-user' ? 'users' : 'groups'}/${encodeURIComponent(write.id)}`, write.id);
    case 'restore':
      return {
        method: 'POST',
        url: `/directory/deletedItems/${encodeURIComponent(write.id)}/restore`,
        key: write.id,
        repeatable: false,
      };
    case 'set-manager':
      return {
        method: 'PUT',
        url: `/users/${encodeURIComponent(write.id)}/manager/$ref`,
        body: { '@odata.id': reference(write.managerId) },
        key: write.id,
        repeatable: true,
      };
    case 'clear-manager':
      return remove(`/users/${encodeURIComponent(write.id)}/manager/$ref`, write.id);
    case 'upsert-group': {
      const members = write.memberIds.length > 0 ? { 'members@odata.bind': write.memberIds.map(reference) } : {};
      const request = patch(
        `/groups(uniqueName=${literal(write.uniqueName)})`,
        { ...write.properties, ...members },
        write.uniqueName,
      );
      // With members a repeat would add those that are there already, which Graph refuses.
      return { ...request, headers: { Prefer: 'create-if-missing' }, repeatable: write.memberIds.length === 0 };
    }
    case 'add-members': {
      const request = patch(
        `/groups/${encodeURIComponent(write.groupId)}`,
        { 'members@odata.bind': write.memberIds.map(reference) },
        write.groupId,
      );
      return { ...request, repeatable: false };
    }
    case 'remove-member':
      // Without `/$ref` this would address the member itself and delete it.
      return remove(
        `/groups/${encodeURIComponent(write.groupId)}/members/${encodeURIComponent(write.memberId)}/$ref`,
        write.groupId,
      );
  }
}

function patch(url: string, body: unknown, key: string): WriteRequest {
  return { method: 'PATCH', url, body, key, repeatable: true };
}

function remove(url: string, key: string): WriteRequest {
  return { method: 'DELETE', url, key, repeatable: true };
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failureOf } from '../../../functions/graph/failures.ts';
import type { WriteRequest } from '../../../functions/graph/requests.ts';
import { literal, toRequest, withCause } from '../../../functions/graph/requests.ts';
import type { EntraWrite, FailureKind } from '../../../functions/sync/tenant.ts';

const root = 'https://graph.test/';
const reference = (id: string): string => `https://graph.test/v1.0/directoryObjects/${id}`;

describe('a string literal in an address', () => {
  it.each([
    ["O'Neil", "'O''Neil'"],
    ['a b', "'a%20b'"],
    ['R&D #1?', "'R%26D%20%231%3F'"],
    ['AAA+/==', "'AAA%2B%2F%3D%3D'"],
    ['ä', "'%C3%A4'"],
    ['', "''"],
  ])('of %j is %s', (text, expected) => {
    expect(literal(text)).toBe(expected);
  });

  it('never ends before its end, and says the same after decoding', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("'", '%', '&', '/', '#', ' ', 'ä', 'a', '👍') }), (text) => {
        const inner = literal(text).slice(1, -1);
        expect(inner).toMatch(/^([^'&#?/ ]|'')*$/);
        expect(decodeURIComponent(inner).replaceAll("''", "'")).toBe(text);
      }),
    );
  });
});

describe('a write', () => {
  it.each<[string, EntraWrite, Partial<WriteRequest>]>([
    [
      'create-user, which must not be repeated blindly',
      { kind: 'create-user', properties: { userPrincipalName: 'a@x', displayName: 'A' }, password: 'pw' },
      {
        method: 'POST',
        url: '/users',
        body: {
          userPrincipalName: 'a@x',
          displayName: 'A',
          passwordProfile: { forceChangePasswordNextSignIn: true, password: 'pw' },
        },
        repeatable: false,
      },
    ],
    [
      'update-user',
      { kind: 'update-user', id: 'u1', properties: { city: null } },
      { method: 'PATCH', url: '/users/u1', body: { city: null }, key: 'u1', repeatable: true },
    ],
    [
      'update-group',
      { kind: 'update-group', id: 'g1', properties: { description: 'd' } },
      { method: 'PATCH', url: '/groups/g1', key: 'g1', repeatable: true },
    ],
    [
      'delete-user',
      { kind: 'delete-user', id: 'u1' },
      { method: 'DELETE', url: '/users/u1', key: 'u1', repeatable: true },
    ],
    [
      'delete-group',
      { kind: 'delete-group', id: 'g1' },
      { method: 'DELETE', url: '/groups/g1', key: 'g1', repeatable: true },
    ],
    [
      'restore',
      { kind: 'restore', id: 'u1' },
      { method: 'POST', url: '/directory/deletedItems/u1/restore', key: 'u1', repeatable: false },
    ],
    [
      'set-manager',
      { kind: 'set-manager', id: 'u1', managerId: 'u2' },
      {
        method: 'PUT',
        url: '/users/u1/manager/$ref',
        body: { '@odata.id': reference('u2') },
        key: 'u1',
        repeatable: true,
      },
    ],
    [
      'clear-manager',
      { kind: 'clear-manager', id: 'u1' },
      { method: 'DELETE', url: '/users/u1/manager/$ref', key: 'u1', repeatable: true },
    ],
    [
      'upsert-group without members, which may be repeated',
      { kind: 'upsert-group', uniqueName: "ad-o'1", properties: { displayName: 'G' }, memberIds: [] },
      {
        method: 'PATCH',
        url: "/groups(uniqueName='ad-o''1')",
        body: { displayName: 'G' },
        headers: { Prefer: 'create-if-missing' },
        repeatable: true,
      },
    ],
    [
      'upsert-group with members, which Graph would refuse the second time',
      { kind: 'upsert-group', uniqueName: 'ad-1', properties: { displayName: 'G' }, memberIds: ['u1', 'u2'] },
      {
        method: 'PATCH',
        body: { displayName: 'G', 'members@odata.bind': [reference('u1'), reference('u2')] },
        repeatable: false,
      },
    ],
    [
      'add-members',
      { kind: 'add-members', groupId: 'g1', memberIds: ['u1'] },
      {
        method: 'PATCH',
        url: '/groups/g1',
        body: { 'members@odata.bind': [reference('u1')] },
        key: 'g1',
        repeatable: false,
      },
    ],
    [
      'remove-member: the link, never the member itself',
      { kind: 'remove-member', groupId: 'g1', memberId: 'u1' },
      { method: 'DELETE', url: '/groups/g1/members/u1/$ref', key: 'g1', repeatable: true },
    ],
  ])('%s', (_what, write, expected) => {
    expect(toRequest(write, root)).toMatchObject(expected);
  });

  it('has no body where Graph takes none', () => {
    for (const kind of ['delete-user', 'delete-group', 'restore', 'clear-manager'] as const)
      expect(toRequest({ kind, id: 'u1' }, root).body).toBeUndefined();
  });

  it('never lets an id reach into another part of the address', () => {
    const id = '../groups/1?x=#';
    const writes: EntraWrite[] = [
      { kind: 'update-user', id, properties: {} },
      { kind: 'delete-group', id },
      { kind: 'restore', id },
      { kind: 'clear-manager', id },
      { kind: 'add-members', groupId: id, memberIds: [id] },
      { kind: 'remove-member', groupId: id, memberId: id },
    ];
    for (const write of writes) expect(toRequest(write, root).url).not.toMatch(/\.\.\/|[?#]/);
  });

  it('of one object has one key, whatever it is, so that two never travel together', () => {
    const ofUser: EntraWrite[] = [
      { kind: 'update-user', id: 'u1', properties: {} },
      { kind: 'set-manager', id: 'u1', managerId: 'u2' },
      { kind: 'clear-manager', id: 'u1' },
      { kind: 'delete-user', id: 'u1' },
      { kind: 'restore', id: 'u1' },
    ];
    const ofGroup: EntraWrite[] = [
      { kind: 'update-group', id: 'g1', properties: {} },
      { kind: 'add-members', groupId: 'g1', memberIds: ['u1'] },
      { kind: 'remove-member', groupId: 'g1', memberId: 'u1' },
      { kind: 'delete-group', id: 'g1' },
    ];
    for (const writes of [ofUser, ofGroup])
      expect(new Set(writes.map((write) => toRequest(write, root).key)).size).toBe(1);
  });
});

describe('the cause of a write', () => {
  const request: WriteRequest = { method: 'PATCH', url: '/x', headers: { Prefer: 'a' }, key: 'x', repeatable: true };

  it('goes along where it is the id of a read, beside other headers', () => {
    const id = '0b5a4e0c-6a0f-4a5e-9d0e-6d1f6a4f3b11';
    expect(withCause(request, id)).toEqual({ ...request, headers: { Prefer: 'a', 'client-request-id': id } });
  });

  it.each(['drift', 'retry', '', 'x\r\nPrefer: b', '0b5a4e0c-6a0f-4a5e-9d0e-6d1f6a4f3b11 '])(
    'stays here where it is none: %j',
    (word) => {
      expect(withCause(request, word)).toBe(request);
    },
  );
});

describe('an error of Graph', () => {
  const body = (code: string, message: string, details?: unknown): unknown => ({ error: { code, message, details } });

  it.each<[number, unknown, FailureKind, string | undefined]>([
    [404, body('Request_ResourceNotFound', 'Resource does not exist.'), 'missing', undefined],
    [403, body('Authorization_RequestDenied', 'Insufficient privileges.'), 'denied', undefined],
    [403, body('Directory_QuotaExceeded', 'The directory object quota limit has been exceeded.'), 'quota', undefined],
    [
      400,
      body('Request_BadRequest', 'Another object with the same value for property userPrincipalName already exists.'),
      'conflict',
      'userPrincipalName',
    ],
    [
      400,
      body(
        'Request_BadRequest',
        'A conflicting object with one or more of the specified property values is present in the directory.',
      ),
      'conflict',
      undefined,
    ],
    [400, body('Request_MultipleObjectsWithSameKeyValue', ''), 'conflict', undefined],
    [
      400,
      body('Request_BadRequest', 'no', [{ code: 'ObjectConflict', message: 'm', target: 'proxyAddresses' }]),
      'conflict',
      'proxyAddresses',
    ],
    [
      400,
      body('Request_BadRequest', 'no', [{ code: 'ConflictingObjects', message: 'm', target: null }]),
      'conflict',
      undefined,
    ],
    [400, body('Request_BadRequest', 'no', [{ code: 'Other', target: 'x' }]), 'invalid', undefined],
    [
      400,
      body(
        'Request_BadRequest',
        "One or more added object references already exist for the following modified properties: 'members'.",
      ),
      'already-member',
      undefined,
    ],
    [
      400,
      body('Request_BadRequest', "Invalid value specified for property 'mobilePhone' of resource 'User'."),
      'invalid',
      'mobilePhone',
    ],
    [
      400,
      body(
        'Request_BadRequest',
        'Unable to update the specified properties for on-premises mastered Directory Sync objects or objects currently undergoing migration.',
      ),
      'mastered-elsewhere',
      undefined,
    ],
    [
      400,
      body('Request_BadRequest', "Property 'displayName' is managed by an external service."),
      'mastered-elsewhere',
      'displayName',
    ],
    [400, body('Request_BadRequest', 'Something new.'), 'invalid', undefined],
    [405, undefined, 'invalid', undefined],
    [400, 'text', 'invalid', undefined],
    [400, { error: null }, 'invalid', undefined],
    [400, { error: { code: null, message: null } }, 'invalid', undefined],
    [404, undefined, 'missing', undefined],
  ])('%i %j is %s (%s)', (status, answer, kind, property) => {
    expect(failureOf(status, answer)).toMatchObject({ kind, property });
  });

  it("keeps Entra's own code and text for the operator, and the status where there is neither", () => {
    expect(failureOf(400, body('Request_BadRequest', 'Bad.')).message).toBe('Request_BadRequest: Bad.');
    expect(failureOf(418, undefined).message).toContain('HTTP 418');
  });
});

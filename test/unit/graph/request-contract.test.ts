import { describe, expect, it } from 'vitest';
import { contractViolations, operationOf, type SentRequest } from '../../sandbox/graph/request-contract.ts';

const request = (method: string, url: string, body?: unknown): SentRequest => ({ method, url, headers: {}, body });

describe("Graph's contract", () => {
  it.each([
    ['GET', '/users?$select=id&$top=999'],
    ['GET', '/users/delta?$select=id,manager&$deltatoken=latest'],
    ['GET', "/groups(uniqueName='a''b')?$select=id"],
    ['DELETE', '/groups/1/members/2/$ref'],
  ])('knows %s %s', (method, url) => {
    expect(contractViolations(request(method, url))).toEqual([]);
  });

  it('takes the template with the fewest keys', () => {
    expect(operationOf(request('GET', '/users/delta'))).toBe('GET /users/delta');
    expect(operationOf(request('GET', '/users/anna@contoso.test'))).toBe('GET /users/{user-id}');
  });

  it.each<[string, SentRequest, string]>([
    ['a call that there is not', request('PUT', '/users'), 'no such call'],
    ['a parameter that there is not', request('GET', '/users?$frobnicate=1'), '$frobnicate'],
    ['a body where there is none', request('DELETE', '/users/1', {}), 'must not have a body'],
    ['no body where there is one', request('POST', '/users'), 'must have a body'],
    ['a property that there is not', request('PATCH', '/users/1', { shoeSize: '43' }), 'shoeSize'],
    ['a property of the wrong type', request('PATCH', '/users/1', { accountEnabled: 'yes' }), '/accountEnabled'],
    ['a property that is read-only', request('PATCH', '/users/1', { proxyAddresses: [] }), 'read-only'],
    ['a property of the creation alone', request('PATCH', '/groups/1', { isAssignableToRole: true }), 'create-only'],
    ['a removal of the member itself', request('DELETE', '/groups/1/members/2'), 'no such call'],
  ])('refuses %s', (_, sent, reason) => {
    expect(contractViolations(sent).join()).toContain(reason);
  });
});

import { describe, expect, it } from 'vitest';
import { Containers } from '../../../onprem-relay/directory/ldap/scope/containers.ts';
import {
  filterAttributes,
  isSameScope,
  scopeFingerprint,
} from '../../../onprem-relay/directory/ldap/scope/scope-settings.ts';

const container = (dn: string): { guid: string; dn: string } => ({ guid: dn, dn });
const sales = container('ou=sales,dc=contoso,dc=test');
const old = container('ou=old,ou=sales,dc=contoso,dc=test');
const kept = container('ou=kept,ou=old,ou=sales,dc=contoso,dc=test');

describe('the containers of a scope', () => {
  it.each([
    ['everything without any', [], [], 'CN=A,DC=contoso,DC=test', true],
    ['what is below one of them', [sales], [], 'CN=A,OU=Deep,OU=Sales,DC=contoso,DC=test', true],
    ['nothing else', [sales], [], 'CN=A,OU=Presales,DC=contoso,DC=test', false],
    ['no container whose name only ends the same', [sales], [], 'CN=A,OU=X\\,OU=Sales,DC=contoso,DC=test', false],
    ['names in any case', [sales], [], 'cn=a,ou=SALES,dc=Contoso,dc=test', true],
    ['not what is below one that is left out', [sales], [old], 'CN=A,OU=Old,OU=Sales,DC=contoso,DC=test', false],
    ['what is nearer to one that is in', [sales, kept], [old], 'CN=A,OU=Kept,OU=Old,OU=Sales,DC=contoso,DC=test', true],
    ['all the others where some are left out', [], [old], 'CN=A,OU=Sales,DC=contoso,DC=test', true],
    ['not the container itself', [sales], [], 'OU=Sales,DC=contoso,DC=test', false],
  ])('contain %s', (_, include, exclude, dn, expected) => {
    expect(new Containers(include, exclude).contain(dn)).toBe(expected);
  });
});

describe('the filter of a scope', () => {
  it.each([
    ['(mail=*)', ['mail']],
    ['(&(mail=*)(!(|(department=Sales)(title~=boss))))', ['mail', 'department', 'title']],
    ['(userAccountControl:1.2.840.113556.1.4.803:=2)', ['useraccountcontrol']],
    ['(&(cn=a*b)(logonCount>=3)(logonCount<=9))', ['cn', 'logoncount']],
  ])('%s asks for %j', (filter, names) => {
    expect(filterAttributes(filter)).toEqual(names);
  });

  it.each([
    '(memberOf=CN=Pilot,DC=contoso,DC=test)',
    '(!(directReports=*))',
    '(memberOf:1.2.840.113556.1.4.1941:=CN=Pilot,DC=contoso,DC=test)',
  ])('%s is refused, for the directory would not tell who comes and who goes', (filter) => {
    expect(() => filterAttributes(filter)).toThrow('does not tell of');
  });

  it.each(['mail', '(mail=*', '(&)', '()'])('%s is refused as no filter', (filter) => {
    expect(() => filterAttributes(filter)).toThrow();
  });
});

describe('two scopes', () => {
  const scope = { include: ['a', 'b'], exclude: [], filter: '(x=1)' };

  it('are the same in whatever order their containers stand', () => {
    const other = { ...scope, include: ['b', 'a'], pilotGroup: undefined };
    expect(isSameScope(scope, other)).toBe(true);
    expect(scopeFingerprint(other)).toBe(scopeFingerprint(scope));
  });

  it.each([
    { ...scope, include: ['a'] },
    { ...scope, exclude: ['c'] },
    { ...scope, filter: '(x=2)' },
    { ...scope, pilotGroup: 'p' },
    undefined,
  ])('differ where one says something else: %j', (other) => {
    expect(isSameScope(scope, other)).toBe(false);
    expect(scopeFingerprint(other)).not.toBe(scopeFingerprint(scope));
  });
});

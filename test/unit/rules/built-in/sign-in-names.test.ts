import { describe, expect, it } from 'vitest';
import type { AttributeValues } from '../../../../shared/directory/change.ts';
import type { IntendedUser, SignInNameState } from '../../../../shared/engine/intended.ts';
import { carry } from '../../../../shared/entra/carry.ts';
import type { TenantDomains } from '../../../../shared/entra/sign-in-name.ts';
import { evaluateOne, user } from './world.ts';

const init = 'contoso.onmicrosoft.com';
const domains = (...verified: readonly string[]): TenantDomains => ({
  verified: new Set([init, ...verified]),
  initial: init,
});

/** What the user is to be in Entra, from the directory on. */
function intended(
  attributes: AttributeValues,
  tenant: TenantDomains,
  signInName?: SignInNameState,
  heldNickname?: string,
): IntendedUser {
  const result = carry(evaluateOne(user(attributes)), {
    domains: tenant,
    extensions: new Map(),
    signInName,
    heldNickname,
  });
  if (result.kind !== 'user') throw new Error(JSON.stringify(result));
  return result;
}

const namesOf = ({ properties }: IntendedUser): unknown => [
  properties['mailNickname'],
  properties['userPrincipalName'],
];

describe('the sign-in name in Entra, over the life of a user', () => {
  // The five steps of "Microsoft Entra UserPrincipalName population".
  const unverified = domains('verified.test');
  const first: AttributeValues = {
    proxyAddresses: ['SMTP:user1@contoso.test'],
    mail: ['user2@contoso.test'],
    userPrincipalName: ['user3@contoso.test'],
  };
  const one = intended(first, unverified);
  const nick: AttributeValues = { ...first, mailNickname: ['user4'] };
  const two = intended(nick, unverified, one.signInName);
  const renamed: AttributeValues = { ...nick, userPrincipalName: ['user5@contoso.test'] };
  const three = intended(renamed, unverified, two.signInName);
  const mailed: AttributeValues = {
    ...renamed,
    mail: ['user7@contoso.test'],
    proxyAddresses: ['SMTP:user6@contoso.test'],
  };
  const four = intended(mailed, unverified, three.signInName);
  const moved: AttributeValues = { ...mailed, userPrincipalName: ['user5@verified.test'] };
  const five = intended(moved, unverified, four.signInName);

  it('begins with the nickname of the first address, in the initial domain', () => {
    expect(namesOf(one)).toEqual(['user1', `user1@${init}`]);
    expect(one.problems.map(({ code }) => code)).toEqual(['LS3101']);
  });

  it('stays when only the nickname changes', () => {
    expect(namesOf(two)).toEqual(['user4', `user1@${init}`]);
  });

  it('is worked out again, from the nickname of now, when the sign-in name of the directory changes', () => {
    expect(namesOf(three)).toEqual(['user4', `user4@${init}`]);
  });

  it('stays when mail and addresses change', () => {
    expect(namesOf(four)).toEqual(['user4', `user4@${init}`]);
  });

  it('is that of the directory once its domain is verified', () => {
    expect(namesOf(five)).toEqual(['user4', 'user5@verified.test']);
    expect(five.problems).toEqual([]);
  });

  it('is worked out again when the domain is verified, or no longer', () => {
    const later = intended(first, domains('contoso.test'), one.signInName);
    expect(namesOf(later)).toEqual(['user1', 'user3@contoso.test']);
    const gone = intended(first, unverified, later.signInName);
    expect(namesOf(gone)).toEqual(['user1', `user1@${init}`]);
  });
});

describe('the nickname of a user that is new', () => {
  it.each<[string, AttributeValues, string]>([
    ['the nickname', { mailNickname: ['nick'], proxyAddresses: ['SMTP:p@x.test'], mail: ['m@x.test'] }, 'nick'],
    ['the primary address', { proxyAddresses: ['smtp:s@x.test', 'SMTP:p@x.test'], mail: ['m@x.test'] }, 'p'],
    ['mail', { proxyAddresses: ['smtp:s@x.test'], mail: ['m@x.test'] }, 'm'],
    ['the sign-in name', { proxyAddresses: ['smtp:s@x.test'], mail: [] }, 'user1'],
    [
      'the secondary address, where the sign-in name has nothing to give',
      { userPrincipalName: ['@contoso.test'], proxyAddresses: ['smtp:s@x.test'] },
      's',
    ],
  ])('comes from %s', (_, attributes, nickname) => {
    expect(intended(attributes, domains('contoso.test')).properties['mailNickname']).toBe(nickname);
  });

  it('is the one that it has in Entra where the directory names none', () => {
    expect(
      intended({ mail: ['m@x.test'] }, domains('contoso.test'), undefined, 'held').properties['mailNickname'],
    ).toBe('held');
  });

  it('keeps only what Entra takes', () => {
    expect(intended({ mailNickname: ['Änne (Ext)'] }, domains('contoso.test')).properties['mailNickname']).toBe(
      'AnneExt',
    );
  });
});

describe('a sign-in name that Entra refuses', () => {
  it('is replaced by what of the nickname can stand there', () => {
    const given = { userPrincipalName: ['änna@contoso.test'], mailNickname: ['a&b/c.'] };
    expect(namesOf(intended(given, domains('contoso.test')))).toEqual(['a&b/c.', `abc@${init}`]);
  });

  it('keeps the user out when nothing of it can', () => {
    const result = carry(evaluateOne(user({ userPrincipalName: ['.@contoso.test'] })), {
      extensions: new Map(),
      domains: domains('contoso.test'),
      signInName: undefined,
      heldNickname: undefined,
    });
    expect(result).toMatchObject({ kind: 'kept', problems: [{ code: 'LS3105' }] });
  });

  it.each(['anna muster@contoso.test', 'anna\t@contoso.test', 'änna@contoso.test'])(
    'is replaced, with a note: %j',
    (name) => {
      const result = intended({ userPrincipalName: [name], mailNickname: ['anna'] }, domains('contoso.test'));
      expect(result.properties['userPrincipalName']).toBe(`anna@${init}`);
      expect(result.problems.map(({ code }) => code)).toEqual(['LS3105']);
    },
  );
});

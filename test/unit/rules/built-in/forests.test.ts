import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AttributeValues } from '../../../../shared/directory/change.ts';
import type { SpaceObject } from '../../../../shared/engine/space-object.ts';
import type { BuiltInOptions } from '../../../../shared/rules/built-in/built-in.ts';
import { guidOf } from '../../../support/facts.ts';
import { anchorOf, becomes, contact, evaluate, user } from './world.ts';

const inA = (attributes: AttributeValues, number = 1): SpaceObject => user(attributes, { number, connector: 'a.test' });
const inB = (attributes: AttributeValues, number = 2): SpaceObject => user(attributes, { number, connector: 'b.test' });

/** Numbers of the objects of each person. */
function people(objects: readonly SpaceObject[], options: BuiltInOptions = {}): readonly (readonly number[])[] {
  return evaluate(objects, options).metaverse.map(({ members }) =>
    members.map(({ objectGuid }) => parseInt(objectGuid.slice(1, 8), 16)).sort((a, b) => a - b),
  );
}

describe('users of several forests', () => {
  const mail = ['anna@contoso.test'];

  it('are each somebody else when users are represented once', () => {
    expect(people([inA({ mail }), inB({ mail })])).toEqual([[1], [2]]);
  });

  it('are one, even so, when one carries the anchor of the other', () => {
    expect(people([inA({}), inB({ 'mS-DS-ConsistencyGuid': [guidOf(1)] })])).toEqual([[1, 2]]);
  });

  it('are one by mail, and without mail nobody', () => {
    expect(people([inA({ mail }), inB({ mail: ['ANNA@contoso.test'] })], { userMatching: 'mail' })).toEqual([[1, 2]]);
    const alone = evaluate([inA({})], { userMatching: 'mail' });
    expect(alone.metaverse).toEqual([]);
    expect(alone.unjoined).toMatchObject([{ reason: 'no join value' }]);
  });

  it.each<[string, AttributeValues, AttributeValues]>([
    ['msExchMasterAccountSid', { objectSid: ['S-1-5-21-9-9-9-1'] }, { msExchMasterAccountSid: ['S-1-5-21-9-9-9-1'] }],
    ['msRTCSIP-OriginatorSid', { objectSid: ['S-1-5-21-9-9-9-1'] }, { 'msRTCSIP-OriginatorSid': ['S-1-5-21-9-9-9-1'] }],
  ])('are one by objectSid and %s, whichever comes first', (_, account, resource) => {
    const options = { userMatching: 'objectSid' as const };
    const nick = { mailNickname: ['anna'] };
    expect(people([inA(account), inB({ ...resource, ...nick })], options)).toEqual([[1, 2]]);
    expect(people([inA({ ...resource, ...nick }), inB(account)], options)).toEqual([[1, 2]]);
  });

  it('are one by account name and nickname', () => {
    const options = { userMatching: 'samAccountNameAndMailNickname' as const };
    const same = { sAMAccountName: ['anna'] };
    expect(people([inA(same), inB(same)], options)).toEqual([[1, 2]]);
    expect(people([inA(same), inB({ sAMAccountName: ['x'], mailNickname: ['anna'] })], options)).toEqual([[1, 2]]);
    expect(people([inA(same), inB({ sAMAccountName: ['x'], mailNickname: ['y'] })], options)).toEqual([[1], [2]]);
  });

  it('are one by an attribute, and without it nobody', () => {
    const options = { userMatching: { attribute: 'employeeID' } };
    expect(people([inA({ employeeID: ['7'] }), inB({ employeeID: ['7'] })], options)).toEqual([[1, 2]]);
    expect(people([inA({})], options)).toEqual([]);
  });
});

describe('a person with an account and a mailbox elsewhere', () => {
  const account = inA({ objectSid: ['S-1-5-21-9-9-9-1'], department: ['account'], userPrincipalName: ['anna@a.test'] });
  const mailbox = inB({
    userAccountControl: ['514'],
    msExchMasterAccountSid: ['S-1-5-21-9-9-9-1'],
    msExchRecipientTypeDetails: ['2'],
    mailNickname: ['anna'],
    msExchHideFromAddressLists: ['TRUE'],
    department: ['mailbox'],
    userPrincipalName: ['anna@b.test'],
  });
  const options = { userMatching: 'objectSid' as const };

  it('signs in with the account, and is found in the address book by the mailbox', () => {
    const [person, ...others] = evaluate([mailbox, account], options).metaverse;
    expect(others).toEqual([]);
    expect(person?.metaverse.value('userPrincipalName')).toBe('anna@a.test');
    expect(person?.sourceAnchor).toBe(anchorOf(guidOf(1)));
    expect(person?.metaverse.value('accountEnabled')).toBe(true);
    expect(person?.metaverse.value('department')).toBe('mailbox');
    expect(person?.metaverse.value('msExchHideFromAddressLists')).toBe(true);
    expect(person?.passwordsOf).toEqual([{ connector: 'a.test', objectGuid: guidOf(1) }]);
    expect(person?.targets.map(({ type }) => type)).toEqual(['user']);
  });

  it('is nothing for Entra as long as only the linked mailbox is known', () => {
    const [person] = evaluate([mailbox], options).metaverse;
    expect(person?.sourceAnchor).toBeUndefined();
    expect(person?.metaverse.value('sourceObjectType')).toBeNull();
    expect(person?.targets).toEqual([]);
  });

  it('keeps what is there when the account is disabled: rooms and people on leave are not deleted', () => {
    const disabled = inA({ objectSid: ['S-1-5-21-9-9-9-1'], userAccountControl: ['514'] });
    expect(becomes([disabled, mailbox], options)).toEqual(['user']);
    expect(becomes([disabled], options)).toEqual(['user']);
  });

  it('is a resource mailbox with a disabled account of its own', () => {
    const room = inA({ userAccountControl: ['514'], msExchRecipientTypeDetails: ['16'], mailNickname: ['room'] });
    expect(becomes([room], options)).toEqual(['user']);
  });
});

describe('a contact of a person', () => {
  const mail = ['anna@contoso.test'];
  const card = contact({ mail, title: ['card'] }, { number: 3, connector: 'c.test' });

  it('is a contact as long as no forest has an account of hers', () => {
    expect(becomes([card])).toEqual(['contact']);
  });

  it('becomes a user once one has, whatever the order in which they come', () => {
    const account = inA({ mail, title: ['account'] });
    for (const objects of [
      [card, account],
      [account, card],
    ]) {
      const [person, ...others] = evaluate(objects).metaverse;
      expect(others).toEqual([]);
      expect(person?.members).toHaveLength(2);
      expect(person?.targets.map(({ type }) => type)).toEqual(['user']);
      expect(person?.metaverse.value('title')).toBe('account');
    }
  });

  it('with the address of two accounts joins neither', () => {
    const twins = [inA({ mail }), inB({ mail })];
    const { metaverse } = evaluate([...twins, card]);
    expect(metaverse.filter(({ members }) => members.length > 1)).toEqual([]);
  });
});

describe('the result for several forests', () => {
  it('does not depend on the order in which objects arrive', () => {
    const sids = ['S-1-5-21-9-9-9-1', 'S-1-5-21-9-9-9-2'];
    const optional = (values: readonly string[]): fc.Arbitrary<string[]> =>
      fc.option(fc.constantFrom(...values), { nil: undefined }).map((value) => (value === undefined ? [] : [value]));
    const attributes = fc.record({
      mail: optional(['a@x.test', 'b@x.test']),
      mailNickname: optional(['a', 'b']),
      objectSid: optional(sids),
      msExchMasterAccountSid: optional(sids),
      msExchRecipientTypeDetails: optional(['1', '2']),
      userAccountControl: fc.constantFrom(['512'], ['514']),
      'mS-DS-ConsistencyGuid': optional([guidOf(1), guidOf(2)]),
    });
    const objects = fc.array(fc.tuple(attributes, fc.nat(2), fc.boolean()), { minLength: 1, maxLength: 6 }).map((all) =>
      all.map(([given, forest, isContact], i) => {
        const where = { number: i + 1, connector: `${'abc'.charAt(forest)}.test` };
        return isContact ? contact(given, where) : user(given, where);
      }),
    );
    const matching = fc.constantFrom<BuiltInOptions['userMatching']>(
      'representedOnce',
      'mail',
      'objectSid',
      'samAccountNameAndMailNickname',
    );
    const connectors = ['a.test', 'b.test', 'c.test'];
    fc.assert(
      fc.property(objects, matching, fc.infiniteStream(fc.nat()), (all, userMatching, order) => {
        const shuffled = all
          .map((one) => ({ one, at: order.next().value as number }))
          .sort((a, b) => a.at - b.at)
          .map(({ one }) => one);
        const described = (list: readonly SpaceObject[]): unknown => {
          const { metaverse, unjoined, refused } = evaluate(list, { userMatching: userMatching ?? 'mail' });
          return [
            metaverse
              .map((one) => [
                one.members,
                one.sourceAnchor,
                one.metaverse.value('userPrincipalName'),
                one.targets.map(({ type }) => type),
              ])
              .sort(),
            unjoined.map(({ object, reason }) => `${object.objectGuid} ${reason}`).sort(),
            refused.map(({ object, code }) => `${object?.objectGuid ?? ''} ${code}`).sort(),
          ];
        };
        expect(connectors.length).toBe(3);
        expect(JSON.stringify(described(shuffled))).toBe(JSON.stringify(described(all)));
      }),
      { numRuns: 200 },
    );
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import type { DirectoryChange } from '../../shared/directory/change.ts';
import type { DirectoryObject } from '../../shared/directory/object.ts';
import { builtInRules, type BuiltInOptions } from '../../shared/rules/built-in/built-in.ts';
import { Rules } from '../../functions/rules/rules.ts';
import { withRules } from '../support/own-rules.ts';
import { CycleWorld, testDomains } from '../support/cycle-world.ts';
import { groupObject, guidOf, Stream, userObject, whole } from '../support/facts.ts';

let world: CycleWorld;
afterEach(() => world.stop());

async function start(options: BuiltInOptions = {}): Promise<void> {
  world = await CycleWorld.start(testDomains, { rules: new Rules(builtInRules(options)) });
}

const inForest = (object: DirectoryObject, domain: string): DirectoryObject => ({
  ...object,
  dn: object.dn.replace('DC=contoso,DC=test', domain),
});
const users = (): readonly Readonly<Record<string, unknown>>[] =>
  world.graph.snapshot().users.map(({ properties }) => properties);
const named = (name: string): Readonly<Record<string, unknown>> | undefined =>
  users().find((user) => user['displayName'] === name);
const fields = (user: Readonly<Record<string, unknown>> | undefined, ...names: readonly string[]): unknown =>
  names.map((name) => user?.[name] ?? null);

describe('two forests', () => {
  const account = userObject(
    'anna',
    { displayName: ['Anna'], objectSid: ['S-1-5-21-9-9-9-1'], mail: ['anna@contoso.test'], department: ['account'] },
    guidOf(1, 'a'),
  );
  const mailbox = inForest(
    userObject(
      'anna-mail',
      {
        displayName: ['Anna Muster'],
        userAccountControl: ['514'],
        msExchMasterAccountSid: ['S-1-5-21-9-9-9-1'],
        msExchRecipientTypeDetails: ['2'],
        mailNickname: ['anna'],
        department: ['mailbox'],
      },
      guidOf(2, 'b'),
    ),
    'DC=resource,DC=test',
  );
  const bert = userObject('bert', { displayName: ['Bert'], objectSid: ['S-1-5-21-9-9-9-2'] }, guidOf(3, 'c'));
  const facts = (...objects: readonly DirectoryObject[]): DirectoryChange[] => objects.map((object) => whole(object));

  it.each([['the account first'], ['the mailbox first']])('make one user of one person: %s', async (order) => {
    await start({ userMatching: 'objectSid' });
    const [a, b] = [new Stream(), new Stream('resource.test')];
    const takeAccount = (): Promise<void> => world.take(...a.fullRead(facts(account, bert)));
    const takeMailbox = (): Promise<void> => world.take(...b.fullRead(facts(mailbox)));
    const both = order === 'the account first' ? [takeAccount, takeMailbox] : [takeMailbox, takeAccount];
    for (const take of both) {
      await take();
      await world.sync();
    }
    expect(users()).toHaveLength(2);
    expect(fields(named('Anna Muster'), 'userPrincipalName', 'department', 'accountEnabled')).toEqual([
      'anna@contoso.test',
      'mailbox',
      true,
    ]);
  });

  it('leave the person as she was before when the mailbox goes', async () => {
    await start({ userMatching: 'objectSid' });
    const [a, b] = [new Stream(), new Stream('resource.test')];
    await world.take(...a.fullRead(facts(account, bert)), ...b.fullRead(facts(mailbox)));
    await world.sync();
    await world.take(b.changes({ kind: 'deleted', objectGuid: mailbox.objectGuid }));
    await world.sync();
    expect(users()).toHaveLength(2);
    expect(fields(named('Anna'), 'department')).toEqual(['account']);
  });

  it('delete the user once both of her objects are gone, group and member in one cycle', async () => {
    await start({ userMatching: 'objectSid' });
    const [a, b] = [new Stream(), new Stream('resource.test')];
    const staff = groupObject('staff', {}, guidOf(4, 'd'));
    await world.take(
      ...a.fullRead(facts(account, bert), [whole(staff, [account.objectGuid, bert.objectGuid])]),
      ...b.fullRead(facts(mailbox)),
    );
    await world.sync();
    expect(world.graph.snapshot().groups).toHaveLength(1);
    await world.take(
      a.changes({ kind: 'deleted', objectGuid: account.objectGuid }, { kind: 'deleted', objectGuid: staff.objectGuid }),
      b.changes({ kind: 'deleted', objectGuid: mailbox.objectGuid }),
    );
    await world.sync();
    expect(users().map((user) => user['displayName'])).toEqual(['Bert']);
    expect(world.graph.snapshot().groups).toHaveLength(0);
    expect(await world.dependencies.pending.count('contoso.test', 10)).toBe(0);
    expect(await world.dependencies.pending.count('resource.test', 10)).toBe(0);
  });

  it('write nothing more when both are read again', async () => {
    await start({ userMatching: 'objectSid' });
    const [a, b] = [new Stream(), new Stream('resource.test')];
    await world.take(...a.fullRead(facts(account, bert)), ...b.fullRead(facts(mailbox)));
    await world.sync();
    const before = world.writes;
    await world.take(...b.fullRead(facts(mailbox)), ...a.fullRead(facts(account, bert)));
    await world.sync();
    expect(world.writes).toBe(before);
  });
});

describe('a change of rules', () => {
  const anna = userObject('anna', { displayName: ['Anna'], department: ['Sales'] }, guidOf(1, 'a'));
  const bert = userObject('bert', { displayName: ['Bert'], department: ['Finance'] }, guidOf(2, 'b'));
  const marked = {
    flows: [{ target: 'displayName', expression: '[displayName] & " (S)"' }],
    scope: [[{ attribute: 'department', operator: 'EQUAL' as const, value: 'Sales' }]],
  };

  it('is carried to the objects that it affects, and to no other', async () => {
    await start();
    const stream = new Stream();
    await world.take(...stream.fullRead([anna, bert].map((one) => whole(one))));
    await world.sync();
    const before = world.writes;
    world.useRules(withRules({}, marked));
    await world.sync();
    expect(
      users()
        .map((user) => user['displayName'])
        .sort(),
    ).toEqual(['Anna (S)', 'Bert']);
    expect(world.writes - before).toBe(1);
    world.useRules(withRules({}));
    await world.sync();
    expect(
      users()
        .map((user) => user['displayName'])
        .sort(),
    ).toEqual(['Anna', 'Bert']);
    expect(world.writes - before).toBe(2);
  });

  it('of nothing that matters writes nothing', async () => {
    await start();
    const stream = new Stream();
    await world.take(...stream.fullRead([anna, bert].map((one) => whole(one))));
    await world.sync();
    const before = world.writes;
    world.useRules(withRules({}, { ...marked, disabled: true }));
    await world.sync();
    expect(world.writes).toBe(before);
  });

  it('that takes somebody out of scope takes her out of the tenant, and brings her back', async () => {
    await start();
    const stream = new Stream();
    await world.take(...stream.fullRead([anna, bert].map((one) => whole(one))));
    await world.sync();
    world.useRules(withRules({}, { ...marked, flows: [{ target: 'cloudFiltered', constant: true }] }));
    await world.sync();
    expect(users().map((user) => user['displayName'])).toEqual(['Bert']);
    world.useRules(withRules({}));
    await world.sync();
    expect(
      users()
        .map((user) => user['displayName'])
        .sort(),
    ).toEqual(['Anna', 'Bert']);
  });

  it('that joins what was apart joins it, also what was there before', async () => {
    await start();
    const other = inForest(
      userObject('anna2', { displayName: ['Anna Two'], mail: ['anna@contoso.test'] }, guidOf(5, 'e')),
      'DC=b,DC=test',
    );
    const one = { ...anna, attributes: { ...anna.attributes, mail: ['anna@contoso.test'] } };
    const [a, b] = [new Stream(), new Stream('b.test')];
    await world.take(...a.fullRead([whole(one)]), ...b.fullRead([whole(other)]));
    await world.sync();
    expect(users()).toHaveLength(2);
    world.useRules(builtInRules({ userMatching: 'mail' }));
    await world.sync();
    // Which of the two in the tenant is the person is not for a machine to say: both stay, and it is said.
    const problems = [
      ...(await world.dependencies.problems.list('contoso.test')),
      ...(await world.dependencies.problems.list('b.test')),
    ];
    expect(problems.flatMap((entry) => entry.problems.map(({ code }) => code))).toContain('LS5106');
    expect(users()).toHaveLength(2);
  });
});

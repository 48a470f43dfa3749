import type { DirectoryChange } from '../../shared/directory/change.ts';
import { defaultBudget } from '../../shared/safety/change-budget.ts';
import { CycleWorld } from '../support/cycle-world.ts';
import { groupObject, guidOf, partial, Stream, userObject, whole } from '../support/facts.ts';
import { printBenchmark, round } from './report.ts';

const users = 4000;
const groups = 100;
const membersPerGroup = 50;
const managed = 3000;
/** Of the users: deleted, created and changed in a cycle, as directories are found to do. */
const mix = { deleted: 0.01, created: 0.01, changed: 0.05 };

const digit = (n: number): string => (n % 16).toString(16);
const userGuid = (n: number): string => guidOf(n, digit(n));
const user = (n: number): ReturnType<typeof userObject> =>
  userObject(`user${n}`, n > 0 && n <= managed ? { manager: [userGuid(0)] } : {}, userGuid(n));
const group = (n: number): ReturnType<typeof groupObject> =>
  groupObject(`group${n}`, {}, guidOf(0x100000 + n, digit(n)));
const membersOf = (n: number): readonly string[] =>
  Array.from({ length: membersPerGroup }, (_, m) => userGuid((n * 31 + m) % users));

/** Writes to Graph against the fewest that can do it, and transactions of the tables. Nothing here is measured in time. */
export async function writes(say: (text: string) => void): Promise<void> {
  const world = await CycleWorld.start({}, { budget: defaultBudget });
  let transactions = 0;
  world.memory.onWrite = () => {
    transactions += 1;
  };
  const taken = (): { readonly writes: number; readonly transactions: number } => {
    const now = { writes: world.writes - before.writes, transactions: transactions - before.transactions };
    before = { writes: world.writes, transactions };
    return now;
  };
  let before = { writes: 0, transactions: 0 };
  try {
    const stream = new Stream();
    const all: DirectoryChange[] = [
      ...Array.from({ length: users }, (_, n) => whole(user(n))),
      ...Array.from({ length: groups }, (_, n) => whole(group(n), membersOf(n))),
    ];
    const parts = Array.from({ length: Math.ceil(all.length / 500) }, (_, n) => all.slice(n * 500, (n + 1) * 500));
    say(`first sync of ${users} users and ${groups} groups`);
    await world.take(...stream.fullRead(...parts));
    await world.sync(200);
    const first = taken();
    const leastFirst = users + managed + groups * Math.ceil(membersPerGroup / 20);

    say('a cycle of deletions, creations and changes');
    const count = (share: number): number => Math.round(users * share);
    const deletions = Array.from({ length: count(mix.deleted) }, (_, n): DirectoryChange => ({
      kind: 'deleted',
      objectGuid: userGuid(users - 1 - n),
    }));
    const creations = Array.from({ length: count(mix.created) }, (_, n) => whole(user(users + n)));
    const changes = Array.from({ length: count(mix.changed) }, (_, n) => partial(userGuid(n + 1), { title: ['New'] }));
    await world.take(stream.changes(...deletions, ...creations, ...changes));
    await world.sync(200);
    const cycle = taken();
    const changed = deletions.length + creations.length + changes.length;

    say('a full read that shows nothing new');
    const last = all.flatMap((change, n): DirectoryChange[] => {
      if (n >= users - deletions.length && n < users) return [];
      return n > 0 && n <= changes.length
        ? [whole({ ...user(n), attributes: { ...user(n).attributes, title: ['New'] } })]
        : [change];
    });
    await world.take(...stream.fullRead([...last, ...creations]));
    await world.sync(200);
    const none = taken();

    printBenchmark('writes', [
      { name: 'firstSync', value: first.writes, unit: '', aim: leastFirst },
      { name: 'firstSyncRatio', value: round(first.writes / leastFirst, 3), unit: '', aim: 1.02 },
      { name: 'cycle', value: cycle.writes, unit: '', aim: changed },
      { name: 'cycleRatio', value: round(cycle.writes / changed, 3), unit: '', aim: 1.02 },
      { name: 'noOp', value: none.writes, unit: '', aim: 0 },
      {
        name: 'firstTransactionsPerObject',
        value: round(first.transactions / (users + groups), 2),
        unit: '',
        aim: null,
      },
      { name: 'cycleTransactionsPerObject', value: round(cycle.transactions / changed, 2), unit: '', aim: null },
    ]);
  } finally {
    await world.stop();
  }
}

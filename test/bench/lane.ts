import type { DirectoryChange } from '../../shared/directory/change.ts';
import { documentedThrottling } from '../sandbox/graph/throttle.ts';
import { CycleWorld } from '../support/cycle-world.ts';
import { groupObject, guidOf, Stream, userObject, whole } from '../support/facts.ts';
import { printBenchmark, round } from './report.ts';

export interface LaneSize {
  readonly users: number;
  /** Of all groups together. */
  readonly memberships: number;
}

const membersPerGroup = 200;
/** References that one write can carry (Graph: 20). */
const membersPerWrite = 20;
/** A request to Graph, a batch of twenty like any other, takes so long to be answered. */
const roundTripMs = 400;
/** A transaction of the tables takes so long. */
const transactionMs = 10;
/** Graph's write quota: a bucket of 3,000 that fills by 20 a second. */
const bucket = documentedThrottling.writesPer150s;
const perSecond = bucket / 150;
const batchSize = 500;

const digit = (n: number): string => (n % 16).toString(16);
const userGuid = (n: number): string => guidOf(n, digit(n));

/**
 * A first synchronisation by the whole application, rules, review, export and confirmation, under Graph's documented quotas,
 * on a clock that only counts: each request and each transaction takes its time, one after the other.
 */
export async function lane({ users, memberships }: LaneSize, say: (text: string) => void): Promise<void> {
  const groups = memberships / membersPerGroup;
  const clock = { ms: Date.parse('2026-01-01T00:00:00Z') };
  const onRequest = (phase: 'before' | 'after'): void => {
    if (phase === 'after') clock.ms += roundTripMs;
  };
  const world = await CycleWorld.start({}, { trace: () => undefined }, { clock, onRequest, writeQuota: bucket });
  world.memory.onWrite = () => {
    clock.ms += transactionMs;
  };
  let refused = 0;
  let last = clock.ms;
  world.graph.onWrite(({ status, phase }) => {
    if (phase === 'before-commit') return;
    if (status === 429) refused += 1;
    last = clock.ms;
  });
  try {
    say(`taking ${users} users and ${groups} groups of ${membersPerGroup} members`);
    const stream = new Stream();
    await world.take(...stream.fullRead(...changesOf(users, groups)));
    const before = clock.ms;
    say('synchronising');
    await world.sync(10_000);
    const { writes } = world;
    const total = users + groups * Math.ceil(membersPerGroup / membersPerWrite);
    const least = (total - bucket) / perSecond;
    const seconds = (last - before) / 1000;
    printBenchmark('lane', [
      { name: 'writes', value: writes, unit: '', aim: total },
      { name: 'simulatedMinutes', value: round(seconds / 60, 1), unit: 'min', aim: round(least / 60, 1) },
      { name: 'utilisation', value: round(least / seconds, 4), unit: '', aim: 0.95 },
      { name: 'refused', value: refused, unit: '', aim: 0 },
    ]);
  } finally {
    await world.stop();
  }
}

function* changesOf(users: number, groups: number): Generator<readonly DirectoryChange[]> {
  for (let from = 0; from < users; from += batchSize) {
    const length = Math.min(batchSize, users - from);
    yield Array.from({ length }, (_, n) => whole(userObject(`user${from + n}`, {}, userGuid(from + n))));
  }
  for (let from = 0; from < groups; from += 10) {
    const length = Math.min(10, groups - from);
    yield Array.from({ length }, (_, n) => {
      const group = groupObject(`group${from + n}`, {}, guidOf(0x1000000 + from + n, digit(n)));
      const members = Array.from({ length: membersPerGroup }, (__, m) => userGuid((n * 31 + from * 7 + m) % users));
      return whole(group, members);
    });
  }
}

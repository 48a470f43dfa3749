// `npm run bench`: how fast Lockstep is on this machine. One JSON line a benchmark on standard output, tables on standard error.
import { parseArgs } from 'node:util';
import { evaluation } from './evaluate.ts';
import { firstSync } from './first-sync.ts';
import { largeAnswer } from './large-answer.ts';
import { lane } from './lane.ts';
import { latency } from './latency.ts';
import { oneMember } from './one-member.ts';
import { relayLatency } from './relay-latency.ts';
import { relay } from './relay.ts';
import { writes } from './writes.ts';

const help = `npm run bench -- [options]

  --only <name>  Run one of them: evaluation, one-member, writes, lane, latency, first-sync, relay, relay-latency,
                 large-answer. Default: all.
  --people <n>   Users that are evaluated, and of the lane, with ten memberships each. Default: 100000.
  --users <n>    Users of the first sync. Default: 10000.
  --groups <n>   Groups of the first sync, each of 50 members; the relay has twice as many, of 20. Default: 500.
  --members <n>  Members of the group of which the relay sees one leave. Default: 50000.
  --gigabytes <n>  Size of the large answer. Default: 1.5.
  --help         Show this.

latency, first-sync and both of the relay need Samba, and root. Nothing is asserted: compare the numbers of one run with each other and
with the aims.
`;

const benchmarks = [
  'evaluation',
  'one-member',
  'writes',
  'lane',
  'latency',
  'first-sync',
  'relay',
  'relay-latency',
  'large-answer',
] as const;
const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    people: { type: 'string', default: '100000' },
    users: { type: 'string', default: '10000' },
    groups: { type: 'string', default: '500' },
    members: { type: 'string', default: '50000' },
    gigabytes: { type: 'string', default: '1.5' },
    help: { type: 'boolean', default: false },
  },
});
const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

async function run(benchmark: (typeof benchmarks)[number]): Promise<void> {
  switch (benchmark) {
    case 'evaluation':
      evaluation(Number(values.people), say);
      return;
    case 'one-member':
      oneMember();
      return;
    case 'writes':
      await writes(say);
      return;
    case 'lane':
      await lane({ users: Number(values.people), memberships: 10 * Number(values.people) }, say);
      return;
    case 'latency':
      await latency(say);
      return;
    case 'first-sync':
      await firstSync({ users: Number(values.users), groups: Number(values.groups), membersPerGroup: 50 }, say);
      return;
    case 'relay':
      await relay(
        { users: Number(values.users), groups: 2 * Number(values.groups), members: Number(values.members) },
        say,
      );
      return;
    case 'relay-latency':
      await relayLatency(say);
      return;
    case 'large-answer':
      await largeAnswer(Number(values.gigabytes), say);
  }
}

const { only } = values;
if (values.help) process.stdout.write(help);
else if (only !== undefined && !benchmarks.some((name) => name === only)) {
  say(`There is no benchmark "${only}": ${benchmarks.join(', ')}.`);
  process.exitCode = 2;
} else {
  for (const benchmark of benchmarks) if (only === undefined || only === benchmark) await run(benchmark);
}
process.exit();

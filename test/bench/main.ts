// `npm run bench`: how fast Lockstep is on this machine. One JSON line a benchmark on standard output, tables on standard error.
import { parseArgs } from 'node:util';
import { firstSync } from './first-sync.ts';
import { latency } from './latency.ts';

const help = `npm run bench -- [options]

  --only <latency | first-sync>  Run one of them. Default: both.
  --users <n>                    Users of the first sync. Default: 10000.
  --groups <n>                   Groups of the first sync, each of 50 members. Default: 500.
  --help                         Show this.

Needs Samba, and root. Nothing is asserted: compare the numbers of one run with each other and with the aims.
`;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    users: { type: 'string', default: '10000' },
    groups: { type: 'string', default: '500' },
    help: { type: 'boolean', default: false },
  },
});
const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

if (values.help) process.stdout.write(help);
else {
  if (values.only !== 'first-sync') await latency(say);
  if (values.only !== 'latency')
    await firstSync({ users: Number(values.users), groups: Number(values.groups), membersPerGroup: 50 }, say);
}
process.exit();

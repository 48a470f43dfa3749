/**
 * What an installation costs a month, from operations per object that `npm run bench` measures and list prices. Prices change and
 * differ by region: the page says what they are taken to be, so that a reader puts others in their place.
 */

/** Operations of one directory object, measured ("writes", "first-sync" and "lane" of the benchmarks). */
const measured = {
  /** Transactions for one object that changes, bench "writes". */
  changeTransactions: 1,
  /** Bytes of state of one object, its links and indexes. */
  stateBytes: 6_000,
  /** Objects in one message of Service Bus. */
  objectsPerMessage: 100,
  /** Writes that Graph takes in a second (its quota). */
  writesPerSecond: 20,
} as const;

/** Share of the objects that changes in a day: 1 % new, 1 % deleted, 5 % changed, which is a lively directory. */
const changesPerDay = 0.07;
/** Cycles of the application, with and without changes, in a month: at least one each five minutes. */
const idleCycles = (30 * 24 * 60) / 5;
/** Transactions of the durable history for a cycle (Azure Storage backend): control messages, history, leases. */
const transactionsPerCycle = 60;
/** Transactions that the backend makes while nothing happens: 4 partitions and the work items, polled every 10 s. */
const idlePolls = 30 * 24 * 3600 * (5 / 10);
const secondsPerCycle = 4;
/** Heartbeats of one relay in a month, one a minute. */
const heartbeats = 30 * 24 * 60;
/** Rules in infra/modules/alerts.bicep. */
const alertRules = 7;

/** United States dollars, list prices as remembered in November 2026: look at the price sheet before you rely on one. */
const prices = {
  tableTransactions: 0.000_36 / 10_000,
  queueTransactions: 0.000_4 / 10_000,
  storageGb: 0.06,
  busMonth: 9.81,
  busOperations: 0.8 / 1_000_000,
  busOperationsIncluded: 13_000_000,
  executions: 0.4 / 1_000_000,
  gigabyteSeconds: 0.000_026,
  alwaysReadyGigabyteSeconds: 0.000_004,
  logGb: 2.76,
  logGbFree: 5,
  alertRule: 0.5,
} as const;

interface Line {
  readonly what: string;
  readonly dollars: number;
}

function monthly(objects: number): readonly Line[] {
  const changes = objects * changesPerDay * 30;
  const table = changes * measured.changeTransactions + idleCycles * 40 + heartbeats * 2;
  const durable = idlePolls + (idleCycles + changes / 500) * transactionsPerCycle;
  const messages = changes / measured.objectsPerMessage + heartbeats;
  const seconds = idleCycles * secondsPerCycle + changes / measured.writesPerSecond;
  const memoryGb = 2;
  const logsGb = (changes * 1_500 + idleCycles * 2_500 + heartbeats * 600) / 1e9;
  return [
    { what: 'Table Storage, transactions', dollars: table * prices.tableTransactions },
    { what: 'Table Storage, capacity', dollars: ((objects * measured.stateBytes) / 1e9) * prices.storageGb },
    { what: 'Durable history', dollars: durable * prices.queueTransactions },
    {
      what: 'Service Bus Standard',
      dollars: prices.busMonth + Math.max(0, messages * 4 - prices.busOperationsIncluded) * prices.busOperations,
    },
    {
      what: 'Functions, running',
      dollars:
        seconds * memoryGb * prices.gigabyteSeconds +
        ((seconds / secondsPerCycle) * 5 + heartbeats) * prices.executions,
    },
    {
      what: 'Functions, one instance always ready',
      dollars: 30 * 24 * 3600 * memoryGb * prices.alwaysReadyGigabyteSeconds,
    },
    { what: 'Logs', dollars: Math.max(0, logsGb - prices.logGbFree) * prices.logGb },
    { what: 'Alert rules', dollars: alertRules * prices.alertRule },
  ];
}

/** docs/Reference/costs.md */
export function costsPage(): string {
  const sizes = [1_000, 100_000, 1_000_000] as const;
  const columns = sizes.map(monthly);
  const names = (columns[0] ?? []).map(({ what }) => what);
  const dollars = (value: number): string => (value < 0.005 ? '0' : value.toFixed(2));
  const total = (lines: readonly Line[]): number => lines.reduce((sum, line) => sum + line.dollars, 0);
  const hours = (objects: number): string => (objects / measured.writesPerSecond / 3600).toFixed(1);
  return [
    '# Costs and limits',
    '',
    'Computed by `tools/pages/costs.ts` from operations that `npm run bench` measures and from list prices; `npm run docs` writes this page.',
    'The prices are remembered, not looked up, and nothing of this was compared with a bill yet. Not in it: private endpoints, Service Bus',
    'Premium, the Durable Task Scheduler, licences of Entra.',
    '',
    `## A month, in US dollars, when ${Math.round(changesPerDay * 100)} % of the objects change a day`,
    '',
    `| | ${sizes.map((size) => `${size.toLocaleString('en')} objects`).join(' | ')} |`,
    `| --- | ${sizes.map(() => '---:').join(' | ')} |`,
    ...names.map((name, n) => `| ${name} | ${columns.map((lines) => dollars(lines[n]?.dollars ?? 0)).join(' | ')} |`),
    `| **Sum** | ${columns.map((lines) => `**${dollars(total(lines))}**`).join(' | ')} |`,
    '',
    '## Where each quota ends',
    '',
    '| Quota | Is reached at | What happens then |',
    '| --- | --- | --- |',
    `| Graph: 3,000 writes in 150 s for an application in a tenant | ${measured.writesPerSecond} writes a second, ${(measured.writesPerSecond * 86_400).toLocaleString('en')} a day | The lane keeps the quota full; changes wait. A first synchronisation of ${sizes.map((size) => `${size.toLocaleString('en')} objects takes ${hours(size)} h`).join(', ')}, memberships aside (20 in one write) |`,
    '| Entra: 50,000 objects, 300,000 with a verified domain | the first object above it | The cycle stops (LS3008) and goes on by itself once Microsoft has raised it |',
    '| Table Storage: 20,000 transactions a second for an account, 2,000 entities a second for a partition | far above what Graph lets through | |',
    '| Service Bus Standard: 256 KB a message | | Batches are compressed and cut to fit |',
    '| Service Bus: 1,000 operations a second, throttled | a full read of more than 100,000 objects a second | The relay waits and goes on at its cookie |',
    '| Flex Consumption: 1,000 instances | never: one lane writes | |',
    '| Durable Task Scheduler, Consumption: 500 actions a second | never: the cycle takes a few actions for 200 objects | |',
    '',
  ].join('\n');
}

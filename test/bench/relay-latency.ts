import { setTimeout as delay } from 'node:timers/promises';
import { ServiceBusClient } from '@azure/service-bus';
import { openEnvelope } from '../../functions/intake/envelope.ts';
import { queues } from '../../shared/contracts/queues.ts';
import { generateLarge } from '../sandbox/estate/large.ts';
import type { SambaDc } from '../sandbox/samba/samba-dc.ts';
import { startBroker, type Broker } from '../sandbox/service-bus/broker.ts';
import { lockstepBusConfig } from '../sandbox/service-bus/lockstep-config.ts';
import { DirectoryAdmin } from '../support/directory-admin.ts';
import { startRelay, stopRelay, type Say } from './bench-relay.ts';
import { withDomain } from './estate.ts';
import { percentile, printBenchmark, round, type Measurement } from './report.ts';

/**
 * Few, for Samba looks at the whole directory for each change that it notifies of and for each read: with 10,000 users that takes
 * 260 ms of each change, and what would be measured is that.
 */
const users = 600;

/** The time from a change to the bus, at several rates of changes. */
export async function relayLatency(say: Say): Promise<void> {
  await withDomain(async (dc) => {
    await dc.bulkLoad(generateLarge({ users, groups: 1, membersPerGroup: 20, baseDn: dc.baseDn, seed: 1 }));
    const broker = await startBroker({ config: lockstepBusConfig });
    try {
      await untilBus(dc, broker, say);
    } finally {
      await broker.stop();
    }
  });
}

/** Changes a second, and for how many seconds. */
const rates = [
  [1, 20],
  [10, 10],
  [100, 3],
] as const;
/** Sessions that change the directory side by side: one alone waits for each answer. */
const admins = 8;

/** From the LDAP modify to the message that Service Bus holds. */
async function untilBus(dc: SambaDc, broker: Broker, say: Say): Promise<void> {
  const running = startRelay(dc, broker);
  await running.event('in-step');
  await using admin = await DirectoryAdmin.signIn(dc);
  const people = [...(await admin.valuesByDn('employeeID')).keys()];
  const guids = new Map<string, string>();
  for (const dn of people.slice(0, 600)) guids.set(await admin.guidOf(dn), dn);
  const measurements: Measurement[] = [];
  const accepted = await Arrivals.open(broker);
  try {
    for (const [rate, seconds] of rates) {
      const times = await changesAt(rate, rate * seconds, dc, [...guids], accepted);
      measurements.push(
        { name: `p50MsAt${rate}`, value: round(percentile(times, 50), 0), unit: 'ms', aim: 250 },
        { name: `p95MsAt${rate}`, value: round(percentile(times, 95), 0), unit: 'ms', aim: null },
      );
      say(`${rate} changes a second done`);
    }
  } finally {
    await accepted.close();
    await stopRelay(running);
  }
  printBenchmark('relay-latency', measurements);
}

async function changesAt(
  rate: number,
  count: number,
  dc: SambaDc,
  people: readonly (readonly [guid: string, dn: string])[],
  arrivals: Arrivals,
): Promise<readonly number[]> {
  const sessions = await Promise.all(Array.from({ length: admins }, () => DirectoryAdmin.signIn(dc)));
  const times: Promise<number>[] = [];
  const busy = new Map<DirectoryAdmin, Promise<unknown>>();
  const begin = performance.now();
  for (let i = 0; i < count; i += 1) {
    await delay(Math.max(0, begin + (i * 1_000) / rate - performance.now()));
    const session = sessions[i % admins];
    const [guid, dn] = people[i % people.length] ?? [];
    if (session === undefined || guid === undefined || dn === undefined) throw new Error('There is nobody to change.');
    const title = `At ${rate}, number ${i}`;
    const start = performance.now();
    times.push(arrivals.of(guid, title).then((at) => at - start));
    busy.set(
      session,
      (busy.get(session) ?? Promise.resolve()).then(() => session.modify(dn, 'replace', { title })),
    );
  }
  await Promise.all(busy.values());
  const all = await Promise.all(times);
  for (const session of sessions) await session[Symbol.asyncDispose]();
  return all;
}

/** Looks into every message as it comes. */
class Arrivals {
  readonly #client: ServiceBusClient;
  readonly #waiting = new Map<string, (at: number) => void>();
  #renewing: NodeJS.Timeout | undefined;

  private constructor(client: ServiceBusClient) {
    this.#client = client;
  }

  static async open(broker: Broker): Promise<Arrivals> {
    const client = new ServiceBusClient(broker.connectionString);
    const arrivals = new Arrivals(client);
    const receiver = await client.acceptNextSession(queues.directoryChanges, { receiveMode: 'receiveAndDelete' });
    arrivals.#renewing = setInterval(() => void receiver.renewSessionLock(), 20_000);
    receiver.subscribe({
      processMessage: async ({ body }) => {
        const at = performance.now();
        const { content } = await openEnvelope(body);
        if (content.type !== 'changes') return;
        for (const change of content.changes) {
          const [title] = (change.kind === 'present' ? change.attributes['title'] : undefined) ?? [];
          arrivals.#waiting.get(`${change.objectGuid} ${title ?? ''}`)?.(at);
        }
      },
      processError: ({ error }) => Promise.reject(error),
    });
    return arrivals;
  }

  of(guid: string, title: string): Promise<number> {
    return new Promise((resolve) => this.#waiting.set(`${guid} ${title}`, resolve));
  }

  close(): Promise<void> {
    clearInterval(this.#renewing);
    return this.#client.close();
  }
}

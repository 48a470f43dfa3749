import { setTimeout as delay } from 'node:timers/promises';
import { guidToBytes } from '../../shared/directory/guid.ts';
import { generateLarge } from '../sandbox/estate/large.ts';
import type { GraphSimulator } from '../sandbox/graph/simulator.ts';
import { DirectoryAdmin } from '../support/directory-admin.ts';
import { settleOrFail, startOn, withDomain } from './estate.ts';
import { percentile, printBenchmark, round } from './report.ts';

const changes = 100;
/** Changes come apart by this and up to as much again, so that each is alone. */
const pauseMs = 100;

/** Time from an LDAP modify on the domain controller to the write that Graph has accepted, one change at a time. */
export async function latency(say: (text: string) => void): Promise<void> {
  await withDomain(async (dc, folder) => {
    const { baseDn } = dc;
    await dc.bulkLoad(generateLarge({ users: changes, groups: 1, membersPerGroup: 20, baseDn, seed: 1 }));
    const sandbox = await startOn(dc, folder, say);
    try {
      await settleOrFail(sandbox, say);
      if (sandbox.simulator === undefined) throw new Error('The sandbox has no simulator.');
      await using admin = await DirectoryAdmin.signIn(dc);
      const people = await admin.valuesOf('(employeeID=L*)', 'distinguishedName');
      const times: number[] = [];
      for (const [index, dn] of people.slice(0, changes).entries()) {
        const id = entraIdOf(sandbox.simulator, await admin.guidOf(dn));
        const written = nextWrite(sandbox.simulator, `/users/${id}`);
        const start = performance.now();
        await admin.modify(dn, 'replace', { title: `Title ${index}` });
        times.push((await written) - start);
        if (index % 20 === 19) say(`${index + 1} of ${changes} changes`);
        await delay(pauseMs + (index % 7) * (pauseMs / 7));
      }
      printBenchmark('latency', [
        { name: 'p50Ms', value: round(percentile(times, 50), 0), unit: 'ms', aim: 500 },
        { name: 'p95Ms', value: round(percentile(times, 95), 0), unit: 'ms', aim: 1500 },
        { name: 'maxMs', value: round(Math.max(...times), 0), unit: 'ms', aim: null },
        { name: 'changes', value: times.length, unit: '', aim: null },
      ]);
    } finally {
      await sandbox.stop();
    }
  });
}

function entraIdOf(simulator: GraphSimulator, guid: string): string {
  const immutableId = Buffer.from(guidToBytes(guid)).toString('base64');
  const user = simulator.snapshot().users.find((one) => one.properties['onPremisesImmutableId'] === immutableId);
  if (user === undefined) throw new Error(`The tenant has no user for ${guid}.`);
  return user.id;
}

function nextWrite(simulator: GraphSimulator, url: string): Promise<number> {
  return new Promise((resolve) => {
    const stop = simulator.onWrite((write) => {
      if (write.phase !== 'after-commit' || write.url !== url || write.status >= 300) return;
      stop();
      resolve(performance.now());
    });
  });
}

import { generateLarge } from '../sandbox/estate/large.ts';
import { peakMemory } from './memory.ts';
import { settleOrFail, startOn, withDomain } from './estate.ts';
import { printBenchmark, round } from './report.ts';

export interface FirstSyncSize {
  readonly users: number;
  readonly groups: number;
  readonly membersPerGroup: number;
}

/** Members that the creation of a group can name (Graph: 20 references in one request), and one later PATCH adds. */
const membersPerWrite = 20;

/** From nothing to in step, from a real directory, with Graph as fast as it can be. */
export async function firstSync(size: FirstSyncSize, say: (text: string) => void): Promise<void> {
  await withDomain(async (dc, folder) => {
    say(`loading ${size.users} users and ${size.groups} groups into Samba`);
    await dc.bulkLoad(generateLarge({ ...size, baseDn: dc.baseDn, seed: 1 }));
    say('first sync');
    const start = performance.now();
    const sandbox = await startOn(dc, folder, say);
    try {
      await settleOrFail(sandbox, say);
      const seconds = (performance.now() - start) / 1000;
      const status = await sandbox.status(true);
      const objects = status?.objects;
      if (objects === undefined || objects.inEntra !== objects.inScope) throw new Error('Not everything is in Entra.');
      const tableRequests = await sandbox.tableRequests();
      const writes = sandbox.simulator?.usage.writes ?? 0;
      const { host, relay } = sandbox.pids;
      const least = leastWrites(sandbox.simulator?.snapshot());
      printBenchmark('first-sync', [
        { name: 'seconds', value: round(seconds, 1), unit: 's', aim: 120 },
        { name: 'objects', value: objects.inEntra, unit: '', aim: null },
        { name: 'hostPeakMiB', value: peakMemory(host), unit: 'MiB', aim: null },
        { name: 'relayPeakMiB', value: peakMemory(relay), unit: 'MiB', aim: null },
        { name: 'graphWrites', value: writes, unit: '', aim: least },
        { name: 'tableRequestsPerObject', value: round(tableRequests / objects.read), unit: '', aim: null },
      ]);
    } finally {
      await sandbox.stop();
    }
  });
}

/** One creation an object, one reference a manager, and what members do not fit into the creation of their group. */
function leastWrites(
  tenant:
    | {
        readonly users: readonly { readonly managerId: string | null }[];
        readonly groups: readonly { readonly memberIds: readonly string[] }[];
      }
    | undefined,
): number {
  const users = tenant?.users ?? [];
  const groups = tenant?.groups ?? [];
  const managers = users.filter((user) => user.managerId !== null).length;
  const membership = groups.reduce(
    (sum, { memberIds }) => sum + Math.max(1, Math.ceil(memberIds.length / membersPerWrite)),
    0,
  );
  return users.length + managers + membership;
}

import type { ObjectCounts, ProblemReport, StatusReport } from '../../shared/contracts/status.ts';
import type { SyncDependencies } from '../sync/dependencies.ts';
import { intendedOf, mappingContext } from '../sync/source.ts';

/** Counting what is pending stops here: the answer is for a person, or for "is it zero". */
const pendingLimit = 1000;

/** What an operator wants to know first. With `objects` everything is counted, which scans the connector spaces. */
export async function statusOf(dependencies: SyncDependencies, objects: boolean): Promise<StatusReport> {
  const { streams, pending, problems, tenantStore } = dependencies;
  const connectors = await streams.all();
  let waiting = 0;
  const errors: ProblemReport[] = [];
  for (const { connector } of connectors) {
    waiting += await pending.count(connector, pendingLimit);
    errors.push(...(await problems.list(connector)).flatMap((entry) => entry.problems));
  }
  return {
    version: 1,
    connectors: connectors.map(({ connector, state }) => ({
      connector,
      position: state.position,
      fullReadOpen: state.fullReadOpen,
    })),
    pending: waiting,
    halted: await tenantStore.halt(),
    errors,
    graph: await tenantStore.usage(),
    ...(objects ? { objects: await countObjects(dependencies) } : {}),
  };
}

async function countObjects(dependencies: SyncDependencies): Promise<ObjectCounts> {
  const { streams, space, entra, tenantStore } = dependencies;
  const facts = await tenantStore.facts();
  let [read, inScope, inEntra] = [0, 0, 0];
  for (const { connector } of await streams.all()) {
    const context = await mappingContext(dependencies, connector, facts?.domains ?? []);
    for await (const page of space.scan(connector)) {
      const living = page.filter((stored) => !stored.deleted);
      const wanted = living
        .filter((stored) => intendedOf(stored, context).kind !== 'none')
        .map((stored) => stored.object.objectGuid);
      read += living.length;
      inScope += wanted.length;
      inEntra += [...(await entra.load(wanted)).values()].filter((known) => known.state === 'present').length;
    }
  }
  return { read, inScope, inEntra };
}

import type { ObjectCounts, ProblemReport, StatusReport } from '../../shared/contracts/status.ts';
import type { SyncDependencies } from '../sync/dependencies.ts';
import { evaluateObjects, isLiving } from '../sync/plan/clusters.ts';
import { decide } from '../sync/plan/decide.ts';
import { countAwaited } from '../sync/confirm/observe.ts';
import type { Relays } from '../storage/relays.ts';
import { silentConnectors } from '../telemetry/heartbeats.ts';
import { tenantContext } from '../sync/plan/source.ts';

/** Counting what is pending stops here: the answer is for a person, or for "is it zero". */
const pendingLimit = 1000;

/** What an operator wants to know first. With `objects` everything is counted, which scans the connector spaces. */
export async function statusOf(
  dependencies: SyncDependencies & { readonly relays: Relays },
  objects: boolean,
): Promise<StatusReport> {
  const { streams, pending, problems, tenantStore, now } = dependencies;
  const connectors = await streams.all();
  const relays = await dependencies.relays.all();
  let waiting = 0;
  const errors: ProblemReport[] = [...silentConnectors(relays, now())];
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
    relays: relays.map(({ heartbeat, heardAt }) => ({
      machine: heartbeat.machine,
      version: heartbeat.relayVersion,
      heardAt,
      connectors: heartbeat.connectors,
    })),
    pending: waiting,
    unconfirmed: await countAwaited(dependencies, pendingLimit),
    halted: await tenantStore.halt(),
    errors,
    graph: await tenantStore.usage(),
    ...(objects ? { objects: await countObjects(dependencies) } : {}),
  };
}

async function countObjects(dependencies: SyncDependencies): Promise<ObjectCounts> {
  const { streams, space, entra, tenantStore, rules } = dependencies;
  const facts = await tenantStore.facts();
  const connectors = (await streams.all()).map(({ connector }) => connector);
  const engine = rules.engine(connectors);
  let read = 0;
  // Joined objects of several directories are one object in Entra.
  const inScope = new Set<string>();
  for (const connector of connectors) {
    for await (const page of space.scan(connector)) {
      const living = page.filter(isLiving).map(({ object }) => ({ connector, objectGuid: object.objectGuid }));
      read += living.length;
      if (facts === undefined) continue;
      const decisions = decide(
        living,
        await evaluateObjects(dependencies, engine, living),
        tenantContext(dependencies, facts),
      );
      for (const { holder, intended } of decisions.values()) {
        if (intended.kind !== 'none') inScope.add(holder.objectGuid);
      }
    }
  }
  const known = await entra.load([...inScope]);
  const inEntra = [...known.values()].filter(({ state }) => state === 'present').length;
  return { read, inScope: inScope.size, inEntra };
}

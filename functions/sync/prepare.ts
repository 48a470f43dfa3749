import { sourceAnchorOfGuid } from '../../shared/engine/anchor.ts';
import type { UnclaimedObject } from '../storage/entra-space.ts';
import type { TenantFacts } from '../storage/tenant-facts.ts';
import { beginDelta } from './confirm/confirm.ts';
import type { SyncDependencies } from './dependencies.ts';
import { anchorKeyOfTenantObject } from './find-by-anchor.ts';
import type { TenantObject } from './tenant.ts';

/** How long a list of domains is trusted. */
const domainsMaxAgeMs = 5 * 60_000;

/**
 * Learns what must be known of the tenant before anything is planned: its verified domains, and once, which of its
 * objects carry an anchor, so that an installation that lost its state adopts them instead of creating them anew. Defines
 * the directory extensions that the rules ask for.
 */
export async function prepareTenant(dependencies: SyncDependencies): Promise<TenantFacts> {
  const { tenantStore, tenant, rules, mode, now } = dependencies;
  const { ruleSet } = rules;
  const before = await tenantStore.facts();
  const halted = (await tenantStore.halt()) !== null;
  const age = before === undefined ? Infinity : now().getTime() - Date.parse(before.domainsReadAt);
  const extensions = [...rules.extensions.values()];
  const defined = extensions.map(({ property }) => property).sort();
  const same = before?.extensions.join() === defined.join();
  if (before?.imported === true && !halted && same && age < domainsMaxAgeMs) return before;
  // Before anything is read: Graph refuses to show extensions that nobody has defined.
  if (ruleSet.extensionApplication !== null && extensions.length > 0 && (!same || halted)) {
    await tenant.defineExtensions(ruleSet.extensionApplication, extensions, mode === 'live');
  }
  const { verified: domains, initial: initialDomain } = await tenant.domains();
  // Begun before the import: what changes while it reads is shown by delta.
  if (before?.imported !== true) await tenantStore.saveDelta(await beginDelta(dependencies));
  const unclaimed = before?.imported === true ? before.unclaimed : await importTenant(dependencies);
  const domainsReadAt = now().toISOString();
  const facts: TenantFacts = { domains, initialDomain, domainsReadAt, imported: true, unclaimed, extensions: defined };
  if (before !== undefined && before.domains.join() !== domains.join()) await retryRefusedUsers(dependencies);
  await tenantStore.saveFacts(facts);
  return facts;
}

async function importTenant({ tenant, entra }: SyncDependencies): Promise<number> {
  let count = 0;
  const keep = async (pages: AsyncIterable<readonly TenantObject[]>, deleted: boolean): Promise<void> => {
    for await (const page of pages) {
      const objects = page.flatMap((object): UnclaimedObject[] => {
        const sourceAnchor = sourceAnchorOf(object);
        return sourceAnchor === undefined
          ? []
          : [{ sourceAnchor, type: object.type, entraId: object.id, deleted, properties: object.properties }];
      });
      await entra.saveUnclaimed(objects);
      count += objects.length;
    }
  };
  // The living last: where one anchor stands on a deleted and a living object, the living one is the counterpart.
  for (const type of ['user', 'group'] as const) await keep(tenant.deletedObjects(type), true);
  for (const type of ['user', 'group'] as const) await keep(tenant.objects(type), false);
  return count;
}

/** An anchor with that key. A unique name keeps only the key, which is the GUID where the anchor is made of one. */
function sourceAnchorOf(object: TenantObject): string | undefined {
  if (object.type === 'user') return object.anchor ?? undefined;
  const key = anchorKeyOfTenantObject(object);
  return key === undefined ? undefined : sourceAnchorOfGuid(key);
}

/** A domain was added or removed: users that had no verified domain deserve another look. */
async function retryRefusedUsers({ streams, problems, pending }: SyncDependencies): Promise<void> {
  for (const { connector } of await streams.all()) {
    const entries = await problems.list(connector);
    const refused = entries
      .filter((entry) => entry.problems.some((problem) => problem.code === 'LS3101'))
      .map((entry) => entry.guid);
    await pending.mark(connector, 'user', refused, 'domains-changed');
  }
}

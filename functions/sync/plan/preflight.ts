import type { PreflightItem, PreflightOutcome, PreflightReport } from '../../../shared/contracts/preflight.ts';
import { anchorKeyOf } from '../../../shared/engine/anchor.ts';
import type { IntendedGroup, IntendedUser, PropertyValue } from '../../../shared/engine/intended.ts';
import { LeftBehindCount } from '../../../shared/entra/left-behind.ts';
import { decideMatch, type MatchCandidate } from '../../../shared/entra/matching.ts';
import { domainOf } from '../../../shared/entra/sign-in-name.ts';
import { LockstepError } from '../../../shared/errors/lockstep-error.ts';
import { pendingTypeOf } from '../../storage/pending.ts';
import { isLiving } from './clusters.ts';
import type { SyncDependencies } from '../dependencies.ts';
import { anchorKeyOfTenantObject } from '../find-by-anchor.ts';
import { labelOfSource } from './planning.ts';
import { sourcesOf, type Source } from './source.ts';
import type { TenantObject } from '../tenant.ts';

/** Objects that an answer lists. */
const itemLimit = 1000;

/** The tenant as one reading shows it. */
interface TenantIndex {
  readonly byAnchor: ReadonlyMap<string, TenantObject>;
  readonly byMail: ReadonlyMap<string, readonly TenantObject[]>;
  readonly byName: ReadonlyMap<string, TenantObject>;
  readonly roleHolders: ReadonlySet<string>;
  readonly federated: ReadonlySet<string>;
}

/**
 * What the first export would do to a tenant that holds objects already: which would be taken over and by what, which must
 * not be, and which are new. Reads the tenant; writes nothing. Throws LS3203 before the tenant was read once.
 */
export async function preflight(dependencies: SyncDependencies): Promise<PreflightReport> {
  const { tenant, tenantStore, streams, space, entra, matching } = dependencies;
  const facts = await tenantStore.facts();
  if (facts === undefined) throw new LockstepError('LS3203', 'The tenant has not been read yet.');
  const { verified, federated } = await tenant.domains();
  const index = await indexTenant(dependencies, federated);
  const counts: Record<PreflightOutcome, number> = { create: 0, anchor: 0, mail: 0, 'sign-in-name': 0, refused: 0 };
  const items: PreflightItem[] = [];
  const foreign: Record<string, number> = {};
  const anchors = new Set<string>();
  /** Objects under which counterparts are kept. */
  const seen = new Set<string>();
  const leftBehind = new LeftBehindCount();
  let known = 0;
  for (const { connector } of await streams.all()) {
    for await (const page of space.scan(connector)) {
      const marks = page
        .filter(isLiving)
        .filter(({ object }) => pendingTypeOf(object.objectClass) !== undefined)
        .map(({ object }) => ({ objectGuid: object.objectGuid, correlationId: 'preflight', rowKeys: [] }));
      const sources = await sourcesOf(dependencies, facts, connector, marks);
      const held = await entra.load(sources.map(({ guid }) => guid));
      for (const source of sources) {
        const { guid, intended } = source;
        // Objects that are joined come once for each directory.
        if (seen.has(guid)) continue;
        seen.add(guid);
        leftBehind.take(intended);
        if (intended.kind !== 'user' && intended.kind !== 'group') continue;
        anchors.add(anchorKeyOf(intended.sourceAnchor));
        if (intended.kind === 'user' && intended.foreignDomain !== undefined) {
          foreign[intended.foreignDomain] = (foreign[intended.foreignDomain] ?? 0) + 1;
        }
        if (held.has(guid)) {
          known += 1;
          continue;
        }
        const item = judge(source, intended, index, dependencies);
        counts[item.outcome] += 1;
        if (item.outcome !== 'create') items.push(item);
      }
    }
  }
  items.sort((a, b) => Number(b.outcome === 'refused') - Number(a.outcome === 'refused'));
  const orphans = [...index.byAnchor.keys()].filter((key) => !anchors.has(key)).length;
  const domains = { verified, federated, foreign };
  return {
    version: 1,
    matching,
    known,
    counts,
    items: items.slice(0, itemLimit),
    domains,
    orphans,
    leftBehind: leftBehind.list,
  };
}

async function indexTenant({ tenant }: SyncDependencies, federated: readonly string[]): Promise<TenantIndex> {
  const byAnchor = new Map<string, TenantObject>();
  const byMail = new Map<string, TenantObject[]>();
  const byName = new Map<string, TenantObject>();
  for (const type of ['user', 'group'] as const) {
    for await (const page of tenant.objects(type)) {
      for (const object of page) {
        const anchor = anchorKeyOfTenantObject(object);
        if (anchor !== undefined) byAnchor.set(anchor, object);
        if (type === 'group') continue;
        const mail = textOf(object.properties['mail']);
        if (mail !== undefined) byMail.set(mail, [...(byMail.get(mail) ?? []), object]);
        const name = textOf(object.properties['userPrincipalName']);
        if (name !== undefined) byName.set(name, object);
      }
    }
  }
  return { byAnchor, byMail, byName, roleHolders: await tenant.roleHolders(), federated: new Set(federated) };
}

/** The same order and the same decision as an export: the anchor, then the address, then the sign-in name. */
function judge(
  source: Source,
  intended: IntendedUser | IntendedGroup,
  index: TenantIndex,
  { matching }: SyncDependencies,
): PreflightItem {
  const label = labelOfSource(source);
  const item = { label, type: intended.kind, entraId: null, code: null, message: null };
  const mail = textOf(intended.properties['mail']);
  const name = textOf(intended.properties['userPrincipalName']);
  const mailHolders = (mail === undefined ? undefined : index.byMail.get(mail)) ?? [];
  const byName = name === undefined ? undefined : index.byName.get(name);
  const candidates: readonly (readonly [MatchCandidate['by'], TenantObject | undefined])[] = [
    ['anchor', index.byAnchor.get(anchorKeyOf(intended.sourceAnchor))],
    ['mail', mailHolders.length === 1 ? mailHolders[0] : undefined],
    ['signInName', byName],
  ];
  for (const [by, found] of candidates) {
    if (found === undefined || (by !== 'anchor' && intended.kind === 'group')) continue;
    const decision = decideMatch(
      intended.kind,
      {
        id: found.id,
        type: found.type,
        by,
        carriesAnchor: found.anchor !== null,
        holdsRole: index.roleHolders.has(found.id),
      },
      matching,
    );
    const entraId = found.id;
    if (decision.kind === 'refused') {
      const { code, message } = decision.problem;
      return { ...item, outcome: 'refused', entraId, code, message };
    }
    if (decision.kind === 'no-match') continue;
    const domain = domainOf(textOf(found.properties['userPrincipalName']) ?? '');
    // Graph does not change the immutable id of a user whose sign-in name is in a federated domain.
    if (by !== 'anchor' && index.federated.has(domain)) {
      const message = `The user ${found.id} would have to get its immutable id while its sign-in name is in the federated domain ${domain}.`;
      return { ...item, outcome: 'refused', entraId, code: 'LS3113', message };
    }
    return { ...item, outcome: by === 'signInName' ? 'sign-in-name' : by, entraId };
  }
  if (intended.kind === 'user' && byName !== undefined) {
    const message = `The user ${byName.id} of the tenant has the sign-in name "${name ?? ''}", and is not taken over.`;
    return { ...item, outcome: 'refused', entraId: byName.id, code: 'LS3102', message };
  }
  return { ...item, outcome: 'create' };
}

function textOf(value: PropertyValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value.toLowerCase() : undefined;
}

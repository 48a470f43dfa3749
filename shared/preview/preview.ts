import type { DirectoryObject } from '../directory/object.ts';
import { labelOf } from '../directory/object.ts';
import { engineOf } from '../engine/engine-of.ts';
import type { EngineEnvironment } from '../engine/environment.ts';
import type { IntendedGroup, IntendedUser, Problem } from '../engine/intended.ts';
import { planObject, type KnownObject, type PlannedChange } from '../engine/plan.ts';
import { WholeDirectories, type NamedDirectory } from '../engine/whole-directories.ts';
import { carry } from '../entra/carry.ts';
import { extensionTargets } from '../entra/directory-extensions.ts';
import { LeftBehindCount, type LeftBehind } from '../entra/left-behind.ts';
import type { TenantDomains } from '../entra/sign-in-name.ts';
import { groupRules, ruleOf, userRules } from '../entra/value-rules.ts';
import type { RuleSet } from '../rules/model.ts';

/** What rules make of whole directories, in one evaluation. */
interface Evaluated {
  readonly objects: ReadonlyMap<string, EvaluatedObject>;
  readonly problems: readonly { readonly label: string; readonly problem: Problem }[];
  readonly leftBehind: readonly LeftBehind[];
}

interface EvaluatedObject {
  readonly label: string;
  readonly intended: IntendedUser | IntendedGroup;
  /** Anchors of the members that are to be in the tenant. */
  readonly members: ReadonlySet<string>;
}

/** What would happen to one object. */
export interface PreviewedObject {
  readonly label: string;
  readonly type: 'user' | 'group';
  readonly changes: readonly PlannedChange[];
  readonly membersAdded: number;
  readonly membersRemoved: number;
}

export interface Preview {
  /** Only those to which something would happen, in the order of the directories. */
  readonly objects: readonly PreviewedObject[];
  /** What the new rules cannot carry. */
  readonly problems: readonly { readonly label: string; readonly problem: Problem }[];
  /** What the new rules want in the tenant and Microsoft Graph cannot write. */
  readonly leftBehind: readonly LeftBehind[];
  /** Objects that the rules want in the tenant: now, and after the change. */
  readonly inScope: { readonly before: number; readonly after: number };
  /** Memberships before the change. */
  readonly memberships: number;
}

export interface PreviewInput {
  readonly directories: readonly NamedDirectory[];
  /** Rules in force; `null` for a tenant that holds nothing yet. */
  readonly from: RuleSet | null;
  readonly to: RuleSet;
  readonly domains: TenantDomains;
  readonly environment: EngineEnvironment;
}

/** What a change of rules would do to a tenant that is in step with the directories. Pure; there is no tenant at all. */
export function previewRules({ directories, from, to, domains, environment }: PreviewInput): Preview {
  const before = from === null ? undefined : evaluate(directories, from, domains, environment);
  const after = evaluate(directories, to, domains, environment);
  const labels = new Map(
    directories.flatMap(({ directory }) =>
      [...directory.objects].map(([guid, object]) => [guid, labelOf(object)] as const),
    ),
  );
  // A person knows a manager by its name.
  const nameOf = <T extends string | null | undefined>(guid: T): T | string =>
    typeof guid === 'string' ? (labels.get(guid) ?? guid) : guid;
  const held = before?.objects ?? new Map<string, EvaluatedObject>();
  const memberships = [...held.values()].reduce((sum, { members }) => sum + members.size, 0);
  const objects = [...new Set([...held.keys(), ...after.objects.keys()])].flatMap((anchor): PreviewedObject[] => {
    const [old, now] = [held.get(anchor), after.objects.get(anchor)];
    const shown = now ?? old;
    if (shown === undefined) return [];
    const known = old === undefined ? undefined : knownAs(anchor, old.intended);
    const rules = shown.intended.kind === 'user' ? userRules : groupRules;
    const changes = planObject(
      now?.intended ?? { kind: 'none', reason: '' },
      known,
      (property) => ruleOf(rules, property)?.clearable === false,
    );
    const membersAdded = [...(now?.members ?? [])].filter((member) => old?.members.has(member) !== true).length;
    // The members of a group that goes, go with it; one that goes itself leaves its groups by that.
    const lost = now === undefined ? [] : [...(old?.members ?? [])].filter((member) => !now.members.has(member));
    const membersRemoved = lost.filter((member) => after.objects.has(member)).length;
    if (changes.length + membersAdded + membersRemoved === 0) return [];
    const named = changes.map((change) =>
      change.kind === 'manager' ? { ...change, from: nameOf(change.from), to: nameOf(change.to) ?? null } : change,
    );
    return [{ label: shown.label, type: shown.intended.kind, changes: named, membersAdded, membersRemoved }];
  });
  const { problems, leftBehind } = after;
  return { objects, problems, leftBehind, inScope: { before: held.size, after: after.objects.size }, memberships };
}

/** An object of the tenant that is in step. */
function knownAs(sourceAnchor: string, intended: IntendedUser | IntendedGroup): KnownObject {
  return {
    type: intended.kind,
    state: 'present',
    entraId: sourceAnchor,
    sourceAnchor,
    members: intended.members,
    properties: { ...intended.onCreate, ...intended.properties },
    manager: intended.kind === 'user' ? (intended.manager ?? null) : null,
    setAside: {},
    signInName: intended.kind === 'user' ? intended.signInName : undefined,
  };
}

function evaluate(
  directories: readonly NamedDirectory[],
  ruleSet: RuleSet,
  domains: TenantDomains,
  environment: EngineEnvironment,
): Evaluated {
  const engine = engineOf(
    ruleSet,
    directories.map(({ connector }) => connector),
  );
  const whole = new WholeDirectories(engine, directories, environment);
  const sources = new Map<string, DirectoryObject & { readonly links: Readonly<Record<string, readonly string[]>> }>();
  for (const { directory } of directories) {
    for (const [guid, object] of directory.objects) sources.set(guid, object);
  }
  const context = { domains, extensions: extensionTargets(ruleSet), signInName: undefined, heldNickname: undefined };
  const wanted: { readonly label: string; readonly intended: IntendedUser | IntendedGroup }[] = [];
  const problems: { readonly label: string; readonly problem: Problem }[] = [];
  const leftBehind = new LeftBehindCount();
  const anchorOf = new Map<string, string>();
  for (const cluster of whole.clusters()) {
    for (const result of engine.evaluate(cluster, environment).metaverse) {
      const intended = carry(result, context);
      leftBehind.take(intended);
      const [source] = result.members.flatMap(({ objectGuid }) => sources.get(objectGuid) ?? []);
      const label = source === undefined ? '' : labelOf(source);
      if (intended.kind !== 'none') for (const problem of intended.problems) problems.push({ label, problem });
      if (intended.kind !== 'user' && intended.kind !== 'group') continue;
      wanted.push({ label, intended });
      for (const { objectGuid } of intended.members) anchorOf.set(objectGuid, intended.sourceAnchor);
    }
  }
  const membersOf = (intended: IntendedUser | IntendedGroup): ReadonlySet<string> => {
    if (intended.kind !== 'group') return new Set();
    const links = (intended.memberSources ?? []).flatMap(
      ({ objectGuid, attribute }) => sources.get(objectGuid)?.links[attribute] ?? [],
    );
    return new Set(links.flatMap((guid) => anchorOf.get(guid) ?? []));
  };
  const objects = wanted.map(({ label, intended }): readonly [string, EvaluatedObject] => [
    intended.sourceAnchor,
    { label, intended, members: membersOf(intended) },
  ]);
  return { objects: new Map(objects), problems, leftBehind: leftBehind.list };
}

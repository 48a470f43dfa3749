import type { RuleFailure } from './failure.ts';
import type {
  CompiledFlow,
  CompiledRule,
  OutboundTarget,
  OutboundView,
  ScopeHolder,
  ScopedFlows,
  ScopedProgram,
  ScopedTarget,
  TargetProgram,
} from './compiled-rules.ts';
import { mergeOf } from '../rules/model.ts';

/** More combinations of scopes than any directory has. */
const maxHeld = 1_000;

interface Whole {
  readonly rules: readonly CompiledRule[];
  /** Of each distinct scope, one rule that has it. */
  readonly scopes: readonly CompiledRule[];
  readonly targets: ReadonlyMap<string, TargetProgram>;
  /** Of the attributes that the rules read. */
  readonly places: ReadonlyMap<string, number>;
  /** Number of places that targets have. */
  readonly slots: number;
}

/** Makes a {@link ScopedProgram} of the rules in scope, or finds the one that was made before. */
export function scopedPrograms(whole: Whole): (source: ScopeHolder) => ScopedProgram {
  const made = new Map<number | string, ScopedProgram>();
  return (source) => {
    const situation = situationOf(whole.scopes, source);
    const held = made.get(situation);
    if (held !== undefined) return held;
    if (made.size >= maxHeld) made.clear();
    const scoped = scopedProgram(whole, source);
    made.set(situation, scoped);
    return scoped;
  };
}

/** A number while the scopes fit the bits of one, else a text of several. */
function situationOf(scopes: readonly CompiledRule[], source: ScopeHolder): number | string {
  let [bits, count, before] = [1, 0, ''];
  for (const rule of scopes) {
    if (count === 50) [bits, count, before] = [1, 0, `${before}${bits},`];
    bits = bits * 2 + (source.inScope(rule) ? 1 : 0);
    count += 1;
  }
  return before === '' ? bits : before + String(bits);
}

function scopedProgram({ rules: all, targets, places, slots }: Whole, source: ScopeHolder): ScopedProgram {
  const rules = all.filter((rule) => source.inScope(rule));
  const active = new Set(rules);
  const inScope = [...targets.values()].flatMap(({ attribute, slot, flows }) => {
    const own = flows.filter((flow) => active.has(flow.rule));
    return own.length === 0 ? [] : [{ attribute, slot, ...scopedFlows(own) }];
  });
  const bySlot = new Array<ScopedTarget | undefined>(slots).fill(undefined);
  for (const target of inScope) bySlot[target.slot] = target;
  const types = new Set(rules.filter(({ rule }) => rule.direction === 'outbound').map(({ rule }) => rule.targetType));
  return {
    rules,
    passwordSync: rules.some(({ rule }) => rule.passwordSync),
    bySlot,
    ...placed(inScope, (target) => target.flows, places),
    views: [...types]
      .filter((type) => keepsAlive(type, rules, all))
      .map((type) => outboundView(type, rules, inScope, places)),
  };
}

/**
 * Whether rules in scope want an object of that type. Rules that only join do not keep one that others were to create:
 * when its provisioning rule no longer has the object in scope, Entra Connect deletes it. Where none provisions, what
 * the tenant has is joined.
 */
function keepsAlive(type: string, inScope: readonly CompiledRule[], all: readonly CompiledRule[]): boolean {
  const own = (rules: readonly CompiledRule[]): readonly CompiledRule[] =>
    rules.filter(({ rule }) => rule.targetType === type);
  const keeps = own(inScope).some(({ rule }) => rule.linkType === 'Provision' || rule.linkType === 'JoinNoFlow');
  return keeps || !own(all).some(({ rule }) => rule.linkType === 'Provision');
}

function scopedFlows(flows: readonly CompiledFlow[]): ScopedFlows {
  const merges = new Set(flows.map(({ flow }) => mergeOf(flow)));
  return { flows, merge: merges.size > 1 ? undefined : [...merges][0] };
}

function outboundView(
  type: string,
  rules: readonly CompiledRule[],
  targets: readonly (ScopedTarget & { readonly attribute: string })[],
  places: ReadonlyMap<string, number>,
): OutboundView {
  const own = rules.filter(({ rule }) => rule.targetType === type);
  const links = new Set(own.map(({ rule }) => rule.linkType));
  const written = targets.flatMap(({ attribute, slot, flows }): OutboundTarget[] => {
    const creation = flows.filter((flow) => flow.rule.rule.targetType === type);
    if (creation.length === 0) return [];
    const steady = creation.filter(({ flow }) => !flow.applyOnce);
    return [
      {
        attribute,
        slot,
        repeated: new Set(creation.flatMap(({ needs }) => needs ?? [])).size > 1,
        steady: scopedFlows(steady),
        creation: steady.length < creation.length ? scopedFlows(creation) : undefined,
      },
    ];
  });
  return {
    type,
    rules: own.map(({ rule }) => rule.id),
    link: links.has('JoinNoFlow') ? 'noFlow' : links.has('Provision') ? 'provision' : 'join',
    contradiction: joinContradiction(own),
    ...placed(written, ({ steady, creation }) => (creation ?? steady).flows, places),
    managed: new Set(written.filter(({ steady }) => steady.flows.length > 0).map(({ attribute }) => attribute)),
  };
}

/** Targets by the places of the attributes without which nothing flows to them. */
function placed<T>(
  targets: readonly T[],
  flowsOf: (target: T) => readonly CompiledFlow[],
  places: ReadonlyMap<string, number>,
): { readonly always: readonly T[]; readonly byPlace: readonly (readonly T[] | undefined)[] } {
  const byAttribute = new Map<string, Set<T>>();
  const always: T[] = [];
  for (const target of targets) {
    const flows = flowsOf(target);
    if (flows.some((flow) => flow.needs === undefined)) always.push(target);
    else
      for (const name of flows.flatMap((flow) => flow.needs ?? [])) {
        const readers = byAttribute.get(name) ?? new Set<T>();
        byAttribute.set(name, readers.add(target));
      }
  }
  const byPlace = Array.from(places.keys(), (name) => {
    const readers = byAttribute.get(name);
    return readers && [...readers];
  });
  return { always, byPlace };
}

function joinContradiction(rules: readonly CompiledRule[]): RuleFailure | undefined {
  const joining = rules.filter(({ rule }) => rule.join.length > 0);
  // Rules of Entra Connect repeat the conditions of the one that joins.
  if (new Set(joining.map(({ rule }) => JSON.stringify(rule.join))).size <= 1) return undefined;
  return {
    code: 'LS5103',
    object: undefined,
    rules: joining.map(({ rule }) => rule.id),
    attribute: undefined,
    position: undefined,
    message: `More than one rule would join the object in Entra: ${joining.map(({ rule }) => `"${rule.name}"`).join(', ')}.`,
  };
}

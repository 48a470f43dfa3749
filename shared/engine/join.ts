import type { JoinClause } from '../rules/model.ts';
import type { RuleFailure } from './failure.ts';
import type { Frame } from './frame.ts';
import { MetaverseObject } from './metaverse-object.ts';
import type { CompiledRule, Program } from './compiled-rules.ts';
import { contributedValue } from './resolve.ts';
import type { ObjectReference } from './space-object.ts';
import { scalarKey, scalarsOf } from '../rules/values.ts';

/** Rules of one object that link it to the metaverse. */
export interface LinkRules {
  /** The one rule with join conditions in scope. */
  readonly joining: CompiledRule | undefined;
  /** The rule in scope that may create the metaverse object. */
  readonly provisioning: CompiledRule | undefined;
  /** More than one rule with join conditions is in scope. */
  readonly contradiction: RuleFailure | undefined;
}

export function linkRules(frame: Frame): LinkRules {
  const inScope = frame.program?.linking.filter((rule) => frame.inScope(rule)) ?? [];
  const joining = inScope.filter(joins);
  const provisioning = inScope.filter(provisions);
  const creates = provisioning[0]?.rule.targetType;
  const contradictory = joining.length > 1 || provisioning.some(({ rule }) => rule.targetType !== creates);
  return {
    joining: joining[0],
    provisioning: provisioning[0],
    contradiction: contradictory ? severalLinks(frame, inScope) : undefined,
  };
}

function joins({ rule }: CompiledRule): boolean {
  return rule.join.length > 0;
}

function provisions({ rule }: CompiledRule): boolean {
  return rule.linkType === 'Provision';
}

function severalLinks(frame: Frame, rules: readonly CompiledRule[]): RuleFailure {
  return {
    code: 'LS5103',
    object: frame.reference,
    rules: rules.map(({ rule }) => rule.id),
    attribute: undefined,
    position: undefined,
    message: `More than one rule would join the object: ${rules.map(({ rule }) => `"${rule.name}"`).join(', ')}.`,
  };
}

/** Why an object stands alone. */
export type UnjoinedReason = 'no rule that joins or creates has it in scope' | 'no match' | 'no join value';

export interface Joined {
  readonly metaverse: readonly MetaverseObject[];
  readonly unjoined: readonly { readonly object: ObjectReference; readonly reason: UnjoinedReason }[];
  /** Objects that cannot be linked as things are. What was linked to them before must not be taken for gone. */
  readonly refused: readonly RuleFailure[];
}

/**
 * Links objects that may belong together. The result depends on the objects and never on the order in which they came:
 * they are linked in an order of their own (those that may create first, then by precedence, connector and GUID).
 */
export function joinObjects(frames: readonly Frame[], watch?: (linking: Linking) => void): Joined {
  const metaverse: MetaverseObject[] = [];
  const unjoined: { object: ObjectReference; reason: UnjoinedReason }[] = [];
  const refused: RuleFailure[] = [];
  const ranked = frames.map((frame) => ({ frame, rules: linkRules(frame) }));
  if (ranked.length > 1) ranked.sort(byRank);
  for (const { frame, rules } of ranked) {
    const linking = link(frame, rules, metaverse);
    switch (linking.outcome) {
      case 'refused':
        refused.push(linking.failure);
        break;
      case 'unjoined':
        unjoined.push({ object: frame.reference, reason: linking.reason });
        break;
      case 'projected':
        metaverse.push(linking.metaverse);
        break;
      case 'joined':
        linking.metaverse.join(frame);
    }
    watch?.(linking);
  }
  return { metaverse, unjoined, refused };
}

/** What became of one object, and how. */
export type Linking = {
  readonly frame: Frame;
  readonly rules: LinkRules;
  /** Groups of join conditions that were tried, in order. */
  readonly attempts: readonly JoinAttempt[];
} & (
  | { readonly outcome: 'joined' | 'projected'; readonly metaverse: MetaverseObject }
  | { readonly outcome: 'unjoined'; readonly reason: UnjoinedReason }
  | { readonly outcome: 'refused'; readonly failure: RuleFailure }
);

function link(frame: Frame, rules: LinkRules, metaverse: readonly MetaverseObject[]): Linking {
  const { joining, provisioning, contradiction } = rules;
  const none = { frame, rules, attempts: [] };
  if (contradiction !== undefined) return { ...none, outcome: 'refused', failure: contradiction };
  const attempts = joining === undefined || metaverse.length === 0 ? [] : tryJoin(frame, joining, metaverse);
  const tried = { frame, rules, attempts };
  const last = attempts.at(-1);
  const [match] = last?.matches ?? [];
  if (joining !== undefined && match !== undefined && last?.matches.length === 1) {
    const failure = rivalry(frame, joining, match, last.group);
    return failure === undefined
      ? { ...tried, outcome: 'joined', metaverse: match }
      : { ...tried, outcome: 'refused', failure };
  }
  if (provisioning === undefined) {
    return {
      ...tried,
      outcome: 'unjoined',
      reason: joining === undefined ? 'no rule that joins or creates has it in scope' : 'no match',
    };
  }
  return joining === undefined || hasJoinValue(frame, joining)
    ? { ...tried, outcome: 'projected', metaverse: new MetaverseObject(provisioning.rule.targetType, frame) }
    : { ...tried, outcome: 'unjoined', reason: 'no join value' };
}

interface Ranked {
  readonly frame: Frame;
  readonly rules: LinkRules;
}

function byRank(a: Ranked, b: Ranked): number {
  const creates = (one: Ranked): number => (one.rules.provisioning === undefined ? 1 : 0);
  const precedence = ({ rules }: Ranked): number =>
    (rules.joining ?? rules.provisioning)?.rule.precedence ?? Number.MAX_SAFE_INTEGER;
  return (
    creates(a) - creates(b) ||
    precedence(a) - precedence(b) ||
    a.frame.order - b.frame.order ||
    (a.frame.object.objectGuid < b.frame.object.objectGuid ? -1 : 1)
  );
}

/** How one group of join conditions went. */
export interface JoinAttempt {
  readonly group: readonly JoinClause[];
  readonly matches: readonly MetaverseObject[];
}

/** Groups in order, up to the first with exactly one match; none or several leave it to the next group. */
function tryJoin(frame: Frame, rule: CompiledRule, metaverse: readonly MetaverseObject[]): readonly JoinAttempt[] {
  const attempts: JoinAttempt[] = [];
  for (const group of rule.rule.join) {
    const matches = metaverse.filter(
      (object) => (rule.rule.targetType === '*' || rule.rule.targetType === object.type) && holds(frame, object, group),
    );
    attempts.push({ group, matches });
    if (matches.length === 1) break;
  }
  return attempts;
}

/** Two objects of one directory cannot be one object of the metaverse: which of them is meant is not known. */
function rivalry(
  frame: Frame,
  rule: CompiledRule,
  match: MetaverseObject,
  group: readonly JoinClause[],
): RuleFailure | undefined {
  const rival = match.members.find((member) => member.object.connector === frame.object.connector);
  if (rival === undefined) return undefined;
  return {
    code: 'LS5105',
    object: frame.reference,
    rules: [rule.rule.id],
    attribute: group[0]?.metaverse,
    position: undefined,
    message: `It matches an object that ${rival.object.dn === '' ? rival.object.objectGuid : rival.object.dn} of the same directory has joined.`,
  };
}

export function holds(frame: Frame, object: MetaverseObject, group: readonly JoinClause[]): boolean {
  return group.every((clause) => {
    const wanted = keysOf(frame, clause);
    if (wanted.length === 0) return false;
    const held = scalarsOf(object.value(clause.metaverse)).map((value) => scalarKey(value, clause.caseSensitive));
    return wanted.some((key) => held.includes(key));
  });
}

function keysOf(frame: Frame, clause: JoinClause): readonly string[] {
  return scalarsOf(frame.value(clause.connectorSpace)).map((value) => scalarKey(value, clause.caseSensitive));
}

function hasJoinValue(frame: Frame, rule: CompiledRule): boolean {
  return rule.rule.join.some((group) => group.some((clause) => frame.value(clause.connectorSpace) !== null));
}

/**
 * The texts by which an object can be found by others, or seeks others: `attribute=value` of the metaverse. Objects that
 * may join share at least one, so whoever has all objects with a shared key (and with the keys of those) has all that
 * can matter to the object. Scopes are not asked: they may depend on more than the object.
 */
export function joinKeys(frame: Frame, program: Program): readonly string[] {
  const keys = new Set<string>();
  for (const { rule } of frame.program?.rules ?? []) {
    for (const [clause] of rule.join) {
      if (clause === undefined) continue;
      for (const value of scalarsOf(frame.value(clause.connectorSpace))) {
        keys.add(`${clause.metaverse}=${scalarKey(value, false)}`);
      }
    }
  }
  for (const attribute of program.joinAttributes) {
    for (const flow of frame.program?.targets.get(attribute)?.flows ?? []) {
      for (const value of scalarsOf(contributedValue(flow, frame))) keys.add(`${attribute}=${scalarKey(value, false)}`);
    }
  }
  return [...keys];
}

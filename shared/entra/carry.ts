import type { MetaverseResult } from '../engine/engine.ts';
import type { RuleFailure } from '../engine/failure.ts';
import type { Intended, NotCarried, Problem, PropertyValue, SignInNameState } from '../engine/intended.ts';
import type { TargetObject } from '../engine/outbound.ts';
import { firstOf, scalarsOf, textOfScalar } from '../rules/values.ts';
import { Reference, type Value } from '../rules/value.ts';
import type { ExtensionTargets } from './directory-extensions.ts';
import { domainOf, isWellFormed, signInNameOf, toNickname, type TenantDomains } from './sign-in-name.ts';
import { anchorViolation } from './source-anchor.ts';
import { targetOf, unwritableTypes, type EntraType } from './targets.ts';
import { groupRules, ruleOf, userRules, violationOf, type ValueRule } from './value-rules.ts';

/** What is known of the tenant. */
export interface TenantContext {
  readonly domains: TenantDomains;
  readonly extensions: ExtensionTargets;
}

/** What is known of the tenant and of the object there. */
export interface CarryContext extends TenantContext {
  /** State of the sign-in name when it was last worked out. */
  readonly signInName: SignInNameState | undefined;
  /** Mail nickname that the object has in the tenant. */
  readonly heldNickname: string | undefined;
}

/** What Lockstep writes to the tenant for an object of the metaverse: everything that Microsoft Graph can take of it. */
export function carry(result: MetaverseResult, context: CarryContext): Intended {
  const { targets, failures } = result;
  if (failures.length > 0) return { kind: 'kept', problems: failures.map(problemOfFailure) };
  const [target, ...others] = targets;
  if (target === undefined) return { kind: 'none', reason: reasonFor(result) };
  if (others.length > 0) return kept('LS5103', `The rules make it a ${targets.map((t) => t.type).join(' and a ')}.`);
  if (target.link === 'noFlow') return { kind: 'kept', problems: [] };
  const unwritable = unwritableTypes[target.type as EntraType];
  if (unwritable !== undefined) return { kind: 'none', reason: unwritable, unwritable: true };
  const { sourceAnchor } = result;
  if (sourceAnchor === undefined) return { kind: 'none', reason: 'It has no source anchor.' };
  const violation = anchorViolation(sourceAnchor);
  if (violation !== undefined) return kept('LS3108', `"${sourceAnchor}" cannot be a source anchor: ${violation}.`);
  return target.type === 'group'
    ? carryGroup(target, sourceAnchor, result, context)
    : carryUser(target, sourceAnchor, result, context);
}

/** Why nothing is to be in the tenant, as far as one reason can be named. */
function reasonFor({ metaverse }: MetaverseResult): string {
  if (metaverse.value('cloudFiltered') === true) return 'Rules keep it from the tenant (cloudFiltered).';
  return metaverse.value('sourceAnchor') === null
    ? 'It has no source anchor.'
    : 'No rule makes an object of the tenant of it.';
}

export function problemOfFailure({ code, message }: RuleFailure): Problem {
  return { code, message };
}

function carryUser(
  target: TargetObject,
  sourceAnchor: string,
  result: MetaverseResult,
  context: CarryContext,
): Intended {
  const name = textOf(target, 'userPrincipalName');
  if (name === undefined) return kept('LS3105', 'No rule gives it a sign-in name.');
  const signInName = signInNameOf(
    {
      userPrincipalName: name,
      mailNickname: textOf(target, 'alias'),
      mail: textOf(target, 'mail'),
      proxyAddresses: scalarsOf(target.values.get('proxyAddresses') ?? null).map(textOfScalar),
    },
    context.domains,
    context.signInName,
    context.heldNickname,
  );
  const { userPrincipalName, mailNickname } = signInName;
  if (mailNickname === '') return kept('LS3105', `Nothing of "${name}" can be a mail nickname.`);
  if (!isWellFormed(userPrincipalName)) return kept('LS3105', `Nothing of "${name}" can be a sign-in name in Entra.`);
  const own = withDisplayName(carryProperties('user', target, userRules, context), userPrincipalName);
  return {
    kind: 'user',
    sourceAnchor,
    members: result.members,
    properties: { ...own.properties, userPrincipalName, mailNickname, onPremisesImmutableId: sourceAnchor },
    onCreate: own.onCreate,
    problems: [...own.problems, ...nameProblems(name, userPrincipalName, context.domains)],
    notCarried: notCarriedOf('user', target, context),
    manager: managerOf(target),
    signInName,
    foreignDomain: context.domains.verified.has(domainOf(name)) ? undefined : domainOf(name),
  };
}

function carryGroup(
  target: TargetObject,
  sourceAnchor: string,
  result: MetaverseResult,
  context: CarryContext,
): Intended {
  if (target.values.get('securityEnabled') !== true) {
    return {
      kind: 'none',
      reason: 'Microsoft Graph cannot create mail-enabled groups; distribution groups are kept in Exchange Online.',
      unwritable: true,
    };
  }
  const carried = carryProperties('group', target, groupRules, context);
  const account = firstOf(result.metaverse.value('accountName'));
  const names = [textOf(target, 'alias'), typeof account === 'string' ? account : undefined];
  const mailNickname = names.map((name) => toNickname(name ?? '')).find((name) => name !== '');
  const own = withDisplayName(carried, mailNickname ?? sourceAnchor);
  return {
    kind: 'group',
    sourceAnchor,
    members: result.members,
    properties: { ...own.properties, mailNickname: mailNickname ?? result.members[0]?.objectGuid ?? sourceAnchor },
    onCreate: { ...own.onCreate, mailEnabled: false, groupTypes: [] },
    problems: own.problems,
    notCarried: notCarriedOf('group', target, context),
    memberSources: target.manages('member') ? (target.links.get('member') ?? []) : undefined,
  };
}

function kept(code: Problem['code'], message: string): Intended {
  return { kind: 'kept', problems: [{ code, message }] };
}

function nameProblems(name: string, became: string, domains: TenantDomains): readonly Problem[] {
  if (domains.verified.has(domainOf(name)) && isWellFormed(name)) return [];
  return isWellFormed(name)
    ? [
        {
          code: 'LS3101',
          message: `The tenant has no verified domain "${domainOf(name)}", so "${name}" signs in as "${became}".`,
        },
      ]
    : [
        {
          code: 'LS3105',
          message: `The sign-in name "${name}" has a form that Entra refuses; the user signs in as "${became}".`,
        },
      ];
}

interface Carried {
  readonly properties: Record<string, PropertyValue>;
  readonly onCreate: Record<string, PropertyValue>;
  readonly problems: readonly Problem[];
}

/**
 * Properties of the attributes that rules manage. A value that Entra would refuse is left out, so that one bad value does
 * not keep the whole object out of step; a display name, which it must have, is cut.
 */
function carryProperties(
  type: 'user' | 'group',
  target: TargetObject,
  rules: Readonly<Record<string, ValueRule>>,
  { extensions }: CarryContext,
): Carried {
  const carried = { properties: {}, onCreate: {}, problems: [] as Problem[] };
  for (const attribute of target.manageable) {
    const to = targetOf(type, attribute, extensions);
    if (!('property' in to)) continue;
    const keep = (into: Record<string, PropertyValue>, value: PropertyValue): void => {
      const problem = violationOf(rules, to.property, value);
      if (problem === undefined) into[to.property] = value;
      else if (to.property === 'displayName' && typeof value === 'string') {
        into[to.property] = cutTo(value, ruleOf(rules, to.property)?.maxLength ?? value.length);
        carried.problems.push({ ...problem, message: problem.message.replace('left out', 'cut') });
      } else carried.problems.push(problem);
    };
    if (target.manages(attribute))
      keep(carried.properties, propertyValue(target.values.get(attribute) ?? null, to.form));
    const once = target.onCreate.get(attribute);
    if (once !== undefined) keep(carried.onCreate, propertyValue(once, to.form));
  }
  return carried;
}

/** Without a display name there is no object in Entra. */
function withDisplayName(carried: Carried, instead: string): Carried {
  if (typeof (carried.properties['displayName'] ?? carried.onCreate['displayName']) === 'string') return carried;
  const message = `Entra needs a display name and the rules give none, so "${instead}" takes its place.`;
  return {
    ...carried,
    properties: { ...carried.properties, displayName: instead },
    problems: [...carried.problems, { code: 'LS3103', message }],
  };
}

/** What Graph's property takes of a value. */
function propertyValue(value: Value, form: 'text' | 'flag' | 'list' | 'first'): PropertyValue {
  if (form === 'list') return scalarsOf(value).map(textOfScalar);
  const first = firstOf(value);
  if (first === null) return null;
  return form === 'flag' && typeof first === 'boolean' ? first : textOfScalar(first);
}

/** The first code units of a text, one less where the cut would go through a character. */
function cutTo(text: string, length: number): string {
  const cut = text.slice(0, length);
  return cut.isWellFormed() ? cut : text.slice(0, length - 1);
}

function textOf(target: TargetObject, attribute: string): string | undefined {
  const value = firstOf(target.values.get(attribute) ?? null);
  return typeof value === 'string' ? value : undefined;
}

function managerOf(target: TargetObject): string | null | undefined {
  if (!target.manages('manager')) return undefined;
  const value = firstOf(target.values.get('manager') ?? null);
  return value instanceof Reference ? (value.objectGuid ?? null) : null;
}

function notCarriedOf(type: EntraType, target: TargetObject, { extensions }: CarryContext): readonly NotCarried[] {
  return [...target.values.keys(), ...target.links.keys()].sort().flatMap((attribute) => {
    const to = targetOf(type, attribute, extensions);
    return 'reason' in to ? [{ attribute, reason: to.reason }] : [];
  });
}

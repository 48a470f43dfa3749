import type { AttributeValues, ObjectClass } from '../../../../shared/directory/change.ts';
import { spaceObjectOf } from '../../../../shared/engine/directory-object.ts';
import type { ClusterResult, MetaverseResult } from '../../../../shared/engine/engine.ts';
import { engineOf } from '../../../../shared/engine/engine-of.ts';
import type { EngineEnvironment } from '../../../../shared/engine/environment.ts';
import type { SpaceObject } from '../../../../shared/engine/space-object.ts';
import { builtInRules, type BuiltInOptions } from '../../../../shared/rules/built-in/built-in.ts';
import type { Value } from '../../../../shared/rules/value.ts';
import { quiet } from '../../../support/evaluation.ts';
import { guidOf } from '../../../support/facts.ts';

export interface Given {
  readonly type?: ObjectClass;
  readonly number?: number;
  readonly dn?: string;
  /** Which forest it is of. */
  readonly connector?: string;
  readonly members?: number;
}

/** An object of a directory; the same number is the same object. */
export function directoryObject(attributes: AttributeValues, given: Given = {}): SpaceObject {
  const { type = 'user', number = 1, connector = 'contoso.test', members = 0 } = given;
  const dn = given.dn ?? `CN=object ${number},OU=All,DC=${connector.split('.').join(',DC=')}`;
  const known = Object.fromEntries(Object.entries(attributes).filter(([, values]) => values.length > 0));
  return spaceObjectOf(
    connector,
    { objectGuid: guidOf(number), objectClass: type, dn, attributes: known },
    { counts: new Map(members === 0 ? [] : [['member', members]]), memberOf: new Set() },
  );
}

/** An enabled account; an empty list takes an attribute away. */
export function user(attributes: AttributeValues = {}, given: Given = {}): SpaceObject {
  const { number = 1 } = given;
  return directoryObject(
    {
      name: [`object ${number}`],
      sAMAccountName: [`user${number}`],
      userPrincipalName: [`user${number}@contoso.test`],
      userAccountControl: ['512'],
      objectSid: [`S-1-5-21-1-2-3-${1000 + number}`],
      ...attributes,
    },
    given,
  );
}

export function group(attributes: AttributeValues = {}, given: Given = {}): SpaceObject {
  return directoryObject(
    { name: ['Staff'], sAMAccountName: ['Staff'], groupType: ['-2147483646'], ...attributes },
    { type: 'group', number: 20, ...given },
  );
}

export function contact(attributes: AttributeValues = {}, given: Given = {}): SpaceObject {
  return directoryObject(
    { name: ['Partner'], mail: ['partner@fabrikam.test'], ...attributes },
    { type: 'contact', number: 30, ...given },
  );
}

export function evaluate(
  objects: readonly SpaceObject[],
  options: BuiltInOptions = {},
  environment: EngineEnvironment = quiet,
): ClusterResult {
  const connectors = [...new Set(objects.map((one) => one.connector))];
  return engineOf(builtInRules(options), connectors).evaluate(objects, environment);
}

/** What becomes of one object. */
export function evaluateOne(
  object: SpaceObject,
  options: BuiltInOptions = {},
  environment: EngineEnvironment = quiet,
): MetaverseResult {
  const [result] = evaluate([object], options, environment).metaverse;
  if (result === undefined) throw new Error('It does not get into the metaverse.');
  return result;
}

export function metaverseValue(object: SpaceObject, attribute: string): Value {
  return evaluateOne(object).metaverse.value(attribute);
}

/** Object types of the tenant that the objects become, one for each metaverse object. */
export function becomes(
  objects: readonly SpaceObject[],
  options: BuiltInOptions = {},
  environment: EngineEnvironment = quiet,
): readonly string[] {
  return evaluate(objects, options, environment).metaverse.map(
    ({ targets }) => targets.map(({ type }) => type).join() || 'nothing',
  );
}

/** A tenant that holds one object with these attributes. */
export function tenantWith(type: string, values: Readonly<Record<string, Value>>): EngineEnvironment {
  const object: SpaceObject = {
    connector: 'Microsoft Entra',
    objectGuid: guidOf(1, 'e'),
    type,
    dn: '',
    present: Object.keys(values),
    value: (name) => values[name] ?? null,
    linkCount: () => undefined,
    isMemberOf: () => false,
  };
  return { ...quiet, counterpart: () => ({ object, linked: true }) };
}

/** Base64 of the bytes of a GUID. */
export function anchorOf(guid: string): string {
  const [a = '', b = '', c = '', ...rest] = guid.split('-');
  const swapped = [a, b, c].map((part) => part.match(/../g)?.reverse().join('') ?? '').join('') + rest.join('');
  return Buffer.from(swapped, 'hex').toString('base64');
}

import { valueOf } from '../../engine/canonical.ts';
import { spaceObjectOf } from '../../engine/directory-object.ts';
import type { Engine, MetaverseResult } from '../../engine/engine.ts';
import type { EngineEnvironment } from '../../engine/environment.ts';
import type { TargetObject } from '../../engine/outbound.ts';
import type { SpaceObject } from '../../engine/space-object.ts';
import { directoryAttributes } from '../../directory/attributes.ts';
import { ldifGuidOf } from '../../directory/ldif/ldif-directory.ts';
import { nameOfDn, normalizeDn } from '../../directory/dn.ts';
import { nearest } from '../nearest.ts';
import type { AttributeSchema, SchemaAttribute } from '../schema.ts';
import type { Scalar, Value } from '../value.ts';
import { scalarsOf, textOfScalar } from '../values.ts';
import { base64Bytes } from '../../directory/bytes.ts';
import type { CaseValue, ExpectedObject, GivenObject, RuleCase } from './cases.ts';

/** One way in which the result differs from what a case expects. */
export interface Difference {
  /** Which expectation: `user`, `user displayName`. */
  readonly what: string;
  readonly expected: string;
  readonly actual: string;
}

/** Runs one case. An empty list is a pass; a case that is wrong in itself throws {@link CaseError}. */
export function runCase(
  testCase: RuleCase,
  engine: Engine,
  entra: AttributeSchema,
  environment: EngineEnvironment,
): readonly Difference[] {
  for (const { attributes } of testCase.expect)
    for (const name of Object.keys(attributes ?? {})) checkName(name, entra);
  const objects = testCase.given.map(toObject);
  const existing = testCase.existing === undefined ? undefined : toExisting(testCase.existing, entra);
  const result = engine.evaluate(objects, {
    ...environment,
    counterpart: () => (existing === undefined ? undefined : { object: existing, linked: true }),
  });
  const dnOf = new Map(objects.map((object) => [object.objectGuid, object.dn]));
  const actual = [
    ...result.metaverse.flatMap((one) => describe(one, dnOf)),
    ...result.refused.map((failure): Actual => ({ kind: 'none', target: undefined, errors: [failure.code], from: [] })),
  ];
  const made = actual.filter(({ kind, errors }) => kind !== 'none' || errors.length > 0);
  return compare(testCase.expect, made);
}

/** The case says something that cannot be. */
export class CaseError extends Error {}

function checkName(name: string, entra: AttributeSchema): void {
  if (!entra.has(name)) throw unknownName(name, entra);
}

function unknownName(name: string, entra: AttributeSchema): CaseError {
  const meant = nearest(name, entra.keys());
  const suggestion = meant === undefined ? '' : ` Did you mean "${meant}"?`;
  return new CaseError(`An object of the tenant has no attribute "${name}".${suggestion}`);
}

interface Actual {
  readonly kind: ExpectedObject['kind'];
  readonly target: TargetObject | undefined;
  readonly errors: readonly string[];
  readonly from: readonly string[];
}

function describe(result: MetaverseResult, dnOf: ReadonlyMap<string, string>): readonly Actual[] {
  const errors = result.failures.map(({ code }) => code);
  const from = result.members.map(({ objectGuid }) => dnOf.get(objectGuid) ?? objectGuid);
  if (result.targets.length === 0) return [{ kind: 'none', target: undefined, errors, from }];
  return result.targets.map((target) => ({ kind: target.type as Actual['kind'], target, errors, from }));
}

function compare(expected: readonly ExpectedObject[], actual: readonly Actual[]): readonly Difference[] {
  const wanted = expected.filter(({ kind, error }) => kind !== 'none' || error !== undefined);
  const open = [...actual];
  const differences: Difference[] = [];
  for (const one of wanted) {
    // The best match first, so that what differs is said of the object that was meant.
    const ranked = open
      .map((candidate) => ({ candidate, found: differencesOf(one, candidate) }))
      .sort((a, b) => a.found.length - b.found.length);
    const best = ranked.find(({ candidate }) => candidate.kind === one.kind) ?? ranked[0];
    if (best === undefined) {
      differences.push({ what: one.kind, expected: `a ${one.kind}`, actual: 'nothing' });
      continue;
    }
    open.splice(open.indexOf(best.candidate), 1);
    differences.push(...best.found);
  }
  for (const extra of open) {
    const actualText =
      extra.errors.length > 0 ? extra.errors.join(', ') : `a ${extra.kind} from ${extra.from.join(' and ')}`;
    differences.push({ what: 'result', expected: 'nothing more', actual: actualText });
  }
  return differences;
}

function differencesOf(expected: ExpectedObject, actual: Actual): readonly Difference[] {
  const differences: Difference[] = [];
  const differ = (what: string, wanted: string, found: string): void => {
    if (wanted !== found) differences.push({ what, expected: wanted, actual: found });
  };
  differ('kind', expected.kind, actual.kind);
  const errors = actual.errors.length === 0 ? 'no error' : actual.errors.join(', ');
  if (expected.error === undefined || !actual.errors.includes(expected.error)) {
    differ('error', expected.error ?? 'no error', errors);
  }
  if (expected.from !== undefined) {
    const sorted = (dns: readonly string[]): string => dns.map(normalizeDn).sort().join(' and ');
    if (sorted(expected.from) !== sorted(actual.from))
      differ('from', expected.from.join(' and '), actual.from.join(' and '));
  }
  for (const [attribute, value] of Object.entries(expected.attributes ?? {})) {
    const held = actual.target?.values.get(attribute) ?? null;
    const links = actual.target?.links.get(attribute);
    differ(`${expected.kind} ${attribute}`, textOfCase(value), links === undefined ? textOfValue(held) : 'links');
  }
  return differences;
}

function textOfCase(value: CaseValue): string {
  if (value === null) return 'no value';
  return listOf(value)
    .map((one) => JSON.stringify(scalarText(one)))
    .join(', ');
}

function listOf(value: CaseValue): readonly (string | number | boolean)[] {
  if (value === null) return [];
  return typeof value === 'object' ? value : [value];
}

function textOfValue(value: Value): string {
  const texts = scalarsOf(value).map((one) => JSON.stringify(textOfScalar(one)));
  return texts.length === 0 ? 'no value' : texts.join(', ');
}

function scalarText(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return String(value);
}

const definitions = new Map(directoryAttributes.map((definition) => [definition.name, definition]));

function toObject(given: GivenObject): SpaceObject {
  const connector = given.connector ?? 'directory';
  const objectGuid = (given.objectGuid ?? ldifGuidOf(normalizeDn(given.dn))).toLowerCase();
  const attributes: Record<string, readonly string[]> = {};
  for (const [name, value] of Object.entries(given.attributes ?? {})) {
    const definition = definitions.get(name);
    if (definition === undefined) throw new CaseError(`The directory has no attribute "${name}" that travels.`);
    const texts = listOf(value).map(directoryText);
    if (texts.length === 0) continue;
    try {
      valueOf(definition, texts);
    } catch {
      throw new CaseError(`"${texts.join(', ')}" is no value of ${name} (${definition.syntax}).`);
    }
    attributes[name] = texts;
  }
  attributes['name'] ??= [nameOfDn(given.dn)];
  const source = { objectGuid, objectClass: given.class, dn: given.dn, attributes };
  return spaceObjectOf(connector, source, {
    counts: new Map(Object.entries(given.links ?? {}).filter(([, count]) => count > 0)),
    memberOf: new Set((given.memberOf ?? []).map((dn) => dn.toLowerCase())),
  });
}

function directoryText(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE';
  return String(value);
}

function toExisting(existing: NonNullable<RuleCase['existing']>, schema: AttributeSchema): SpaceObject {
  const values = new Map<string, Value>();
  for (const [name, value] of Object.entries(existing.attributes)) {
    const attribute = schema.get(name);
    if (attribute === undefined) throw unknownName(name, schema);
    if (value !== null) values.set(name, entraValue(attribute, value));
  }
  return {
    connector: 'Microsoft Entra',
    objectGuid: 'existing',
    type: existing.type,
    dn: '',
    present: [...values.keys()],
    value: (attribute) => values.get(attribute) ?? null,
    linkCount: () => undefined,
    isMemberOf: () => false,
  };
}

function entraValue(attribute: SchemaAttribute, value: Exclude<CaseValue, null>): Value {
  const scalars = listOf(value).map((one): Scalar => {
    const text = scalarText(one);
    if (attribute.type === 'number' && /^-?\d+$/.test(text)) return BigInt(text);
    if (attribute.type === 'boolean' && /^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
    if (attribute.type === 'binary') return base64Bytes(text);
    if (attribute.type === 'string') return text;
    throw new CaseError(`"${text}" is no value of ${attribute.name} (${attribute.type}).`);
  });
  return attribute.multiValued ? scalars : (scalars[0] ?? null);
}

import { sidFromBytes } from '../directory/sid.ts';
import { hexText } from '../directory/bytes.ts';
import { guidFromBytes } from '../directory/guid.ts';
import type { ScopeClause, ScopeOperator } from '../rules/model.ts';
import { Reference, type Scalar, type Value } from '../rules/value.ts';
import { firstOf, isList, scalarsOf, textOfScalar } from '../rules/values.ts';

/** What a scope asks of an object of a connector space or of the metaverse. */
export interface ScopeSource {
  value(attribute: string): Value;
  linkCount(attribute: string): number | undefined;
  isMemberOf(groupDn: string): boolean;
}

export type ScopeTest = (source: ScopeSource) => boolean;

/** Groups are OR-ed, the clauses of a group AND-ed; no groups: everything is in scope. */
export function compileScope(groups: readonly (readonly ScopeClause[])[]): ScopeTest {
  if (groups.length === 0) return () => true;
  const tests = groups.map((clauses) => clauses.map(compileClause));
  return (source) => {
    for (const clauses of tests) if (allHold(clauses, source)) return true;
    return false;
  };
}

function allHold(tests: readonly ScopeTest[], source: ScopeSource): boolean {
  for (const test of tests) if (!test(source)) return false;
  return true;
}

/**
 * One clause. Text is compared without regard to case, as Active Directory compares it; numbers by value where the
 * attribute is a number; a multi-valued attribute meets a positive operator when one of its values does. A negative
 * operator is the negation of its positive one, and so holds for an attribute without value.
 */
export function compileClause(clause: ScopeClause): ScopeTest {
  const { attribute, operator, value } = clause;
  switch (operator) {
    case 'ISNULL':
      return (source) => !isPresent(source, attribute);
    case 'ISNOTNULL':
      return (source) => isPresent(source, attribute);
    case 'ISMEMBEROF':
      return (source) => source.isMemberOf(value);
    case 'ISNOTMEMBEROF':
      return (source) => !source.isMemberOf(value);
    default: {
      const negated = positiveOf[operator];
      const test = compileValueTest(negated ?? operator, value);
      const some = (source: ScopeSource): boolean => {
        const held = source.value(attribute);
        return isList(held) ? held.some(test) : held !== null && test(held);
      };
      return negated === undefined ? some : (source) => !some(source);
    }
  }
}

const positiveOf: Partial<Record<ScopeOperator, ScopeOperator>> = {
  NOTEQUAL: 'EQUAL',
  NOTCONTAINS: 'CONTAINS',
  NOTSTARTSWITH: 'STARTSWITH',
  NOTENDSWITH: 'ENDSWITH',
  ISNOTIN: 'ISIN',
  ISBITNOTSET: 'ISBITSET',
};

function isPresent(source: ScopeSource, attribute: string): boolean {
  const links = source.linkCount(attribute);
  return links === undefined ? firstOf(source.value(attribute)) !== null : links > 0;
}

function compileValueTest(operator: ScopeOperator, text: string): (value: Scalar) => boolean {
  const wanted = text.toLowerCase();
  const number = /^-?\d+$/.test(text.trim()) ? BigInt(text.trim()) : undefined;
  switch (operator) {
    case 'EQUAL':
    case 'ISIN':
      return (value) =>
        typeof value === 'bigint' && number !== undefined ? value === number : textsOf(value).includes(wanted);
    case 'CONTAINS':
      return (value) => textsOf(value).some((held) => held.includes(wanted));
    case 'STARTSWITH':
      return (value) => textsOf(value).some((held) => held.startsWith(wanted));
    case 'ENDSWITH':
      return (value) => textsOf(value).some((held) => held.endsWith(wanted));
    case 'LESSTHAN':
      return (value) => order(value, wanted, number) < 0;
    case 'LESSTHAN_OR_EQUAL':
      return (value) => order(value, wanted, number) <= 0;
    case 'GREATERTHAN':
      return (value) => order(value, wanted, number) > 0;
    case 'GREATERTHAN_OR_EQUAL':
      return (value) => order(value, wanted, number) >= 0;
    case 'ISBITSET':
      return (value) => typeof value === 'bigint' && number !== undefined && (value & number) === number;
    default:
      throw new RangeError(`Not an operator on one value: ${operator}`);
  }
}

/** The lower-case texts that a rule's author may have written for a value: for binary ones base64, hex, GUID and SID. */
function textsOf(value: Scalar): readonly string[] {
  if (typeof value === 'string') return [value.toLowerCase()];
  if (value instanceof Reference) {
    return [value.dn, value.objectGuid].filter((text) => text !== undefined).map((text) => text.toLowerCase());
  }
  if (!(value instanceof Uint8Array)) return [textOfScalar(value).toLowerCase()];
  const guid = value.length === 16 ? guidFromBytes(value) : undefined;
  return [
    textOfScalar(value).toLowerCase(),
    hexText(value),
    ...(guid === undefined ? [] : [guid, `{${guid}}`]),
    ...sidTexts(value),
  ];
}

function sidTexts(bytes: Uint8Array): readonly string[] {
  if (bytes[0] !== 1 || bytes.length !== 8 + 4 * (bytes[1] ?? 0)) return [];
  return [sidFromBytes(bytes).toLowerCase()];
}

/** By value where both are numbers, else as text. */
function order(value: Scalar, wanted: string, number: bigint | undefined): number {
  if (typeof value === 'bigint' && number !== undefined) return value < number ? -1 : value > number ? 1 : 0;
  const held = textsOf(value)[0] ?? '';
  return held < wanted ? -1 : held > wanted ? 1 : 0;
}

/** Attributes that a scope reads. */
export function scopeAttributes(groups: readonly (readonly ScopeClause[])[]): readonly string[] {
  return [...new Set(groups.flat().map((clause) => clause.attribute))];
}

/** The values of an attribute as an explanation shows them. */
export function shownValues(value: Value): readonly string[] {
  return scalarsOf(value).map(textOfScalar);
}

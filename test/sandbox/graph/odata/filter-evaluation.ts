import type { DirectoryObject } from '../directory-object.ts';
import { addressKey } from '../directory-object.ts';
import type { DirectoryStore } from '../directory-store.ts';
import type { Json } from '../json.ts';
import type { ObjectKind } from '../metadata.ts';
import type { Comparison, Filter, Literal, TextFunction } from './filter-syntax.ts';

/** Text compares without case, as the directory does; the anchor is the exception. */
const fold = (property: string, value: string): string =>
  property === 'onPremisesImmutableId' ? value : value.toLowerCase();

function order(property: string, a: Json, b: Literal): number | undefined {
  if (typeof a === 'string' && typeof b === 'string') {
    const [left, right] = [fold(property, a), fold(property, b)];
    return left < right ? -1 : left > right ? 1 : 0;
  }
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return a === b ? 0 : undefined;
}

function compare(property: string, value: Json, operator: Comparison, literal: Literal): boolean {
  const result = order(property, value, literal);
  switch (operator) {
    case 'eq':
      return result === 0;
    case 'ne':
      return result !== 0;
    case 'ge':
      return result !== undefined && result >= 0;
    case 'le':
      return result !== undefined && result <= 0;
    case 'gt':
      return result !== undefined && result > 0;
    case 'lt':
      return result !== undefined && result < 0;
  }
}

function textual(name: TextFunction, value: Json, part: string): boolean {
  if (typeof value !== 'string') return false;
  const [text, wanted] = [value.toLowerCase(), part.toLowerCase()];
  if (name === 'startswith') return text.startsWith(wanted);
  return name === 'endswith' ? text.endsWith(wanted) : text.includes(wanted);
}

function test(filter: Filter, valueOf: (property: string) => Json): boolean {
  switch (filter.op) {
    case 'and':
      return test(filter.left, valueOf) && test(filter.right, valueOf);
    case 'or':
      return test(filter.left, valueOf) || test(filter.right, valueOf);
    case 'not':
      return !test(filter.of, valueOf);
    case 'compare':
      return compare(filter.property, valueOf(filter.property), filter.operator, filter.value);
    case 'in':
      return filter.values.some((value) => compare(filter.property, valueOf(filter.property), 'eq', value));
    case 'text':
      return textual(filter.name, valueOf(filter.property), filter.value);
    case 'any': {
      const items = valueOf(filter.property);
      return Array.isArray(items) && items.some((item) => test(filter.where, () => item));
    }
  }
}

/** True when the object meets the filter. */
export function matches(filter: Filter, object: DirectoryObject): boolean {
  return test(filter, (property) => (property === 'id' ? object.id : (object.properties[property] ?? null)));
}

/** The one object that an `eq` on a unique property can mean. */
function holderOf(store: DirectoryStore, property: string, value: Literal): DirectoryObject[] | undefined {
  if (typeof value !== 'string') return undefined;
  const only = (object: DirectoryObject | undefined): DirectoryObject[] => (object === undefined ? [] : [object]);
  switch (property) {
    case 'id':
      return only(store.find(value.toLowerCase()));
    case 'userPrincipalName':
      return only(store.holder('userPrincipalName', value.toLowerCase()));
    case 'mail':
      return only(store.holder('proxyAddresses', addressKey(value)));
    case 'onPremisesImmutableId':
    case 'uniqueName':
      return only(store.holder(property, value));
    default:
      return undefined;
  }
}

/**
 * Objects among which all matches are, found through the unique indexes; undefined when the filter needs a scan.
 */
export function candidates(filter: Filter, store: DirectoryStore, kind: ObjectKind): DirectoryObject[] | undefined {
  const found = lookUp(filter, store);
  return found && [...new Set(found)].filter((object) => object.kind === kind).sort((a, b) => a.ordinal - b.ordinal);
}

function lookUp(filter: Filter, store: DirectoryStore): DirectoryObject[] | undefined {
  switch (filter.op) {
    case 'compare':
      return filter.operator === 'eq' ? holderOf(store, filter.property, filter.value) : undefined;
    case 'in': {
      const found = filter.values.map((value) => holderOf(store, filter.property, value));
      return found.includes(undefined) ? undefined : found.flatMap((objects) => objects ?? []);
    }
    case 'and':
      return lookUp(filter.left, store) ?? lookUp(filter.right, store);
    case 'or': {
      const [left, right] = [lookUp(filter.left, store), lookUp(filter.right, store)];
      return left && right && [...left, ...right];
    }
    case 'any':
      return filter.property === 'proxyAddresses' && filter.where.op === 'compare' && filter.where.operator === 'eq'
        ? holderOf(store, 'mail', filter.where.value)
        : undefined;
    case 'not':
    case 'text':
      return undefined;
  }
}

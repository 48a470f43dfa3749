import { createHash } from 'node:crypto';
import { FilterParser, type Filter } from 'ldapts';

/** Which objects of the domain are synchronised. Everything that is given has to hold. */
export interface ScopeSettings {
  /** Containers, by objectGUID or by DN. What is below one of them is in scope; without any, everything is. */
  readonly include: readonly string[];
  /** Containers that are not; the container that is nearest to an object decides. */
  readonly exclude: readonly string[];
  /** An LDAP filter (RFC 4515) that the server evaluates. */
  readonly filter?: string | undefined;
  /** A group, by objectGUID or by DN: only its direct members are in scope. */
  readonly pilotGroup?: string | undefined;
}

/** Short name of a scope, by which an operator says that it is the one that was meant. */
export function scopeFingerprint(settings: ScopeSettings | undefined): string {
  return createHash('sha256').update(scopeText(settings)).digest('hex').slice(0, 8);
}

export function isSameScope(a: ScopeSettings | undefined, b: ScopeSettings | undefined): boolean {
  return scopeText(a) === scopeText(b);
}

/** One text for one scope, however it was written down. */
function scopeText(settings: ScopeSettings | undefined): string {
  if (settings === undefined) return '';
  const { include, exclude, filter = null, pilotGroup = null } = settings;
  return JSON.stringify([[...include].sort(), [...exclude].sort(), filter, pilotGroup]);
}

/**
 * What a filter must not ask: DirSync does not tell of an object when these change, so nobody would notice that it comes into
 * scope or leaves it. Back links change with the other end, the others are worked out at each search.
 */
const untold = new Set(
  ['memberOf', 'directReports', 'managedObjects', 'distinguishedName', 'entryDN', 'tokenGroups', 'canonicalName'].map(
    (name) => name.toLowerCase(),
  ),
);

/** Lower-case names of the attributes that a filter asks for. @throws Error that says what is wrong with the filter. */
export function filterAttributes(text: string): readonly string[] {
  const names = new Set<string>();
  collect(FilterParser.parseString(text), names);
  for (const name of names) {
    if (untold.has(name)) throw new Error(`asks for ${name}, whose changes the directory does not tell of`);
  }
  return [...names];
}

function collect(filter: Filter, names: Set<string>): void {
  if ('filters' in filter && Array.isArray(filter.filters)) {
    for (const one of filter.filters as Filter[]) collect(one, names);
  } else if ('filter' in filter) collect(filter.filter as Filter, names);
  else if ('attribute' in filter && typeof filter.attribute === 'string') names.add(filter.attribute.toLowerCase());
  else if ('matchType' in filter && typeof filter.matchType === 'string') names.add(filter.matchType.toLowerCase());
}

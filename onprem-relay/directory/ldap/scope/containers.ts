import { normalizeDn } from '../../../../shared/directory/dn.ts';
import { isGuid } from '../../../../shared/directory/guid.ts';
import { LockstepError } from '../../../../shared/errors/lockstep-error.ts';
import type { LdapConnection } from '../connection.ts';
import { readEntry } from '../entry.ts';
import { LdapResultError, resultCodes } from '../ldap-errors.ts';
import { anyObject } from '../server-facts.ts';

/** An object that a scope names, and where it is at the moment. */
export interface NamedObject {
  readonly guid: string;
  /** In the form that compares. */
  readonly dn: string;
}

/**
 * Finds what a scope names. What was found once is known by its objectGUID from then on, so it may be renamed and moved.
 *
 * @throws LockstepError LS1111 when the directory does not show it: that is never taken for "there is nothing in it".
 */
export async function findNamed(
  connection: LdapConnection,
  name: string,
  known: Readonly<Record<string, string>>,
): Promise<NamedObject> {
  const guid = known[name] ?? (isGuid(name) ? name : undefined);
  try {
    const [found] = await connection.searchAll({
      baseDn: guid === undefined ? name : `<GUID=${guid}>`,
      scope: 'base',
      filter: anyObject(),
      attributes: ['objectGUID'],
    });
    const entry = found && readEntry(found, false);
    if (entry?.guid !== undefined) return { guid: entry.guid, dn: normalizeDn(entry.dn) };
  } catch (error) {
    const isMissing =
      error instanceof LdapResultError &&
      (error.resultCode === resultCodes.noSuchObject || error.resultCode === resultCodes.invalidDnSyntax);
    if (!isMissing) throw error;
  }
  throw new LockstepError('LS1111', `The directory does not show ${name}, which the scope names.`, { object: name });
}

/** Containers that are in scope, and those in them that are not. */
export class Containers {
  readonly #rules: readonly (NamedObject & { readonly included: boolean })[];
  readonly #otherwise: boolean;

  constructor(include: readonly NamedObject[], exclude: readonly NamedObject[]) {
    this.#rules = [
      ...include.map((one) => ({ ...one, included: true })),
      ...exclude.map((one) => ({ ...one, included: false })),
    ].sort((a, b) => b.dn.length - a.dn.length);
    this.#otherwise = include.length === 0;
  }

  /** The nearest container decides: of two that are above an object, that is the one with the longer name. */
  contain(dn: string): boolean {
    if (this.#rules.length === 0) return true;
    const place = normalizeDn(dn);
    const nearest = this.#rules.find((rule) => place.endsWith(`,${rule.dn}`));
    return nearest?.included ?? this.#otherwise;
  }
}

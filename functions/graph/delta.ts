import { z } from 'zod';
import type { PropertyValue } from '../../shared/engine/intended.ts';
import { ownerOf, valueAt } from '../../shared/entra/nested-properties.ts';
import { LockstepError } from '../../shared/errors/lockstep-error.ts';
import type { ObjectDelta } from '../sync/tenant.ts';
import type { GraphResponse } from './transport.ts';
import { withoutQuery } from './transport.ts';
import { toValue } from './values.ts';

// Graph "Use delta query to track changes in Microsoft Graph data".

interface Link {
  readonly id: string;
  readonly '@removed'?: { readonly reason: string } | undefined;
}

const removed = z.object({ reason: z.string() });
const link: z.ZodType<Link> = z.object({ id: z.string(), '@removed': removed.optional() });

/** An object of a page: what is named here, and its properties. */
interface DeltaValue extends Readonly<Record<string, unknown>> {
  readonly id: string;
  readonly '@removed'?: { readonly reason: string } | undefined;
  readonly 'members@delta'?: readonly Link[] | undefined;
  readonly 'manager@delta'?: readonly Link[] | undefined;
}
const deltaObject: z.ZodType<DeltaValue> = z.looseObject({
  id: z.string(),
  '@removed': removed.optional(),
  'members@delta': z.array(link).optional(),
  'manager@delta': z.array(link).optional(),
});

export const deltaPage: z.ZodType<{
  readonly value: readonly DeltaValue[];
  readonly '@odata.nextLink'?: string | undefined;
  readonly '@odata.deltaLink'?: string | undefined;
}> = z.object({
  value: z.array(deltaObject),
  '@odata.nextLink': z.string().optional(),
  '@odata.deltaLink': z.string().optional(),
});

/** Throws LS3005 when the page has no link to go on with. */
export function linkOf(
  page: z.infer<typeof deltaPage>,
  path: string,
): { readonly link: string; readonly more: boolean } {
  const next = page['@odata.nextLink'];
  if (next !== undefined) return { link: next, more: true };
  const last = page['@odata.deltaLink'];
  if (last !== undefined) return { link: last, more: false };
  throw new LockstepError(
    'LS3005',
    `The answer to GET ${withoutQuery(path)} has neither a next link nor a delta link.`,
  );
}

const errorBody = z.object({ error: z.object({ code: z.string() }) });
const expiredCodes = new Set(['syncstatenotfound', 'resyncrequired', 'directory_expiredpagetoken']);

/** A token lives seven days, and the service may end it earlier: 410, or another status with one of three codes. */
export function isExpired({ status, body }: GraphResponse): boolean {
  if (status === 410) return true;
  const parsed = errorBody.safeParse(body);
  return parsed.success && expiredCodes.has(parsed.data.error.code.toLowerCase());
}

/** One object of a page; only what the page says. */
export function toDelta(value: DeltaValue, managed: readonly string[]): ObjectDelta {
  const gone = value['@removed'];
  if (gone !== undefined) {
    // "changed" is what can be restored, "deleted" what cannot.
    const state = gone.reason === 'changed' ? 'deleted' : 'gone';
    return { id: value.id, state, properties: {}, membersAdded: [], membersRemoved: [], manager: undefined };
  }
  const members = value['members@delta'] ?? [];
  return {
    id: value.id,
    state: 'present',
    properties: Object.fromEntries(
      managed
        .filter((name) => ownerOf(name) in value)
        .map((name): readonly [string, PropertyValue] => [name, toValue(valueAt(value, name))]),
    ),
    membersAdded: members.filter((member) => member['@removed'] === undefined).map(({ id }) => id),
    membersRemoved: members.filter((member) => member['@removed'] !== undefined).map(({ id }) => id),
    manager: managerOf(value['manager@delta']),
  };
}

function managerOf(links: DeltaValue['manager@delta']): string | null | undefined {
  if (links === undefined || links.length === 0) return undefined;
  return links.findLast((one) => one['@removed'] === undefined)?.id ?? null;
}

import { z } from 'zod';
import type { DirectoryChange } from '../directory/change.ts';
import { objectClasses } from '../directory/change.ts';

/**
 * A place in a connector's change stream. A relay that becomes leader begins a new epoch at sequence 1,
 * so a relay that lost its lease without knowing it can only send under an epoch that is already past.
 */
export interface StreamPosition {
  readonly epoch: number;
  readonly sequence: number;
}

/** What expressions and fall-backs need to know of the domain that a connector reads. */
export interface DomainFacts {
  /** DN of the naming context, as the directory writes it. */
  readonly namingContext: string;
  /** DNS name, lower case: `contoso.test`. */
  readonly fqdn: string;
  /** NetBIOS name where it is known: `CONTOSO`. */
  readonly netbios?: string | undefined;
}

export type BatchContent =
  /** Facts, in the order in which they were read. `generation` is set within a full read. */
  | { readonly type: 'changes'; readonly generation?: number | undefined; readonly changes: readonly DirectoryChange[] }
  | { readonly type: 'full-read-begin'; readonly generation: number; readonly domain: DomainFacts }
  /** `objects`: how many distinct objects the full read sent. If they did not all arrive, nothing is taken as deleted. */
  | { readonly type: 'full-read-end'; readonly generation: number; readonly objects: number };

/** One message of the queue `directory-changes`. Message id: `<connector>:<epoch>:<sequence>`. */
export interface ChangeBatch {
  readonly version: 1;
  readonly connector: string;
  readonly position: StreamPosition;
  /**
   * The position that must have been applied before this one: the previous message, or, first in an epoch, the position
   * that the checkpoint covers. `null` only for the begin marker of a full read, which depends on nothing.
   */
  readonly follows: StreamPosition | null;
  /** ISO 8601, UTC: when the relay read this from the directory. */
  readonly readAt: string;
  /** Follows the change from the relay to the Graph request. */
  readonly correlationId: string;
  readonly content: BatchContent;
}

/** How a batch travels: the routing fields in clear, the content as gzip-compressed JSON in base64 (the trigger binding is text). */
export interface ChangeBatchEnvelope extends Omit<ChangeBatch, 'content'> {
  readonly content: string;
}

const guid = z.guid().toLowerCase();
const position = z.strictObject({ epoch: z.int().min(1), sequence: z.int().min(0) });
const attributes = z.record(z.string().min(1), z.array(z.string()));
const linkChange = z.strictObject({
  attribute: z.string().min(1),
  added: z.array(guid),
  removed: z.array(guid),
  replace: z.strictObject({ token: z.string().min(1), last: z.boolean() }).optional(),
});
const change: z.ZodType<DirectoryChange> = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('present'),
    objectGuid: guid,
    objectClass: z.enum(objectClasses).optional(),
    whole: z.boolean(),
    dn: z.string().min(1).optional(),
    parentGuid: guid.optional(),
    attributes,
    links: z.array(linkChange),
  }),
  z.strictObject({ kind: z.literal('deleted'), objectGuid: guid }),
  z.strictObject({ kind: z.literal('out-of-scope'), objectGuid: guid }),
]);
const batchFields = {
  version: z.literal(1),
  connector: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,63}$/),
  position,
  follows: position.nullable(),
  readAt: z.iso.datetime(),
  correlationId: z.string().min(1),
};

export const batchContentSchema: z.ZodType<BatchContent> = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('changes'), generation: z.int().min(1).optional(), changes: z.array(change) }),
  z.strictObject({
    type: z.literal('full-read-begin'),
    generation: z.int().min(1),
    domain: z.strictObject({
      namingContext: z.string().min(1),
      fqdn: z.string().min(1),
      netbios: z.string().optional(),
    }),
  }),
  z.strictObject({ type: z.literal('full-read-end'), generation: z.int().min(1), objects: z.int().min(0) }),
]);

export const changeBatchEnvelopeSchema: z.ZodType<ChangeBatchEnvelope> = z.strictObject({
  ...batchFields,
  content: z.base64(),
});

export function messageIdOf(batch: Pick<ChangeBatch, 'connector' | 'position'>): string {
  return `${batch.connector}:${batch.position.epoch}:${batch.position.sequence}`;
}

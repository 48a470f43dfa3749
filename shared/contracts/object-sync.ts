import { z } from 'zod';
import type { Explanation } from '../engine/explanation.ts';
import type { ExtensionDefinition } from '../entra/directory-extensions.ts';
import { previewItemSchema, type PreviewItem } from './preview.ts';
import { problemReportSchema, type ProblemReport } from './status.ts';

/** Body of `POST /api/objects/sync`. */
export interface ObjectSyncRequest {
  /** A sign-in name, account name, mail address, DN, GUID or name. */
  readonly who: string;
}

/**
 * `in-step`: Entra holds what the rules want. `failed`: something of it could not be carried. `held`: its directory's plan
 * is over the change budget. `staged`: the installation does not write. `waits`: it was not its turn in the time there was.
 */
export const objectSyncOutcomes = ['in-step', 'failed', 'held', 'staged', 'waits'] as const;

/** Answer of `POST /api/objects/sync`. */
export interface ObjectSyncReport {
  readonly version: 1;
  readonly connector: string;
  readonly objectGuid: string;
  readonly label: string;
  readonly outcome: (typeof objectSyncOutcomes)[number];
  /** What was to be done when it was asked for; `null` for nothing. */
  readonly planned: PreviewItem | null;
  readonly problems: readonly ProblemReport[];
  /** Why nothing is to be in Entra, where that is so. */
  readonly reason: string | null;
  /** Id in Entra of what it is there; `null` for nothing. */
  readonly entraId: string | null;
  readonly explanation: Explanation;
  /** DN of each object of the explanation, by `connector|guid`. */
  readonly labels: Readonly<Record<string, string>>;
  /** Directory extensions, by their names in rules. */
  readonly extensions: readonly (readonly [string, ExtensionDefinition])[];
}

export const objectSyncRequestSchema: z.ZodType<ObjectSyncRequest> = z.strictObject({
  who: z.string().trim().min(1).max(1024),
});

const explanation = z.custom<Explanation>(
  (value) => z.object({ objects: z.array(z.unknown()), metaverse: z.array(z.unknown()) }).safeParse(value).success,
);
const extension = z.custom<readonly [string, ExtensionDefinition]>(
  (value) => z.tuple([z.string(), z.object({ property: z.string() })]).safeParse(value).success,
);

export const objectSyncReportSchema: z.ZodType<ObjectSyncReport> = z.object({
  version: z.literal(1),
  connector: z.string(),
  objectGuid: z.string(),
  label: z.string(),
  outcome: z.enum(objectSyncOutcomes),
  planned: previewItemSchema.nullable(),
  problems: z.array(problemReportSchema),
  reason: z.string().nullable(),
  entraId: z.string().nullable(),
  explanation,
  labels: z.record(z.string(), z.string()),
  extensions: z.array(extension),
});

import { z } from 'zod';
import { objectClasses, type ObjectClass } from '../../directory/change.ts';

/** A value as people write it in a case: a list for several, `null` for none. */
export type CaseValue = string | number | boolean | null | readonly (string | number | boolean)[];

/** An object of a directory as a case gives it. */
export interface GivenObject {
  /** Default: `directory`. */
  readonly connector?: string | undefined;
  readonly class: ObjectClass;
  readonly dn: string;
  /** Default: one that follows from the DN. */
  readonly objectGuid?: string | undefined;
  /** In the directory's spelling; binary values as base64, GUIDs and SIDs as text, references as GUIDs. */
  readonly attributes?: Readonly<Record<string, CaseValue>> | undefined;
  /** Number of values of multi-valued references: `{ member: 3 }`. */
  readonly links?: Readonly<Record<string, number>> | undefined;
  /** DNs of groups that it is a direct member of. */
  readonly memberOf?: readonly string[] | undefined;
}

/** What the tenant is to hold. */
export interface ExpectedObject {
  /** `none`: nothing is to be in the tenant. */
  readonly kind: 'user' | 'group' | 'contact' | 'device' | 'none';
  /** Attributes of the tenant's connector space; those that are not named may be anything, `null` means no value. */
  readonly attributes?: Readonly<Record<string, CaseValue>> | undefined;
  /** Code of the error that the rules raise: `LS5101`. */
  readonly error?: string | undefined;
  /** DNs of the objects that it is made of. */
  readonly from?: readonly string[] | undefined;
}

export interface RuleCase {
  readonly name: string;
  readonly given: readonly GivenObject[];
  /** What the tenant already holds of these objects, with its `sourceAnchor` among the attributes. */
  readonly existing?:
    | {
        readonly type: 'user' | 'group' | 'contact' | 'device';
        readonly attributes: Readonly<Record<string, CaseValue>>;
      }
    | undefined;
  /** One for each object of the tenant; in any order. */
  readonly expect: readonly ExpectedObject[];
}

export interface CaseFile {
  readonly cases: readonly RuleCase[];
}

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const values = z.record(z.string(), z.union([scalar, z.null(), z.array(scalar)]));
const list = <T>(item: z.ZodType<T>): z.ZodType<readonly T[]> =>
  z.union([z.array(item), item.transform((one) => [one])]);

const given = z.strictObject({
  connector: z.string().min(1).optional(),
  class: z.enum(objectClasses),
  dn: z.string().min(1),
  objectGuid: z.guid().optional(),
  attributes: values.optional(),
  links: z.record(z.string(), z.number().int().min(0)).optional(),
  memberOf: z.array(z.string()).optional(),
});

const expected = z.strictObject({
  kind: z.enum(['user', 'group', 'contact', 'device', 'none']),
  attributes: values.optional(),
  error: z.string().optional(),
  from: z.array(z.string()).optional(),
});

/** A file of cases; a single object stands for a list of one. */
export const caseFile: z.ZodType<CaseFile> = z.strictObject({
  cases: z.array(
    z.strictObject({
      name: z.string().min(1),
      given: list(given),
      existing: z.strictObject({ type: z.enum(['user', 'group', 'contact', 'device']), attributes: values }).optional(),
      expect: list(expected),
    }),
  ),
});

/** Cases in TypeScript: the default export of a file of cases. */
export function defineCases(cases: readonly RuleCase[]): CaseFile {
  return { cases };
}

import { z } from 'zod';
import { LockstepError } from '../errors/lockstep-error.ts';
import { dialects } from './expressions/expression.ts';
import { connectorKinds, linkTypes, mergeTypes, scopeOperators, type RuleSet } from './model.ts';
import { valueTypes } from './schema.ts';

const clause = z.strictObject({ attribute: z.string(), operator: z.enum(scopeOperators), value: z.string() });
const join = z.strictObject({ connectorSpace: z.string(), metaverse: z.string(), caseSensitive: z.boolean() });
const flowTarget = { target: z.string(), applyOnce: z.boolean(), merge: z.enum(mergeTypes) };
const flow = z.discriminatedUnion('kind', [
  z.strictObject({ ...flowTarget, kind: z.literal('direct'), source: z.string() }),
  z.strictObject({ ...flowTarget, kind: z.literal('constant'), value: z.string() }),
  z.strictObject({ ...flowTarget, kind: z.literal('expression'), dialect: z.enum(dialects), text: z.string() }),
]);
const attribute = { name: z.string(), type: z.enum(valueTypes), multiValued: z.boolean() };
const optionalText = z
  .string()
  .optional()
  .transform((text) => text);

const ruleSet = z.strictObject({
  version: z.literal(1),
  name: z.string(),
  connectors: z.array(
    z.strictObject({
      name: z.string().min(1),
      kind: z.enum(connectorKinds),
      parameters: z.record(z.string(), z.string()),
    }),
  ),
  extensionApplication: z.guid().nullable(),
  attributes: z.array(z.strictObject({ ...attribute, space: z.enum([...connectorKinds, 'metaverse']) })),
  rules: z.array(
    z.strictObject({
      id: z.string().min(1),
      name: z.string(),
      description: optionalText,
      tag: optionalText,
      direction: z.enum(['inbound', 'outbound']),
      connector: z.strictObject({ kind: z.enum(connectorKinds), name: z.string().nullable() }),
      sourceType: z.string(),
      targetType: z.string(),
      linkType: z.enum(linkTypes),
      precedence: z.number().int(),
      disabled: z.boolean(),
      passwordSync: z.boolean(),
      scope: z.array(z.array(clause)),
      join: z.array(z.array(join)),
      flows: z.array(flow),
    }),
  ),
});

/** A rule set as text, in the form that `lockstep rules compile` writes and the application reads. */
export function compiledText(rules: RuleSet): string {
  return JSON.stringify(rules);
}

/**
 * Reads {@link compiledText}.
 *
 * @throws LockstepError LS5001 when the text is none.
 */
export function readCompiled(text: string, file: string): RuleSet {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new LockstepError('LS5001', 'The compiled rules are not JSON.', { object: file, cause: error });
  }
  const parsed = ruleSet.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.join('.') ?? '';
  throw new LockstepError('LS5001', `The compiled rules are malformed at "${where}": ${issue?.message ?? ''}.`, {
    object: file,
    remedy: 'Compile the rules again with "lockstep rules compile".',
  });
}

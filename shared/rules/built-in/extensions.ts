import { LockstepError } from '../../errors/lockstep-error.ts';
import type { CustomAttribute, SyncRule } from '../model.ts';
import type { SchemaAttribute } from '../schema.ts';
import { activeDirectorySchema, unreadAttributes } from '../schemas/active-directory.ts';
import { clause, inbound, outbound, type RuleDraft } from './draft.ts';
import { direct } from './flows.ts';

/** An attribute of the directory that Entra gets as a directory extension. */
export interface DirectoryExtension {
  readonly objectType: 'user' | 'group';
  /** In the spelling of the directory's schema. */
  readonly attribute: string;
}

/**
 * The name that the attribute has in the metaverse and in Entra: without the application's id, which the exporter adds
 * after the first `_`, and, as extensions must, without dashes.
 */
export function extensionName(attribute: string): string {
  return `extension_${attribute.replaceAll('-', '_')}`;
}

/** @throws LockstepError LS5002 for an attribute that the directory does not show, or that an extension cannot hold. */
export function extensionAttributes(extensions: readonly DirectoryExtension[]): readonly CustomAttribute[] {
  const unique = new Map(extensions.map(({ attribute }) => [extensionName(attribute), extensible(attribute)]));
  return [...unique].flatMap(([name, { type, multiValued }]) =>
    (['metaverse', 'entra'] as const).map((space) => ({ space, name, type, multiValued })),
  );
}

const labels = { user: 'User', inetOrgPerson: 'InetOrgPerson', group: 'Group' } as const;

export function inboundExtensions(extensions: readonly DirectoryExtension[]): readonly RuleDraft[] {
  return (['user', 'inetOrgPerson', 'group'] as const).flatMap((sourceType) => {
    const names = namesFor(sourceType === 'group' ? 'group' : 'user', extensions);
    if (names.length === 0) return [];
    const native: Readonly<Record<typeof sourceType, SyncRule['scope']>> = {
      user: [[clause('adminDescription', 'NOTSTARTSWITH', 'User_')]],
      inetOrgPerson: [],
      group: [[clause('adminDescription', 'NOTSTARTSWITH', 'Group_')]],
    };
    return inbound('activeDirectory', {
      name: `In from AD - ${labels[sourceType]} DirectoryExtension`,
      description: 'Takes the attributes that were chosen as directory extensions.',
      sourceType,
      targetType: sourceType === 'group' ? 'group' : 'person',
      scope: native[sourceType],
      flows: direct(names.join(' '), Object.fromEntries(names.map((name) => [name, extensionName(name)]))),
    });
  });
}

export function outboundExtensions(extensions: readonly DirectoryExtension[]): readonly RuleDraft[] {
  return (['user', 'group'] as const).flatMap((targetType) => {
    const names = namesFor(targetType, extensions);
    if (names.length === 0) return [];
    const ownedHere = clause('cloudMastered', 'NOTEQUAL', 'True');
    return outbound({
      name: `Out to AAD - ${labels[targetType]} DirectoryExtension`,
      description: 'Carries the attributes that were chosen as directory extensions.',
      sourceType: targetType === 'group' ? 'group' : 'person',
      targetType,
      scope: [
        targetType === 'group'
          ? [clause('sourceAnchor', 'ISNOTNULL'), ownedHere]
          : [clause('sourceObjectType', 'EQUAL', 'User'), ownedHere],
      ],
      flows: direct(names.map(extensionName).join(' ')),
    });
  });
}

function namesFor(objectType: DirectoryExtension['objectType'], extensions: readonly DirectoryExtension[]): string[] {
  return [...new Set(extensions.filter((e) => e.objectType === objectType).map(({ attribute }) => attribute))];
}

function extensible(attribute: string): SchemaAttribute {
  const found = activeDirectorySchema.get(attribute);
  const unread = unreadAttributes.find(({ name }) => name === attribute);
  const why =
    found === undefined
      ? 'the directory has no attribute of that name'
      : unread !== undefined
        ? 'the relay does not read it'
        : found.type === 'reference'
          ? 'an extension cannot hold references'
          : undefined;
  if (found !== undefined && why === undefined) return found;
  throw new LockstepError('LS5002', `"${attribute}" cannot be a directory extension: ${why ?? 'it is unknown'}.`, {
    object: attribute,
  });
}

import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Properties } from '../engine/intended.ts';
import { sameValue, type PlannedChange } from '../engine/plan.ts';

/** What a write does to the tenant, as far as a change budget counts it. One write may have several effects. */
export const effectKinds = [
  'create',
  'update',
  'disable',
  'delete',
  'member-removal',
  'attribute-wipe',
  'sign-in-name',
] as const;
export type EffectKind = (typeof effectKinds)[number];

/** Effects that take something away: each is remembered by itself, so that a repeated attempt counts once. */
export const harmfulKinds = ['disable', 'delete', 'member-removal', 'attribute-wipe', 'sign-in-name'] as const;
export type HarmfulKind = (typeof harmfulKinds)[number];

export function isHarmful(kind: EffectKind): kind is HarmfulKind {
  return (harmfulKinds as readonly EffectKind[]).includes(kind);
}

export interface Effect {
  readonly kind: EffectKind;
  /** The source object under which the counterpart is kept. */
  readonly guid: string;
  /**
   * What makes it this effect and no other: a fingerprint of the values, the new sign-in name, the cleared properties, the id
   * of the member. An approval covers it only with the same detail.
   */
  readonly detail: string;
}

/** An approval covers exactly this. */
export function effectKey({ kind, guid, detail }: Effect): string {
  return `${kind}|${guid}|${detail}`;
}

/** The budget counts this once: two sign-in names of one user in a day are one user who was renamed. */
export function ledgerKey({ kind, guid, detail }: Effect): string {
  return kind === 'member-removal' ? `${kind}|${guid}|${detail}` : `${kind}|${guid}`;
}

/** Effects of writing properties over those that Entra is known to hold. */
export function effectsOfUpdate(guid: string, known: Properties, written: Properties): readonly Effect[] {
  const sent = Object.entries(written).sort(([a], [b]) => (a < b ? -1 : 1));
  const effects: Effect[] = [{ kind: 'update', guid, detail: fingerprint(JSON.stringify(sent)) }];
  if (written['accountEnabled'] === false && known['accountEnabled'] !== false) {
    effects.push({ kind: 'disable', guid, detail: '' });
  }
  const name = written['userPrincipalName'];
  const before = known['userPrincipalName'];
  // Entra compares sign-in names without case, so a change of case renames nobody.
  if (typeof name === 'string' && typeof before === 'string' && name.toLowerCase() !== before.toLowerCase()) {
    effects.push({ kind: 'sign-in-name', guid, detail: name.toLowerCase() });
  }
  const wiped = Object.entries(written)
    .filter(([property, value]) => sameValue(value, null) && !sameValue(known[property] ?? null, null))
    .map(([property]) => property)
    .sort();
  if (wiped.length > 0) effects.push({ kind: 'attribute-wipe', guid, detail: wiped.join(',') });
  return effects;
}

/** 64 bits are enough to tell the changes of one object apart. */
function fingerprint(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text))).slice(0, 16);
}

/** Effects of a planned change of one object; members are counted by {@link effectsOfRemovals}. */
export function effectsOfChange(guid: string, known: Properties, change: PlannedChange): readonly Effect[] {
  switch (change.kind) {
    case 'create':
      return [{ kind: 'create', guid, detail: '' }];
    case 'delete':
      return [{ kind: 'delete', guid, detail: '' }];
    case 'update':
      return effectsOfUpdate(
        guid,
        known,
        Object.fromEntries(change.changes.map(({ property, to }) => [property, to] as const)),
      );
    case 'restore':
    case 'manager':
      return [];
  }
}

/** `members` are object ids in Entra. */
export function effectsOfRemovals(group: string, members: readonly string[]): readonly Effect[] {
  return members.map((member) => ({ kind: 'member-removal', guid: group, detail: member }));
}

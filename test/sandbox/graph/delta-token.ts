import { z } from 'zod';
import { badRequest } from './failure.ts';
import type { ObjectKind } from './metadata.ts';

/** All that a round of delta needs to go on; it travels in the token, so the server keeps nothing. */
export interface DeltaState {
  readonly kind: ObjectKind;
  /** Grows when all tokens are declared outdated. */
  readonly epoch: number;
  /** Milliseconds. */
  readonly issuedAt: number;
  /** `all`: the first round, every object. `changes`: what happened between two positions of the log. */
  readonly round: 'all' | 'changes';
  readonly from: number;
  readonly to: number;
  /** How far the round got: in `all` an ordinal of an object, in `changes` an index. */
  readonly object: number;
  /** How far the round got in the links of that object; 0 when it has not begun them. */
  readonly linkAt: number;
  readonly select: readonly string[] | null;
  readonly ids: readonly string[] | null;
}

const tuple = z.tuple([
  z.enum(['user', 'group']),
  z.int(),
  z.int(),
  z.enum(['all', 'changes']),
  z.int(),
  z.int(),
  z.int(),
  z.int(),
  z.array(z.string()).nullable(),
  z.array(z.string()).nullable(),
]);

/** FNV-1a, so that a cut or altered token does not pass. */
function checksum(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return hash.toString(36);
}

export function encodeDeltaToken(state: DeltaState): string {
  const { kind, epoch, issuedAt, round, from, to, object, linkAt, select, ids } = state;
  const text = JSON.stringify([kind, epoch, issuedAt, round, from, to, object, linkAt, select, ids]);
  return `${Buffer.from(text, 'utf8').toString('base64url')}.${checksum(text)}`;
}

/** `400` for anything that is not a token of ours for this kind of object. */
export function decodeDeltaToken(token: string, kind: ObjectKind): DeltaState {
  const [encoded = '', sum] = token.split('.');
  const text = Buffer.from(encoded, 'base64url').toString('utf8');
  if (checksum(text) !== sum) throw badRequest('Badly formed token.');
  const parsed = tuple.parse(JSON.parse(text));
  const [of, epoch, issuedAt, round, from, to, object, linkAt, select, ids] = parsed;
  if (of !== kind) throw badRequest('The token was issued for another resource.');
  return { kind, epoch, issuedAt, round, from, to, object, linkAt, select, ids };
}

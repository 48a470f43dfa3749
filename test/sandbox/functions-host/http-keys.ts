import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

export type AuthLevel = 'anonymous' | 'function' | 'admin';

/** The keys of a host: named function keys, the master key, and the system key of the durable extension. */
export interface HttpKeys {
  readonly functionKeys: Readonly<Record<string, string>>;
  readonly masterKey: string;
  readonly durableKey: string;
}

/** A key of 256 random bits. */
export function newKey(): string {
  return randomBytes(32).toString('base64url');
}

/** The key that a request shows: header `x-functions-key`, or `code` in the query. */
export function shownKey(header: string | undefined, query: URLSearchParams): string | undefined {
  return header ?? query.get('code') ?? undefined;
}

/** True when `key` opens a function of this level. The master key opens everything. */
export function opens(keys: HttpKeys, level: AuthLevel, key: string | undefined): boolean {
  if (level === 'anonymous') return true;
  if (key === undefined) return false;
  if (same(key, keys.masterKey)) return true;
  return level === 'function' && Object.values(keys.functionKeys).some((one) => same(key, one));
}

/** True when `key` opens the durable webhooks. */
export function opensWebhooks(keys: HttpKeys, key: string | undefined): boolean {
  return key !== undefined && (same(key, keys.durableKey) || same(key, keys.masterKey));
}

function same(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

import type { Clock } from './options.ts';

/** The buckets of one application in one tenant (Graph throttling limits, "Identity and access"). */
export interface ThrottleSettings {
  /** Default 3,000. */
  readonly writesPer150s: number;
  /** Default by the number of users: 3,500 below 50, 5,000 up to 500, 8,000 above. */
  readonly resourceUnitsPer10s?: number;
}

export const documentedThrottling: ThrottleSettings = { writesPer150s: 3000 };

/** What a request costs. */
export interface Cost {
  readonly resourceUnits: number;
  readonly write: boolean;
}

export interface Refusal {
  /** Whole seconds, at least one. */
  readonly retryAfter: number;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Verdict {
  /** Undefined when the request may pass. */
  readonly refusal: Refusal | undefined;
  /** How full the fullest bucket is: 1 is the limit. */
  readonly usage: number;
}

/** A token bucket that is full at the start and refills evenly. */
class Bucket {
  readonly #capacity: number;
  readonly #windowMs: number;
  #tokens: number;
  #at: number;

  constructor(capacity: number, windowMs: number, now: number) {
    this.#capacity = capacity;
    this.#windowMs = windowMs;
    this.#tokens = capacity;
    this.#at = now;
  }

  get usage(): number {
    return 1 - this.#tokens / this.#capacity;
  }

  /**
   * Takes tokens; gives the milliseconds to wait when there are not enough. A refused request takes what is left:
   * throttled requests still count, so hammering delays the recovery.
   */
  take(amount: number, now: number): number {
    const refill = (Math.max(now - this.#at, 0) * this.#capacity) / this.#windowMs;
    this.#tokens = Math.min(this.#capacity, this.#tokens + refill);
    this.#at = now;
    if (this.#tokens >= amount) {
      this.#tokens -= amount;
      return 0;
    }
    this.#tokens = 0;
    return Math.ceil((amount * this.#windowMs) / this.#capacity);
  }
}

/** Meters requests as the directory does: resource units over 10 seconds, writes over 150 seconds. */
export class Throttle {
  readonly #writes: Bucket;
  readonly #units: Bucket;
  readonly #clock: Clock;
  readonly #scope: string;

  constructor(settings: ThrottleSettings, users: number, clock: Clock, scope: string) {
    const bySize = users < 50 ? 3500 : users <= 500 ? 5000 : 8000;
    this.#clock = clock;
    this.#scope = scope;
    this.#writes = new Bucket(settings.writesPer150s, 150_000, clock.now());
    this.#units = new Bucket(settings.resourceUnitsPer10s ?? bySize, 10_000, clock.now());
  }

  meter(cost: Cost): Verdict {
    const now = this.#clock.now();
    const unitsWait = this.#units.take(cost.resourceUnits, now);
    if (unitsWait > 0) return this.#refuse(unitsWait, 'ReadWrite', 'ResourceUnitLimitExceeded');
    const writesWait = cost.write ? this.#writes.take(1, now) : 0;
    if (writesWait > 0) return this.#refuse(writesWait, 'Write', 'WriteLimitExceeded');
    return { refusal: undefined, usage: Math.max(this.#units.usage, cost.write ? this.#writes.usage : 0) };
  }

  #refuse(waitMs: number, limit: 'ReadWrite' | 'Write', information: string): Verdict {
    const retryAfter = Math.max(1, Math.ceil(waitMs / 1000));
    const headers = {
      'Retry-After': String(retryAfter),
      'x-ms-throttle-scope': `Tenant_Application/${limit}/${this.#scope}`,
      'x-ms-throttle-information': information,
    };
    return { refusal: { retryAfter, headers }, usage: 1 };
  }
}

/** The base cost of a read by its route, before `$select`, `$top` and `$expand` change it. */
const readUnits: Readonly<Record<string, number>> = {
  users: 2,
  'users/delta': 2,
  'groups/{group}/members': 3,
  'groups/{group}/members/microsoft.graph.user': 3,
  'groups/{group}/members/microsoft.graph.group': 3,
  'groups/{group}/transitivemembers': 5,
  'directoryobjects/getbyids': 5,
  'users/{user}/memberof': 2,
  'users/{user}/memberof/microsoft.graph.group': 2,
  'users/{user}/memberof/microsoft.graph.directoryrole': 2,
  'users/{user}/transitivememberof': 2,
};

/** Resource units of a request: `$select` takes one off, `$top` below 20 too, `$expand` adds one; never below one. */
export function costOf(route: string, write: boolean, query: ReadonlyMap<string, string>): Cost {
  if (write) return { resourceUnits: 1, write: true };
  const base = readUnits[route] ?? 1;
  const top = query.get('$top');
  const selected = query.has('$select') ? (route === 'directoryobjects/getbyids' ? -3 : -1) : 0;
  const small = top !== undefined && Number(top) < 20 ? -1 : 0;
  return { resourceUnits: Math.max(1, base + selected + small + (query.has('$expand') ? 1 : 0)), write: false };
}

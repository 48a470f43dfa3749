import type { Json } from './json.ts';
import type { RandomStream } from './random.ts';

/** Before: nothing was written. After: the write happened although the answer says otherwise. */
export type FaultPhase = 'before-commit' | 'after-commit';

/** A fault on demand. Exactly what happens: an answer (`status`), a cut connection (`drop`), a delay, or a delay first. */
export interface Fault {
  /** `$batch` itself is a POST; its sub-requests are matched one by one. Default: any. */
  readonly method?: string;
  /** Part of the URL below the version, or a pattern for it. Default: any. */
  readonly url?: string | RegExp;
  /** Begins with the nth request that matches, from 1. Default 1. */
  readonly nth?: number;
  /** How often it strikes. Default 1. */
  readonly times?: number;
  /** In [0, 1]: the share of matching requests that it strikes, by the seeded generator. Default 1. */
  readonly probability?: number;
  /** Default `before-commit`. */
  readonly phase?: FaultPhase;
  readonly status?: number;
  readonly code?: string;
  readonly message?: string;
  /** Seconds, in `Retry-After`. */
  readonly retryAfter?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Instead of Graph's error envelope. */
  readonly body?: Json;
  /** Cuts the connection without an answer. */
  readonly drop?: boolean;
  readonly delayMs?: number;
}

/** A fault that is in place. */
export interface InjectedFault {
  /** How often it struck. */
  readonly strikes: number;
  remove(): void;
}

class ArmedFault implements InjectedFault {
  readonly fault: Fault;
  strikes = 0;
  #seen = 0;
  readonly #release: (fault: ArmedFault) => void;

  constructor(fault: Fault, release: (fault: ArmedFault) => void) {
    this.fault = fault;
    this.#release = release;
  }

  remove(): void {
    this.#release(this);
  }

  /** True when the fault strikes this request. */
  strike(method: string, url: string, random: RandomStream): boolean {
    const { fault } = this;
    if (fault.method !== undefined && fault.method.toUpperCase() !== method) return false;
    if (typeof fault.url === 'string' && !url.includes(fault.url)) return false;
    if (fault.url instanceof RegExp && url.search(fault.url) === -1) return false;
    this.#seen++;
    if (this.#seen < (fault.nth ?? 1) || this.strikes >= (fault.times ?? 1)) return false;
    if (fault.probability !== undefined && random.fraction() >= fault.probability) return false;
    this.strikes++;
    return true;
  }
}

/** The faults in place, asked once for every request and sub-request. The first that strikes wins. */
export class FaultBoard {
  readonly #armed = new Set<ArmedFault>();
  readonly #random: RandomStream;

  constructor(random: RandomStream) {
    this.#random = random;
  }

  inject(fault: Fault): InjectedFault {
    const armed = new ArmedFault(fault, (it) => this.#armed.delete(it));
    this.#armed.add(armed);
    return armed;
  }

  clear(): void {
    this.#armed.clear();
  }

  strike(method: string, url: string): Fault | undefined {
    for (const armed of this.#armed) if (armed.strike(method, url, this.#random)) return armed.fault;
    return undefined;
  }
}

const usual: Readonly<Record<number, { readonly code: string; readonly message: string }>> = {
  400: { code: 'Request_BadRequest', message: 'One or more properties contains invalid values.' },
  401: { code: 'InvalidAuthenticationToken', message: 'Lifetime validation failed, the token is expired.' },
  403: { code: 'Authorization_RequestDenied', message: 'Insufficient privileges to complete the operation.' },
  404: {
    code: 'Request_ResourceNotFound',
    message: 'Resource does not exist or one of its queried reference-property objects are not present.',
  },
  409: {
    code: 'Directory_ConcurrencyViolation',
    message: 'Error due to concurrent requests being made to the tenant. Please wait briefly and retry.',
  },
  429: { code: 'TooManyRequests', message: 'Please retry again later.' },
  500: { code: 'Service_InternalServerError', message: 'Encountered an internal server error.' },
  503: { code: 'serviceNotAvailable', message: 'The service is temporarily unavailable.' },
  504: { code: 'UnknownError', message: '' },
};

/** The code and message that Graph usually gives with a status, unless the fault brings its own. */
export function faultText(fault: Fault, status: number): { code: string; message: string } {
  const text = usual[status] ?? { code: 'UnknownError', message: '' };
  return { code: fault.code ?? text.code, message: fault.message ?? text.message };
}

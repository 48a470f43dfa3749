import { z } from 'zod';
import { isGuid } from '../../shared/directory/guid.ts';
import type { WriteEvent } from '../sync/dependencies.ts';

/** Puts what was written into the operation of the read that brought it. */
export interface Operations {
  /** Gives why something could not be told, `undefined` when all was. Never throws: the log has it as well. */
  record(events: readonly WriteEvent[]): Promise<string | undefined>;
}

/** Where Application Insights takes telemetry, from its connection string. */
export interface InsightsSettings {
  readonly instrumentationKey: string;
  /** Ends with a slash. */
  readonly endpoint: string;
  /** A token for https://monitor.azure.com; without it the key alone opens the door, where that is not forbidden. */
  readonly token: (() => Promise<string>) | undefined;
  /** Milliseconds after which it is given up: telemetry is no reason to keep a cycle waiting. Default 5,000. */
  readonly patienceMs?: number;
}

const defaultPatienceMs = 5_000;
/** Milliseconds after a failure in which nobody is asked, so that an outage costs the cycle its patience once a minute at most. */
const restMs = 60_000;
const answer = z.object({ itemsReceived: z.int(), itemsAccepted: z.int() });

/** Throws Error for a connection string that names no key. */
export function readInsights(connectionString: string): Pick<InsightsSettings, 'instrumentationKey' | 'endpoint'> {
  const parts = new Map(
    connectionString.split(';').map((part) => {
      const at = part.indexOf('=');
      return [part.slice(0, at).trim().toLowerCase(), part.slice(at + 1).trim()] as const;
    }),
  );
  const instrumentationKey = parts.get('instrumentationkey') ?? '';
  if (!isGuid(instrumentationKey)) throw new Error('has no InstrumentationKey');
  const endpoint = parts.get('ingestionendpoint') ?? 'https://dc.services.visualstudio.com';
  return { instrumentationKey, endpoint: endpoint.replace(/\/*$/, '/') };
}

/**
 * Sends custom events to Application Insights ("Application Insights telemetry data model"). The host gives what its
 * functions log the operation of their own invocation, and the cycle works on many reads at once: only telemetry that is sent
 * past the host can say to which read a write belongs.
 */
export function insightsOperations(settings: InsightsSettings, now: () => Date): Operations {
  const { endpoint, instrumentationKey, token, patienceMs = defaultPatienceMs } = settings;
  let failed: { readonly at: number; readonly why: string } | undefined;

  async function send(events: readonly WriteEvent[]): Promise<string | undefined> {
    const signal = AbortSignal.timeout(patienceMs);
    const given = await withinPatience(token?.() ?? Promise.resolve(undefined), signal);
    const response = await fetch(`${endpoint}v2.1/track`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(given === undefined ? {} : { authorization: `Bearer ${given}` }),
      },
      body: JSON.stringify(events.map((event) => envelopeOf(event, instrumentationKey, now()))),
      signal,
    });
    const counts = answer.safeParse(await response.json().catch(() => undefined)).data;
    if (response.ok && counts?.itemsAccepted === events.length) return undefined;
    return `HTTP ${response.status}, ${counts?.itemsAccepted ?? 0} of ${events.length} events were taken`;
  }

  return {
    record: async (events) => {
      const own = events.filter(({ correlationId }) => isGuid(correlationId));
      if (own.length === 0) return undefined;
      // A clock that went back ends the rest, too.
      const since = now().getTime() - (failed?.at ?? -Infinity);
      if (failed !== undefined && since >= 0 && since < restMs) return `not asked again yet after: ${failed.why}`;
      const why = await send(own).catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
      failed = why === undefined ? undefined : { at: now().getTime(), why };
      return why;
    },
  };
}

/** What comes later than the signal is not waited for. */
async function withinPatience<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const late = Promise.withResolvers<never>();
  const give = (): void => {
    late.reject(signal.reason as Error);
  };
  signal.addEventListener('abort', give, { once: true });
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    signal.removeEventListener('abort', give);
  }
}

/** Nobody listens. */
export const noOperations: Operations = { record: () => Promise.resolve(undefined) };

/** The operation id is the trace id under which the host records the intake: the correlation id without dashes. */
function envelopeOf({ event, correlationId, ...properties }: WriteEvent, iKey: string, time: Date): object {
  const trace = correlationId.replaceAll('-', '').toLowerCase();
  return {
    ver: 1,
    name: 'Microsoft.ApplicationInsights.Event',
    time: time.toISOString(),
    iKey,
    tags: {
      'ai.operation.id': trace,
      'ai.operation.parentId': trace.slice(0, 16),
      'ai.operation.name': 'sync cycle',
      'ai.cloud.role': 'lockstep',
    },
    data: {
      baseType: 'EventData',
      baseData: { ver: 2, name: event, properties: { ...properties, failure: properties.failure ?? '' } },
    },
  };
}

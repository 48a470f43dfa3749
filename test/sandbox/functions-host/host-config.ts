import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { HostError } from './host-error.ts';

/** `d.hh:mm:ss.fff` or `hh:mm:ss` (.NET TimeSpan) in milliseconds. */
const timeSpan = z.string().transform((text, context) => {
  const match = /^(?:(\d+)\.)?(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,7}))?)?$/.exec(text);
  if (!match) {
    context.addIssue({ code: 'custom', message: `"${text}" is not a time span (d.hh:mm:ss)` });
    return z.NEVER;
  }
  const [days, hours, minutes, seconds] = [1, 2, 3, 4].map((group) => Number(match[group] ?? 0)) as [
    number,
    number,
    number,
    number,
  ];
  const fraction = Number(`0.${match[5] ?? '0'}`);
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds + fraction) * 1000;
});

const http = z.object({ routePrefix: z.string().default('api') }).prefault({});

const serviceBus = z
  .object({
    prefetchCount: z.number().int().min(0).default(0),
    autoCompleteMessages: z.boolean().default(true),
    maxAutoLockRenewalDuration: timeSpan.prefault('00:05:00'),
    maxConcurrentCalls: z.number().int().min(1).default(16),
    maxConcurrentSessions: z.number().int().min(1).default(8),
    maxMessageBatchSize: z.number().int().min(1).default(1000),
    sessionIdleTimeout: timeSpan.optional(),
  })
  .prefault({});

const durableTask = z
  .object({
    hubName: z.string().default('TestHubName'),
    maxConcurrentActivityFunctions: z.number().int().min(1).default(20),
    maxConcurrentOrchestratorFunctions: z.number().int().min(1).default(20),
    maxConcurrentEntityFunctions: z.number().int().min(1).default(20),
    maxEntityOperationBatchSize: z.number().int().min(1).default(50),
  })
  .prefault({});

/** What this host reads of host.json, with the documented defaults filled in. Durations are in milliseconds. */
export interface HostConfig {
  readonly extensions: {
    readonly http: { readonly routePrefix: string };
    readonly serviceBus: ServiceBusConfig;
    readonly durableTask: DurableTaskConfig;
  };
}

export interface ServiceBusConfig {
  readonly prefetchCount: number;
  readonly autoCompleteMessages: boolean;
  readonly maxAutoLockRenewalDuration: number;
  readonly maxConcurrentCalls: number;
  readonly maxConcurrentSessions: number;
  readonly maxMessageBatchSize: number;
  readonly sessionIdleTimeout?: number | undefined;
}

export interface DurableTaskConfig {
  readonly hubName: string;
  readonly maxConcurrentActivityFunctions: number;
  readonly maxConcurrentOrchestratorFunctions: number;
  readonly maxConcurrentEntityFunctions: number;
  readonly maxEntityOperationBatchSize: number;
}

const schema: z.ZodType<HostConfig> = z.object({
  version: z.literal('2.0'),
  extensions: z.object({ http, serviceBus, durableTask }).prefault({}),
});

/**
 * Reads host.json of an app. An absent file means defaults; settings that this host does not know are left alone.
 * @throws HostError naming the field when one that it does know makes no sense.
 */
export function readHostConfig(appRoot: string): HostConfig {
  const path = join(appRoot, 'host.json');
  return parseHostConfig(existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : { version: '2.0' }, path);
}

/** Validates the content of a host.json; `path` is only for the message. */
export function parseHostConfig(content: unknown, path = 'host.json'): HostConfig {
  const parsed = schema.safeParse(content);
  if (!parsed.success) throw new HostError(`${path}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

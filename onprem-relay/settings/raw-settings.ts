import { z } from 'zod';
import type { SettingKey } from './names.ts';

/** Settings as they are written, wherever that is. */
export type RawSettings = Partial<Record<SettingKey, string>>;

const switchValue = z.enum(['true', 'false', '1', '0', 'TRUE', 'FALSE', '']).optional();

/** What each of them may be. */
export const rawSettings: z.ZodType<RawSettings> = z.object({
  config: z.string().min(1).optional(),
  directory: z.string().min(1).optional(),
  domain: z
    .string()
    .regex(/^[a-z0-9_-]+(\.[a-z0-9_-]+)+$/i, 'is not the DNS name of a domain')
    .optional(),
  site: z
    .string()
    .regex(/^[^.\s]+$/, 'is not the name of a site')
    .optional(),
  bindDn: z.string().min(1).optional(),
  bindPasswordFile: z.string().min(1).optional(),
  bindPassword: z.string().min(1).optional(),
  bindPasswordVault: z
    .string()
    .regex(/^https:\/\/[a-z0-9.-]+\/secrets\/[a-z0-9-]+(\/[a-z0-9]+)?$/i, 'is not the address of a secret in Key Vault')
    .optional(),
  bindPasswordProtected: z.string().min(1).optional(),
  kerberos: switchValue,
  baseDn: z.string().regex(/=/, 'is not a distinguished name').optional(),
  include: z.string().min(1).optional(),
  exclude: z.string().min(1).optional(),
  filter: z.string().min(1).optional(),
  pilotGroup: z.string().min(1).optional(),
  acceptScope: z
    .string()
    .regex(/^[0-9a-f]{8}$/, 'is not the name of a scope')
    .optional(),
  writeConsistencyGuid: switchValue,
  ca: z.string().min(1).optional(),
  startTls: switchValue,
  allowPlainLdap: switchValue,
  connector: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{0,63}$/, 'must have 1 to 64 characters of a-z 0-9 . - and not begin with . or -')
    .optional(),
  pollSeconds: z
    .string()
    .regex(/^([1-9]\d{0,2}|[12]\d{3}|3[0-5]\d{2}|3600)$/, 'must be a number from 1 to 3600')
    .optional(),
  busConnectionString: z
    .string()
    .regex(/(^|;)\s*Endpoint=sb:\/\//i, 'is not a Service Bus connection string')
    .optional(),
  busNamespace: z
    .string()
    .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/i, 'is not a host name')
    .optional(),
  busClientId: z.guid('is not an id').optional(),
  busTenantId: z.string().min(1).optional(),
  busCertificateFile: z.string().min(1).optional(),
  busFederatedTokenFile: z.string().min(1).optional(),
  webSockets: switchValue,
  proxy: z.string().min(1).optional(),
  proxyPasswordFile: z.string().min(1).optional(),
  healthPort: z
    .string()
    .regex(/^\d{1,5}$/, 'must be a port')
    .refine((text) => Number(text) <= 65_535, 'must be a port')
    .optional(),
  controlFile: z.string().min(1).optional(),
});

export function isOn(value: string | undefined): boolean {
  return value?.toLowerCase() === 'true' || value === '1';
}

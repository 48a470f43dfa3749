import { randomBytes, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { LockstepError } from '../shared/errors/lockstep-error.ts';
import { builtInRules } from '../shared/rules/built-in/built-in.ts';
import { readCompiled } from '../shared/rules/compiled.ts';
import type { RuleSet } from '../shared/rules/model.ts';
import { GraphTenant } from './graph/entra.ts';
import { QueuedCommands } from './bus/relay-commands.ts';
import { graphTransport } from './graph/transport.ts';
import { WritePace } from './graph/write-pace.ts';
import { managedIdentity, type Identity } from './identity/managed-identity.ts';
import { Rules } from './rules/rules.ts';
import { readSettings, type Settings } from './settings.ts';
import { azureTables } from './storage/azure-tables.ts';
import { ConnectorSpace } from './storage/connector-space.ts';
import { EntraSpace } from './storage/entra-space.ts';
import { JoinIndex } from './storage/join-index.ts';
import { LinkCounts } from './storage/link-counts.ts';
import { Ledger } from './storage/ledger.ts';
import { Pending } from './storage/pending.ts';
import { Plans } from './storage/plans.ts';
import { Problems } from './storage/problems.ts';
import { Relays } from './storage/relays.ts';
import { Runs } from './storage/runs.ts';
import { Streams } from './storage/streams.ts';
import { tableNames } from './storage/table.ts';
import { TenantStore } from './storage/tenant-facts.ts';
import type { IntakeStores } from './intake/stores.ts';
import type { SyncDependencies } from './sync/dependencies.ts';
import { insightsOperations, noOperations, type Operations } from './telemetry/operations.ts';

/** What use cases work on: the cycle's parts, the way to the relays, and what is known of them. */
export type Application = SyncDependencies &
  Pick<IntakeStores, 'commands'> & {
    readonly relays: Relays;
    readonly operations: Operations;
  };

let application: Promise<Application> | undefined;

/** The application's parts, put together on first use and kept for the life of the process. */
export function getApplication(): Promise<Application> {
  application ??= compose().catch((error: unknown) => {
    // The next invocation tries again: a setting may be repaired, a service may come back.
    application = undefined;
    throw error;
  });
  return application;
}

async function compose(): Promise<Application> {
  const settings = readSettings(process.env);
  const identity = managedIdentity(settings.clientId);
  const connection =
    'connectionString' in settings.storage
      ? settings.storage
      : { tableServiceUri: settings.storage.tableServiceUri, credential: identity.credential };
  const storage = azureTables(connection);
  await storage.prepare(tableNames);
  const { tables } = storage;
  const space = new ConnectorSpace(tables);
  const transport = graphTransport({
    serviceRoot: settings.graphRoot,
    token: async (refresh) => (await identity.token(settings.graphResource, refresh)).token,
    newRequestId: () => randomUUID(),
  });
  const rules = new Rules(await loadRules(settings.rulesFile));
  return {
    space,
    counts: new LinkCounts(tables, space),
    joins: new JoinIndex(tables),
    pending: new Pending(tables, randomUUID),
    entra: new EntraSpace(tables),
    problems: new Problems(tables),
    runs: new Runs(tables),
    plans: new Plans(tables),
    ledger: new Ledger(tables),
    streams: new Streams(tables),
    relays: new Relays(tables),
    tenantStore: new TenantStore(tables),
    commands: new QueuedCommands(
      'connectionString' in settings.bus ? settings.bus : { ...settings.bus, credential: identity.credential },
    ),
    tenant: new GraphTenant({
      transport,
      serviceRoot: settings.graphRoot,
      extensions: [...rules.extensions.values()].map(({ property }) => property),
      sleep,
      random: () => Math.random(),
      pace: new WritePace({ quota: settings.writeQuota, now: () => performance.now() }),
    }),
    rules,
    now: () => new Date(),
    random: () => Math.random(),
    newId: randomUUID,
    newPassword,
    matching: settings.matching,
    budget: settings.budget,
    drift: settings.drift,
    mode: settings.mode,
    trace: () => undefined,
    operations: operationsOf(settings, identity),
  };
}

function operationsOf({ insights }: Settings, identity: Identity): Operations {
  if (insights === undefined) return noOperations;
  const token = async (): Promise<string> => (await identity.token('https://monitor.azure.com')).token;
  return insightsOperations({ ...insights, token: insights.byIdentity ? token : undefined }, () => new Date());
}

async function loadRules(file: string | undefined): Promise<RuleSet> {
  if (file === undefined) return builtInRules();
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new LockstepError('LS1002', 'The compiled rules cannot be read.', { object: file, cause: error });
  }
  return readCompiled(text, file);
}

/** 32 characters with 144 random bits and one of each class that Entra's complexity rule counts. */
function newPassword(): string {
  return `Aa1!${randomBytes(18).toString('base64url')}${randomBytes(3).toString('base64url')}`;
}

import { watchContract } from './contract-watch.ts';
import { answerControl } from './control-face.ts';
import { DeltaFeed } from './delta-feed.ts';
import { ExtensionRegistry } from './extensions.ts';
import { DirectoryStore } from './directory-store.ts';
import { domainsOf } from './domains.ts';
import { FaultBoard, type Fault, type InjectedFault } from './faults.ts';
import { GraphService } from './graph-service.ts';
import { HttpFront } from './http-front.ts';
import type { GraphReply, GraphRequest } from './message.ts';
import type { Clock, GraphSimulatorOptions } from './options.ts';
import { exporterRoles } from './permissions.ts';
import { SqlitePersistence, volatile, type Persistence, type Stored } from './persistence.ts';
import { randomStream } from './random.ts';
import { plantGroup, plantUser, type GroupSeed, type UserSeed } from './seeding.ts';
import { snapshotOf, type TenantSnapshot } from './snapshot.ts';
import type { Tenant } from './tenant.ts';
import { documentedThrottling, Throttle } from './throttle.ts';
import type { Usage, WriteListener } from './write-log.ts';

export type { Fault, FaultPhase, InjectedFault } from './faults.ts';
export type { Clock, ExpiredTokenAnswer, GraphSimulatorOptions, TenantSettings, TokenClaims } from './options.ts';
export type { DomainSettings } from './domains.ts';
export type { LagSubject } from './directory-store.ts';
export { exporterRoles } from './permissions.ts';
export type { GroupSeed, UserSeed } from './seeding.ts';
export type { GroupSnapshot, TenantSnapshot, UserSnapshot } from './snapshot.ts';
export type { ThrottleSettings } from './throttle.ts';
export type { ObservedWrite, Usage, WriteListener } from './write-log.ts';

/** A running simulator of Microsoft Graph v1.0. */
export interface GraphSimulator {
  /** `http://127.0.0.1:port`; the application appends `/v1.0`. */
  readonly serviceRoot: string;
  /** Live counters. */
  readonly usage: Readonly<Usage>;
  /** Calls the listener synchronously before and after each write is committed. Gives the way to stop. */
  onWrite(listener: WriteListener): () => void;
  /** The listener sees each request, those of a batch one by one. Gives the way to stop. */
  onRequest(listener: (request: GraphRequest) => void): () => void;
  /** Answers a request of an exporter without a network; undefined where the connection would be cut. */
  answer(request: Omit<GraphRequest, 'caller'>): Promise<GraphReply | undefined>;
  /** Puts a fault in place. */
  inject(fault: Fault): InjectedFault;
  clearFaults(): void;
  snapshot(): TenantSnapshot;
  /** Puts an object into the tenant, past all rules but uniqueness; gives its id. */
  seedUser(seed: UserSeed): string;
  seedGroup(seed: GroupSeed): string;
  /** All delta and skip tokens of delta issued so far answer 410. */
  expireDeltaTokens(): void;
  /** The next round that starts from a delta link repeats this many earlier changes of the tenant. */
  replayDelta(changes: number): void;
  /** What was wrong with requests that the application sent: each must be one that Graph documents. */
  readonly undocumented: ReadonlySet<string>;
  /** Closes all connections, and the store. Rejects when a request of the application was {@link undocumented}. */
  stop(): Promise<void>;
}

const systemClock: Clock = { now: () => Date.now() };
const defaultTenantId = '9d2f41f6-53a1-4d40-8d8c-6a1c1f0b1a01';
const simulatedAppId = '00000000-0000-4000-8000-00000000a9f1';

interface Opened {
  readonly persistence: Persistence;
  readonly stored: Stored | undefined;
  /** How often the store was opened before; salts the generators, so that ids never repeat. */
  readonly boot: number;
  readonly epoch: number;
}

function open(file: string | undefined): Opened {
  if (file === undefined) return { persistence: volatile, stored: undefined, boot: 0, epoch: 0 };
  const persistence = new SqlitePersistence(file);
  const stored = persistence.load();
  const boot = Number(stored.values.get('boot') ?? '0');
  persistence.saveValue('boot', String(boot + 1));
  persistence.commit();
  return { persistence, stored, boot, epoch: Number(stored.values.get('epoch') ?? '0') };
}

function buildTenant(options: GraphSimulatorOptions, opened: Opened, clock: Clock): Tenant {
  const lagOption = options.replicationLagMs ?? 0;
  const store = new DirectoryStore({
    persistence: opened.persistence,
    now: () => clock.now(),
    lag: typeof lagOption === 'number' ? () => lagOption : lagOption,
    deletedHoldImmutableId: options.deletedHoldImmutableId ?? true,
  });
  if (opened.stored !== undefined) store.restoreFrom(opened.stored);
  const delta = {
    pageSize: options.deltaPageSize ?? 100,
    linksPerPage: options.deltaLinksPerPage ?? 500,
    expired: options.expiredDeltaToken ?? 'gone-with-location',
    hideMembersOfDeleted: options.deltaHidesMembersOfDeletedUsers ?? false,
  } as const;
  return {
    id: options.tenant?.id ?? defaultTenantId,
    displayName: options.tenant?.displayName ?? 'Contoso',
    store,
    domains: domainsOf(options.tenant?.domains ?? [{ id: 'contoso.onmicrosoft.com' }]),
    extensions: new ExtensionRegistry(
      options.tenant?.applications ?? [],
      opened.persistence,
      ExtensionRegistry.saved(opened.stored?.values),
    ),
    delta: new DeltaFeed(store, clock, delta, opened.epoch),
    clock,
    ids: randomStream(options.seed ?? 1, opened.boot, 1),
  };
}

function throttleFor(options: GraphSimulatorOptions, tenant: Tenant, clock: Clock): Throttle | undefined {
  const settings = options.throttling ?? documentedThrottling;
  if (settings === 'off') return undefined;
  return new Throttle(settings, tenant.store.count('user'), clock, `${simulatedAppId}/${tenant.id}`);
}

/**
 * Starts a simulator of Microsoft Graph on the loopback interface. Rejects when the port is taken or the store cannot
 * be opened.
 */
export async function startGraphSimulator(options: GraphSimulatorOptions = {}): Promise<GraphSimulator> {
  const clock = options.clock ?? systemClock;
  const opened = open(options.store);
  const { persistence } = opened;
  const tenant = buildTenant(options, opened, clock);
  const seed = options.seed ?? 1;
  const faults = new FaultBoard(randomStream(seed, opened.boot, 2));
  const random = randomStream(seed, opened.boot, 3);
  const throttle = throttleFor(options, tenant, clock);
  const service = new GraphService({ tenant, persistence, throttle, faults, random });
  const committed = <T>(work: () => T): T => {
    const result = work();
    persistence.commit();
    return result;
  };
  const controls = {
    usage: service.usage,
    onWrite: (listener: WriteListener) => service.onWrite(listener),
    answer: (request: Omit<GraphRequest, 'caller'>) =>
      service.answer({ ...request, caller: { roles: new Set(exporterRoles), directoryRoles: new Set<string>() } }),
    onRequest: (listener: (request: GraphRequest) => void) => service.onRequest(listener),
    inject: (fault: Fault) => faults.inject(fault),
    clearFaults: () => {
      faults.clear();
    },
    snapshot: () => snapshotOf(tenant.store),
    seedUser: (user: UserSeed) => committed(() => plantUser(tenant, user)),
    seedGroup: (group: GroupSeed) => committed(() => plantGroup(tenant, group)),
    expireDeltaTokens: () => {
      committed(() => {
        persistence.saveValue('epoch', String(tenant.delta.expireTokens()));
      });
    },
    replayDelta: (changes: number) => {
      tenant.delta.replay(changes);
    },
  };
  const front = new HttpFront({
    service,
    tokens: options.tokens ?? (() => ({ roles: exporterRoles })),
    control: (method, path, body) => answerControl(controls, method, path, body),
    now: () => clock.now(),
  });
  const serviceRoot = await front.listen(options.port ?? 0);
  const undocumented = watchContract(service);
  return {
    ...controls,
    serviceRoot,
    undocumented,
    stop: async () => {
      await front.close();
      persistence.close();
      if (undocumented.size > 0) throw new Error(`Graph documents no such request:\n${[...undocumented].join('\n')}`);
    },
  };
}

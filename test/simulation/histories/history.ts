import { approvePlan } from '../../../functions/admin/plans.ts';
import { takeBatch } from '../../../functions/intake/intake.ts';
import { tableNames } from '../../../functions/storage/table.ts';
import { isLockstepError } from '../../../shared/errors/lockstep-error.ts';
import { budgetSchema } from '../../../shared/safety/change-budget.ts';
import { randomStream, type RandomStream } from '../../sandbox/graph/random.ts';
import { CycleWorld } from '../../support/cycle-world.ts';
import { differences } from '../../support/in-step.ts';
import { RandomDirectory } from './directory.ts';

const steps = 30;
const hourMs = 3_600_000;
/** Deletions, and disablings, that a window may have. */
const limit = 3;
const password = 'Passw0rd-of-a-test';

const crash = new Error('crash');

/** One life of an installation, all of it decided by the seed. Gives what is wrong in the end, or was on the way. */
export async function playHistory(seed: number): Promise<readonly string[]> {
  const history = await History.begin(seed);
  try {
    for (let n = 0; n < steps; n += 1) await history.step();
    await history.comeToRest();
    return await history.judge();
  } finally {
    history.clearFaults();
    await history.end();
  }
}

class History {
  readonly #random: RandomStream;
  readonly #clock: { ms: number };
  readonly #world: CycleWorld;
  readonly #directories: readonly RandomDirectory[];
  readonly #wrong: string[] = [];
  /** When the application deleted or disabled, by object: the budget counts each once in a window. */
  readonly #harm: { readonly at: number; readonly kind: 'delete' | 'disable'; readonly id: string }[] = [];
  /** Table writes and requests until the next crash; `Infinity` for none. */
  #crashIn = Infinity;
  readonly #approved = new Set<string>();
  #unguarded = false;

  private constructor(random: RandomStream, clock: { ms: number }, world: CycleWorld) {
    this.#random = random;
    this.#clock = clock;
    this.#world = world;
    this.#directories = [
      new RandomDirectory('contoso.test', 1000, random),
      new RandomDirectory('fabrikam.test', 2000, random),
    ];
    world.memory.onWrite = () => {
      this.#maybeCrash();
    };
    world.graph.onRequest((request) => {
      if (request.headers['client-request-id'] !== 'test') return;
      const id = /^\/(?:users|groups)\/([^/?]+)$/.exec(request.url)?.[1];
      if (id === undefined || this.#unguarded) return;
      const body = request.body as { accountEnabled?: unknown } | undefined;
      if (request.method === 'DELETE') this.#count('delete', id);
      else if (request.method === 'PATCH' && body?.accountEnabled === false) this.#count('disable', id);
    });
  }

  static async begin(seed: number): Promise<History> {
    const random = randomStream(seed, 77);
    const clock = { ms: Date.parse('2026-01-01T00:00:00Z') };
    const lag = random.fraction() < 0.3 ? () => random.next() % 20_000 : 0;
    const kind = { count: limit, percent: null };
    // The world asks before there is a history.
    const begun: { history?: History } = {};
    const world = await CycleWorld.start(
      {
        seed,
        replicationLagMs: lag,
        deltaPageSize: 1 + (random.next() % 20),
        deltaLinksPerPage: 1 + (random.next() % 20),
        deltaHidesMembersOfDeletedUsers: random.fraction() < 0.5,
      },
      {
        budget: budgetSchema.parse({
          limits: { delete: kind, disable: kind },
          tenant: { delete: { count: 2 * limit }, disable: { count: 2 * limit } },
        }),
      },
      {
        clock,
        onRequest: () => {
          begun.history?.maybeCrash();
        },
      },
    );
    begun.history = new History(random, clock, world);
    return begun.history;
  }

  maybeCrash(): void {
    this.#maybeCrash();
  }

  #maybeCrash(): void {
    if (this.#crashIn === 0) {
      this.#crashIn = Infinity;
      throw crash;
    }
    this.#crashIn -= 1;
  }

  #count(kind: 'delete' | 'disable', id: string): void {
    this.#harm.push({ at: this.#clock.ms, kind, id });
    const window = this.#harm.filter((one) => one.kind === kind && this.#clock.ms - one.at < 24 * hourMs);
    const objects = new Set(window.map((one) => one.id)).size;
    if (objects > 2 * limit) this.#wrong.push(`${objects} objects had a ${kind} in a window that allows ${2 * limit}`);
  }

  async step(): Promise<void> {
    const directory = this.#directories[this.#random.next() % 2];
    if (directory === undefined) return;
    const chance = this.#random.fraction();
    if (chance < 0.3) directory.act();
    else if (chance < 0.45) await this.#deliver(directory);
    else if (chance < 0.5) await this.#redeliver(directory);
    else if (chance < 0.55) directory.readFully();
    else if (chance < 0.58) directory.changeLeader();
    else if (chance < 0.62) directory.suffer();
    else if (chance < 0.7) this.#disturb();
    else if (chance < 0.76) this.#interfere();
    else if (chance < 0.79) this.#world.graph.expireDeltaTokens();
    else if (chance < 0.82) this.#world.graph.replayDelta(1 + (this.#random.next() % 10));
    else if (chance < 0.86) this.#clock.ms += this.#random.next() % (6 * hourMs);
    else await this.#cycle(this.#random.fraction() < 0.5 ? this.#random.next() % 60 : Infinity);
  }

  async #deliver(directory: RandomDirectory): Promise<void> {
    const batch = directory.sent[0];
    if (batch === undefined) return;
    this.#crashIn = this.#random.fraction() < 0.2 ? this.#random.next() % 20 : Infinity;
    await this.#orCrash(() => takeBatch(batch, this.#world.dependencies));
    this.#crashIn = Infinity;
    // Delivered again until it was taken, as the bus does.
    await takeBatch(batch, this.#world.dependencies);
    directory.delivered.push(...directory.sent.splice(0, 1));
  }

  async #redeliver({ delivered }: RandomDirectory): Promise<void> {
    const batch = delivered[this.#random.next() % Math.max(1, delivered.length)];
    if (batch !== undefined) await takeBatch(batch, this.#world.dependencies);
  }

  /** Graph has a bad hour. */
  #disturb(): void {
    const kinds = ['throttle', 'unavailable', 'lost', 'conflict', 'cut'] as const;
    const kind = kinds[this.#random.next() % kinds.length];
    const phase = this.#random.fraction() < 0.5 ? 'before-commit' : 'after-commit';
    const [nth, times] = [1 + (this.#random.next() % 8), 1 + (this.#random.next() % 6)];
    if (kind === 'throttle') this.#world.graph.inject({ nth, times: times * 10, status: 429, retryAfter: 3 });
    else if (kind === 'conflict') this.#world.graph.inject({ nth, times, status: 409, method: 'PATCH' });
    else if (kind === 'cut') this.#world.graph.inject({ nth, times, drop: true, phase });
    else this.#world.graph.inject({ nth, times, status: kind === 'lost' ? 504 : 503, phase });
  }

  /** Somebody works in the tenant. */
  #interfere(): void {
    const { users, groups } = this.#world.graph.snapshot();
    const user = users[this.#random.next() % Math.max(1, users.length)];
    const group = groups[this.#random.next() % Math.max(1, groups.length)];
    if (user === undefined) return;
    const ask = (method: string, url: string, body?: object): void => {
      void this.#world.graph.answer({
        method,
        url,
        headers: { 'content-type': 'application/json' },
        body: body === undefined ? undefined : (JSON.parse(JSON.stringify(body)) as never),
        root: `${this.#world.graph.serviceRoot}/v1.0`,
      });
    };
    const chance = this.#random.fraction();
    if (chance < 0.4) ask('PATCH', `/users/${user.id}`, { jobTitle: 'Changed by somebody' });
    else if (chance < 0.55) ask('PATCH', `/users/${user.id}`, { accountEnabled: true });
    else if (chance < 0.7) ask('DELETE', `/users/${user.id}`);
    else if (chance < 0.8) ask('DELETE', `/users/${user.id}/manager/$ref`);
    else if (group?.memberIds[0] !== undefined) ask('DELETE', `/groups/${group.id}/members/${group.memberIds[0]}/$ref`);
  }

  async #cycle(crashIn: number): Promise<void> {
    this.#crashIn = crashIn;
    await this.#orCrash(() => this.#world.sync(3));
    this.#crashIn = Infinity;
  }

  /** A crash ends the step; that a cycle did not come to rest in its passes is no failure of a history. */
  async #orCrash(step: () => Promise<unknown>): Promise<void> {
    try {
      await step();
    } catch (error) {
      const restless = error instanceof Error && error.message.startsWith('The cycle did not come to rest');
      if (error !== crash && !restless && !isLockstepError(error)) throw error;
    }
  }

  /** The directories fall silent, Graph answers, and an operator approves what waits. */
  async comeToRest(): Promise<void> {
    this.clearFaults();
    for (const directory of this.#directories) {
      directory.readFully();
      while (directory.sent.length > 0) await this.#deliver(directory);
    }
    for (let n = 0; n < 12; n += 1) {
      this.#clock.ms += 12 * hourMs;
      await this.#orCrash(() => this.#world.sync(60));
      for (const plan of await this.#world.dependencies.plans.list()) {
        if (plan.state !== 'tripped') continue;
        this.#unguarded = true;
        this.#approved.add(plan.id);
        await approvePlan(this.#world.dependencies, plan.id, 'the history');
      }
    }
  }

  clearFaults(): void {
    this.#crashIn = Infinity;
    this.#world.graph.clearFaults();
  }

  async judge(): Promise<readonly string[]> {
    const { dependencies, graph, memory } = this.#world;
    const objects = this.#directories.flatMap((directory) => directory.objects);
    const connectorOf = new Map(
      this.#directories.flatMap((d) => d.objects.map((o) => [o.objectGuid, d.connector] as const)),
    );
    const state = {
      objects,
      members: new Map(this.#directories.flatMap((directory) => [...directory.members])),
      connectorOf: ({ objectGuid }: { readonly objectGuid: string }) => connectorOf.get(objectGuid) ?? '',
    };
    this.#wrong.push(...differences(state, graph.snapshot()));
    const halt = await dependencies.tenantStore.halt();
    if (halt !== null) this.#wrong.push(`halted: ${halt.code} ${halt.message}`);
    for (const { connector } of this.#directories) {
      const waiting = await dependencies.pending.count(connector, 100);
      if (waiting > 0) this.#wrong.push(`${waiting} objects of ${connector} wait for ever`);
      for (const { guid, problems } of await dependencies.problems.list(connector)) {
        this.#wrong.push(...problems.map(({ code, message }) => `${guid}: ${code} ${message}`));
      }
    }
    const awaited = (await dependencies.entra.allAwaited(100)).size;
    if (awaited > 0) this.#wrong.push(`${awaited} writes were never confirmed`);
    if (tableNames.some((name) => memory.text(name).includes(password))) this.#wrong.push('a password is in a table');
    this.#wrong.push(...this.#world.graph.undocumented);
    return this.#wrong;
  }

  async end(): Promise<void> {
    await this.#world.stop();
  }
}

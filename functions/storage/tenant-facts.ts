import type { GraphUsage, Halt } from '../../shared/contracts/status.ts';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { RuleSet } from '../../shared/rules/model.ts';
import type { Row, Table, Tables } from './table.ts';
import { collect } from './table.ts';
import { joinText, splitText } from './table-limits.ts';

/** What is remembered of the tenant as a whole. */
export interface TenantFacts {
  /** Verified domains, lower case, sorted. */
  readonly domains: readonly string[];
  /** ISO 8601: when the domains were read. */
  readonly domainsReadAt: string;
  /** The domain that the tenant began with, for users whose own domain it does not have. */
  readonly initialDomain: string;
  /** True once the tenant's existing objects were read into the Entra space. */
  readonly imported: boolean;
  /** How many of them carried an anchor; with none, nothing has to be looked up before a creation. */
  readonly unclaimed: number;
  /** Directory extensions that were seen to exist, sorted. */
  readonly extensions: readonly string[];
}

/** How much Entra is known to hold, which relative limits are measured by. */
export interface Population {
  /** ISO 8601: when it was counted. */
  readonly at: string;
  /** Users and groups that exist, by the connector of the source object. */
  readonly objects: Readonly<Record<string, number>>;
  readonly memberships: number;
}

/** How far the tenant's own changes were read. */
export interface DeltaState {
  /** `null` when Graph does not know the last one any more: then everything has to be compared. */
  readonly links: Readonly<Record<'user' | 'group', string | null>>;
  /** ISO 8601: when they were last read to the end. */
  readonly readAt: string;
  /** ISO 8601: when everything was last compared. */
  readonly comparedAt: string;
}

/** Table `Tenant`: one partition, one row a fact. */
export class TenantStore {
  readonly #table: Table;

  constructor(tables: Tables) {
    this.#table = tables('Tenant');
  }

  async facts(): Promise<TenantFacts | undefined> {
    return parse(await this.#table.get('tenant', 'facts')) as TenantFacts | undefined;
  }

  async saveFacts(facts: TenantFacts): Promise<void> {
    await this.#put('facts', facts);
  }

  /** The failure that stops the whole cycle. */
  async halt(): Promise<Halt | null> {
    const halt = parse(await this.#table.get('tenant', 'halt')) as { problem: Halt | null } | undefined;
    return halt?.problem ?? null;
  }

  async setHalt(problem: Halt | null): Promise<void> {
    await this.#put('halt', { problem });
  }

  /** The rules by which everything was last marked; `undefined` before the first time. */
  async ruleSet(): Promise<RuleSet | undefined> {
    const row = await this.#table.get('tenant', 'rules');
    if (row === undefined) return undefined;
    return JSON.parse(gunzipSync(Buffer.from(joinText('r', row.values), 'base64')).toString('utf8')) as RuleSet;
  }

  async saveRuleSet(ruleSet: RuleSet): Promise<void> {
    const text = gzipSync(JSON.stringify(ruleSet)).toString('base64');
    await this.#table.write('tenant', [{ kind: 'put', rowKey: 'rules', values: splitText('r', text) }]);
  }

  async delta(): Promise<DeltaState | undefined> {
    return parse(await this.#table.get('tenant', 'delta')) as DeltaState | undefined;
  }

  async saveDelta(delta: DeltaState): Promise<void> {
    await this.#put('delta', delta);
  }

  /** True while all state waits to be thrown away. */
  async rebuildAsked(): Promise<boolean> {
    return (await this.#table.get('control', 'rebuild')) !== undefined;
  }

  async askForRebuild(asked: boolean): Promise<void> {
    if (asked) await this.#table.write('control', [{ kind: 'put', rowKey: 'rebuild', values: {} }]);
    else await this.#table.deleteIfUnchanged('control', 'rebuild', '*');
  }

  /** Forgets everything that is known of the tenant, but not that this was asked for. */
  async forget(): Promise<void> {
    const rows = await collect(this.#table.range({ partitionKey: 'tenant', from: '!', to: '~', select: [] }));
    await this.#table.write(
      'tenant',
      rows.map(({ rowKey }) => ({ kind: 'delete', rowKey })),
    );
  }

  async population(): Promise<Population | undefined> {
    return parse(await this.#table.get('tenant', 'population')) as Population | undefined;
  }

  async savePopulation(population: Population): Promise<void> {
    await this.#put('population', population);
  }

  /** Connectors that were in step at least once. */
  async established(): Promise<ReadonlySet<string>> {
    return new Set(parse(await this.#table.get('tenant', 'established')) as readonly string[] | undefined);
  }

  async saveEstablished(connectors: ReadonlySet<string>): Promise<void> {
    await this.#put('established', [...connectors].sort());
  }

  async usage(): Promise<GraphUsage> {
    const usage = parse(await this.#table.get('tenant', 'usage')) as GraphUsage | undefined;
    return usage ?? { requests: 0, writes: 0 };
  }

  /** Adds to the count. The export lane is the only writer, so reading and writing need no lock. */
  async addUsage(more: GraphUsage): Promise<void> {
    if (more.requests === 0) return;
    const before = await this.usage();
    await this.#put('usage', { requests: before.requests + more.requests, writes: before.writes + more.writes });
  }

  async #put(rowKey: string, value: unknown): Promise<void> {
    await this.#table.write('tenant', [{ kind: 'put', rowKey, values: { value: JSON.stringify(value) } }]);
  }
}

function parse(row: Row | undefined): unknown {
  return row === undefined ? undefined : JSON.parse(String(row.values['value']));
}

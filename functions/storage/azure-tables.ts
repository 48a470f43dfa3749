import type { TokenCredential } from '@azure/core-auth';
import type { TableServiceClientOptions, TransactionAction } from '@azure/data-tables';
import { RestError, TableClient, TableServiceClient } from '@azure/data-tables';
import { LockstepError } from '../../shared/errors/lockstep-error.ts';
import { groupBy, inParallel } from './buckets.ts';
import type { RangeQuery, Row, RowOperation, Table, TableName, Tables } from './table.ts';
import { checkRow, transactionsOf } from './table-limits.ts';

/** As Functions' own connections: a connection string, or a service URI with an identity. */
export type StorageConnection =
  { readonly connectionString: string } | { readonly tableServiceUri: string; readonly credential: TokenCredential };

type Stored = Record<string, string | number | boolean>;

class AzureTable implements Table {
  readonly #client: TableClient;

  constructor(client: TableClient) {
    this.#client = client;
  }

  async get(partitionKey: string, rowKey: string): Promise<Row | undefined> {
    try {
      return toRow(await this.#client.getEntity<Stored>(partitionKey, rowKey));
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw translate(error);
    }
  }

  async *range(query: RangeQuery): AsyncIterable<readonly Row[]> {
    // Keys are ours (no quotes in them), and only keys are ever filtered on: see docs/architecture.md, "Contracts".
    const filter = `PartitionKey eq '${query.partitionKey}' and RowKey ge '${query.from}' and RowKey lt '${query.to}'`;
    const select = query.select === undefined ? {} : { select: ['PartitionKey', 'RowKey', ...query.select] };
    const limit = query.limit ?? Infinity;
    let seen = 0;
    try {
      const pages = this.#client
        .listEntities<Stored>({ queryOptions: { filter, ...select } })
        .byPage({ maxPageSize: Math.min(1000, limit) });
      for await (const page of pages) {
        const rows = page.slice(0, limit - seen).map(toRow);
        seen += rows.length;
        yield rows;
        if (seen >= limit) return;
      }
    } catch (error) {
      throw translate(error);
    }
  }

  async write(partitionKey: string, operations: readonly RowOperation[]): Promise<void> {
    for (const part of transactionsOf(operations)) {
      try {
        await this.#client.submitTransaction(part.map((operation) => toAction(partitionKey, operation)));
      } catch (error) {
        throw translate(error);
      }
    }
  }

  async insertNew(
    partitionKey: string,
    rows: readonly Omit<Row, 'partitionKey' | 'etag'>[],
  ): Promise<readonly string[]> {
    const taken: string[] = [];
    for (const part of transactionsOf(rows.map((row) => ({ kind: 'put', ...row })))) {
      const fresh = part.flatMap((operation) => (operation.kind === 'put' ? [operation] : []));
      fresh.forEach(checkRow);
      try {
        await this.#client.submitTransaction(
          fresh.map(({ rowKey, values }) => ['create', { partitionKey, rowKey, ...values }]),
        );
      } catch (error) {
        if (statusOf(error) !== 409) throw translate(error);
        // One row that is there fails the whole transaction.
        for (const { rowKey, values } of fresh)
          if (!(await this.#create(partitionKey, rowKey, values))) taken.push(rowKey);
      }
    }
    return taken;
  }

  async #create(partitionKey: string, rowKey: string, values: Row['values']): Promise<boolean> {
    try {
      await this.#client.createEntity({ partitionKey, rowKey, ...values });
      return true;
    } catch (error) {
      if (statusOf(error) === 409) return false;
      throw translate(error);
    }
  }

  async deleteIfUnchanged(partitionKey: string, rowKey: string, etag: string): Promise<boolean> {
    try {
      await this.#client.deleteEntity(partitionKey, rowKey, { etag });
      return true;
    } catch (error) {
      const status = statusOf(error);
      if (status === 404 || status === 412) return false;
      throw translate(error);
    }
  }

  /** Row by row: a table that is deleted as a whole cannot be made again for half a minute. */
  async clear(): Promise<void> {
    try {
      const select = ['PartitionKey', 'RowKey'];
      const pages = this.#client.listEntities({ queryOptions: { select } }).byPage({ maxPageSize: 1000 });
      for await (const page of pages) {
        const partitions = groupBy(page, (entity) => String(entity.partitionKey));
        await inParallel([...partitions], 8, ([partitionKey, entities]) =>
          this.write(
            partitionKey,
            entities.map(({ rowKey }) => ({ kind: 'delete', rowKey: String(rowKey) })),
          ),
        );
      }
    } catch (error) {
      throw translate(error);
    }
  }
}

function toAction(partitionKey: string, operation: RowOperation): TransactionAction {
  if (operation.kind === 'put') {
    checkRow(operation);
    return ['upsert', { partitionKey, rowKey: operation.rowKey, ...operation.values }, 'Replace'];
  }
  return ['delete', { partitionKey, rowKey: operation.rowKey }];
}

function toRow(entity: Record<string, unknown>): Row {
  const values: Stored = {};
  for (const [name, value] of Object.entries(entity)) {
    if (
      name === 'partitionKey' ||
      name === 'rowKey' ||
      name === 'etag' ||
      name === 'timestamp' ||
      name.includes('odata.')
    )
      continue;
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') values[name] = value;
  }
  return {
    partitionKey: String(entity['partitionKey']),
    rowKey: String(entity['rowKey']),
    etag: entity['etag'] as string | undefined,
    values,
  };
}

function statusOf(error: unknown): number | undefined {
  return error instanceof RestError ? error.statusCode : undefined;
}

function translate(error: unknown): unknown {
  if (!(error instanceof RestError)) return error;
  const status = error.statusCode;
  const what = status === undefined ? error.message : `${status} ${error.code ?? ''}`.trim();
  return new LockstepError('LS4001', `Table Storage refused a request or could not be reached: ${what}.`, {
    cause: error,
    retryable: status === undefined || status === 429 || status >= 500,
  });
}

/** Tables are created on first use: the identity that runs the app owns them. */
export function azureTables(connection: StorageConnection): {
  readonly tables: Tables;
  readonly prepare: (names: readonly TableName[]) => Promise<void>;
} {
  const options: TableServiceClientOptions = {
    retryOptions: { maxRetries: 4, retryDelayInMs: 200, maxRetryDelayInMs: 5_000 },
  };
  const clients = new Map<TableName, Table>();
  const connect = (name: TableName): TableClient =>
    'connectionString' in connection
      ? TableClient.fromConnectionString(connection.connectionString, name, {
          ...options,
          allowInsecureConnection: isLoopback(connection.connectionString),
        })
      : new TableClient(connection.tableServiceUri, name, connection.credential, options);
  return {
    tables: (name) => {
      let table = clients.get(name);
      if (table === undefined) clients.set(name, (table = new AzureTable(connect(name))));
      return table;
    },
    prepare: async (names) => {
      const service =
        'connectionString' in connection
          ? TableServiceClient.fromConnectionString(connection.connectionString, {
              ...options,
              allowInsecureConnection: isLoopback(connection.connectionString),
            })
          : new TableServiceClient(connection.tableServiceUri, connection.credential, options);
      try {
        // createTable answers 409 for a table that exists, and the client takes that as done.
        await Promise.all(names.map((name) => service.createTable(name)));
      } catch (error) {
        throw translate(error);
      }
    },
  };
}

/** Unencrypted HTTP is accepted on this machine only, whatever the connection string says. */
function isLoopback(connectionString: string): boolean {
  const endpoint = /TableEndpoint=(http:\/\/[^;]+)/i.exec(connectionString)?.[1];
  return endpoint !== undefined && ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(endpoint).hostname);
}

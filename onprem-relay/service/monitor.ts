import type { ConnectorHeartbeat } from '../../shared/contracts/relay-heartbeat.ts';
import { isLockstepError } from '../../shared/errors/lockstep-error.ts';
import type { RelayLog } from '../stream/ports.ts';

/** What a relay knows of itself, for whoever looks after it. */
export interface RelayReport {
  readonly version: string;
  /** Every connector does what it should. */
  readonly healthy: boolean;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** By name: the order in which directories answer differs from start to start. */
  readonly connectors: readonly ConnectorReport[];
}

/** What the cloud is told of a directory, and what only whoever is at the machine needs to know. */
export interface ConnectorReport extends Omit<ConnectorHeartbeat, 'lastError'> {
  readonly changesSent: number;
  readonly fullReads: number;
  /** How often each error occurred, by its code. */
  readonly errors: Readonly<Record<string, number>>;
  /** The error that stands; null once a read has succeeded. */
  readonly lastError: { readonly code: string; readonly message: string; readonly at: string } | null;
}

interface State {
  role: ConnectorReport['role'];
  server: string | null;
  lastReadAt: Date | null;
  changesSent: number;
  fullReads: number;
  readonly errors: Map<string, number>;
  lastError: ConnectorReport['lastError'];
  readonly pollMs: number;
}

export interface MonitorOptions {
  readonly version: string;
  readonly now: () => Date;
  /** Called when a connector was added or its role has changed. */
  readonly onChange?: () => void;
}

/** A directory that is read, and has not been for so long, is not well. */
const patienceMs = 120_000;

/** Watches what the relay logs, and keeps the sum of it. */
export class Monitor {
  readonly #options: MonitorOptions;
  readonly #startedAt: Date;
  readonly #states = new Map<string, State>();

  constructor(options: MonitorOptions) {
    this.#options = options;
    this.#startedAt = options.now();
  }

  /** A log that passes everything on, with the connector's name, and is watched. `server` serves from the beginning. */
  watch(connector: string, pollMs: number, log: RelayLog, server?: string): RelayLog {
    const state: State = {
      role: 'starting',
      server: server ?? null,
      lastReadAt: null,
      changesSent: 0,
      fullReads: 0,
      errors: new Map(),
      lastError: null,
      pollMs,
    };
    this.#states.set(connector, state);
    this.#options.onChange?.();
    return {
      info: (event, fields) => {
        const before = state.role;
        this.#took(state, event, fields);
        if (state.role !== before) this.#options.onChange?.();
        log.info(event, { connector, ...fields });
      },
      error: (error, fields) => {
        const code = isLockstepError(error) ? error.code : 'fault';
        state.errors.set(code, (state.errors.get(code) ?? 0) + 1);
        const message = error instanceof Error ? error.message : String(error);
        state.lastError = { code, message, at: this.#options.now().toISOString() };
        log.error(error, { connector, ...fields });
      },
    };
  }

  /** The directory was read to the end, and everything that was read is accepted. */
  read(connector: string): void {
    const state = this.#states.get(connector);
    if (state === undefined) return;
    state.lastReadAt = this.#options.now();
    state.lastError = null;
  }

  report(): RelayReport {
    const byName = [...this.#states].sort(([a], [b]) => (a < b ? -1 : 1));
    const connectors = byName.map(([connector, state]): ConnectorReport => {
      const { role, server, lastReadAt, changesSent, fullReads, errors, lastError } = state;
      return {
        connector,
        role,
        server,
        lastReadAt: lastReadAt?.toISOString() ?? null,
        changesSent,
        fullReads,
        errors: Object.fromEntries(errors),
        lastError,
      };
    });
    return {
      version: this.#options.version,
      healthy: connectors.length > 0 && [...this.#states.values()].every((state) => this.#isHealthy(state)),
      startedAt: this.#startedAt.toISOString(),
      connectors,
    };
  }

  /** A standby is well as long as it can ask for the lease; a leader, as long as it reads. */
  #isHealthy({ role, lastReadAt, lastError, pollMs }: State): boolean {
    if (role === 'starting') return false;
    if (role === 'standby') return lastError === null;
    const age = this.#options.now().getTime() - (lastReadAt ?? this.#startedAt).getTime();
    return age <= Math.max(3 * pollMs, patienceMs);
  }

  #took(state: State, event: string, fields: Readonly<Record<string, unknown>>): void {
    switch (event) {
      case 'lease.standby':
        state.role = 'standby';
        state.lastError = null;
        return;
      case 'lease.acquired':
        state.role = 'leading';
        return;
      case 'lease.lost':
        state.role = 'standby';
        return;
      case 'directory.server':
        state.server = String(fields['server']);
        return;
      case 'delta.sent':
        state.changesSent += Number(fields['changes']);
        return;
      case 'full-read.end':
        state.fullReads += 1;
        state.changesSent += Number(fields['objects']);
        return;
    }
  }
}

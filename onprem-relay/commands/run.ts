import { hostname } from 'node:os';
import { isLockstepError, LockstepError } from '../../shared/errors/lockstep-error.ts';
import { connectBus, type Bus } from '../bus/bus.ts';
import { systemClock } from '../clock.ts';
import type { DirectoryDescription, DirectorySource } from '../directory/directory-source.ts';
import { createLog } from '../log.ts';
import { sendHeartbeats } from '../service/heartbeat.ts';
import { LocalCommands } from '../service/local-commands.ts';
import { openLocalFace } from '../service/local-face.ts';
import { Monitor, type RelayReport } from '../service/monitor.ts';
import { labelOf } from '../settings/names.ts';
import { readSettings, SettingsError, type ConnectorSettings, type RelaySettings } from '../settings/read-settings.ts';
import { Bell } from '../stream/bell.ts';
import { backoffMs } from '../stream/error-reporter.ts';
import { runLeaderLoop } from '../stream/leader-loop.ts';
import type { RelayLog } from '../stream/ports.ts';
import { version } from '../version.ts';
import { exitCodes, type CommandContext, type ExitCode } from './command.ts';
import { openSource } from './open-source.ts';

/** Streams the changes of every directory until the signal is aborted. Whatever it has to say goes to the log. */
export async function run({ args, environment, signal }: CommandContext): Promise<ExitCode> {
  const log = createLog();
  try {
    await runRelay(readSettings(args, environment), log, signal);
    return exitCodes.fine;
  } catch (error) {
    if (signal.aborted) return exitCodes.fine;
    for (const each of error instanceof SettingsError ? error.errors : [error]) log.error(each);
    return error instanceof SettingsError || isLockstepError(error) ? exitCodes.cannotStart : exitCodes.problems;
  }
}

/** What the connectors of one relay share. */
interface Relay {
  readonly bus: Bus;
  readonly log: RelayLog;
  readonly monitor: Monitor;
  readonly local: LocalCommands;
  /** By connector. */
  readonly logs: Map<string, RelayLog>;
}

async function runRelay(settings: RelaySettings, log: RelayLog, stop: AbortSignal): Promise<void> {
  const logs = new Map<string, RelayLog>();
  const onStandby = (connector: string): void => {
    logs.get(connector)?.info('lease.standby', { connector });
  };
  const bus = connectBus(settings.bus, { clock: systemClock, onStandby });
  const bell = new Bell();
  const monitor = new Monitor({ version, now: systemClock.now, onChange: bell.ring });
  const relay: Relay = { bus, log, monitor, local: new LocalCommands(), logs };
  // What ends one connector for good ends the relay: half a relay would look like a whole one.
  const failed = new AbortController();
  const signal = AbortSignal.any([stop, failed.signal]);
  const face = await openFace(settings, relay);
  const self = { instance: systemClock.newId(), machine: hostname() };
  const report = (): RelayReport => monitor.report();
  const beating = sendHeartbeats({ self, report, bell, telemetry: bus.telemetry, clock: systemClock, log }, signal);
  try {
    const running = settings.connectors.map((one) => runConnector(one, relay, signal));
    // The first failure is the reason; what fails after it may only have been stopped by it.
    await Promise.all(running).catch(async (error: unknown) => {
      failed.abort();
      await Promise.allSettled(running);
      throw error;
    });
  } finally {
    failed.abort();
    await beating;
    await face?.close();
    await bus.close();
  }
}

async function openFace(
  { healthPort, controlFile }: RelaySettings,
  { monitor, local, log }: Relay,
): Promise<{ close(): Promise<void> } | undefined> {
  if (healthPort === undefined && controlFile === undefined) return undefined;
  const resync = (connector: string | undefined, reason: string): Promise<boolean> => local.resync(connector, reason);
  const face = await openLocalFace({ port: healthPort ?? 0, controlFile, monitor, resync });
  log.info('local-face.open', { address: '127.0.0.1', port: face.port });
  return face;
}

async function runConnector(settings: ConnectorSettings, relay: Relay, signal: AbortSignal): Promise<void> {
  const { bus, monitor, logs } = relay;
  let log = relay.log;
  let server: string | undefined;
  const source = openSource(settings.directory, {
    onServer: (serving) => {
      server = serving;
      log.info('directory.server', { server });
    },
    onProblem: (error) => {
      log.error(error);
    },
  });
  try {
    const description = await describe(source, log, signal);
    const { domain } = description;
    const connector = settings.connector ?? description.connector;
    if (logs.has(connector)) throw sameName(connector);
    log = monitor.watch(connector, settings.pollMs, relay.log, server);
    logs.set(connector, log);
    log.info('relay.started', { directory: description.label, domain, version });
    const onRead = (): void => {
      monitor.read(connector);
    };
    const { leases, sender } = bus;
    const commands = relay.local.beside(bus.commands);
    const ports = { source, leases, sender, commands, clock: systemClock, log };
    await runLeaderLoop({ connector, domain, ...ports, safetyPollMs: settings.pollMs, onRead }, signal);
    log.info('relay.stopped', { connector });
  } finally {
    await source.close();
  }
}

/** Codes of mistakes in the setup: somebody must correct them, so waiting is no use at the start. */
const setupErrors = /^LS(10\d\d|110[1-4]|12\d\d)$/;

/** Asks the source who it is, before anything is promised to the cloud: a mistake in the setup shows here and ends the start. */
async function describe(source: DirectorySource, log: RelayLog, signal: AbortSignal): Promise<DirectoryDescription> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await source.describe(signal);
    } catch (error) {
      if (signal.aborted || !isLockstepError(error) || setupErrors.test(error.code)) throw error;
      const retryInMs = backoffMs(attempt);
      log.error(error, { attempt: attempt + 1, retryInMs });
      await systemClock.sleep(retryInMs, signal);
    }
  }
}

function sameName(connector: string): LockstepError {
  const label = labelOf('connector');
  return new LockstepError('LS1001', `${label} is ${connector} for two directories of this relay.`, { object: label });
}

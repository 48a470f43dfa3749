import { randomUUID } from 'node:crypto';
import { resolveSrv } from 'node:dns/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { isLockstepError } from '../shared/errors/lockstep-error.ts';
import { passwordSource } from './bind-password.ts';
import { connectBus } from './bus/bus.ts';
import type { DirectoryDescription, DirectorySource } from './directory/directory-source.ts';
import {
  discoveredControllers,
  listedControllers,
  type DomainControllers,
} from './directory/ldap/domain-controllers.ts';
import { LdapSource } from './directory/ldap/ldap-source.ts';
import { LdifSource } from './directory/ldif/ldif-source.ts';
import { createLog } from './log.ts';
import { helpText } from './setting-names.ts';
import {
  readSettings,
  SettingsError,
  type DirectorySettings,
  type LdapServers,
  type RelaySettings,
} from './settings.ts';
import { backoffMs } from './stream/error-reporter.ts';
import { runLeaderLoop } from './stream/leader-loop.ts';
import type { RelayClock, RelayLog } from './stream/ports.ts';

const exitCodes = { done: 0, fault: 1, cannotStart: 2 } as const;

/** Real time and random ids. */
const clock: RelayClock = {
  now: () => new Date(),
  sleep: async (ms, signal) => {
    await delay(ms, undefined, { signal }).catch(() => undefined);
  },
  newId: randomUUID,
};

/** Starts the relay as the settings say and runs until the signal is aborted. Gives the exit code. */
async function main(signal: AbortSignal): Promise<number> {
  const log = createLog();
  try {
    const settings = readSettings(process.argv.slice(2), process.env);
    if (settings === 'help') {
      process.stdout.write(helpText());
      return exitCodes.done;
    }
    await run(settings, log, signal);
    return exitCodes.done;
  } catch (error) {
    if (signal.aborted) return exitCodes.done;
    for (const each of error instanceof SettingsError ? error.errors : [error]) log.error(each);
    return error instanceof SettingsError || isLockstepError(error) ? exitCodes.cannotStart : exitCodes.fault;
  }
}

async function run(settings: RelaySettings, log: RelayLog, signal: AbortSignal): Promise<void> {
  const source = openSource(settings.directory, log);
  const bus = connectBus(settings.bus, {
    clock,
    onStandby: (name) => {
      log.info('lease.standby', { connector: name });
    },
  });
  try {
    const description = await describeSource(source, log, signal);
    const { domain } = description;
    const connector = settings.connector ?? description.connector;
    log.info('relay.started', { connector, directory: description.label, domain, version: 1 });
    const { leases, sender, commands } = bus;
    const { pollMs: safetyPollMs } = settings;
    await runLeaderLoop({ connector, domain, source, leases, sender, commands, clock, log, safetyPollMs }, signal);
    log.info('relay.stopped', { connector });
  } finally {
    await source.close();
    await bus.close();
  }
}

/** Codes of mistakes in the setup: somebody must correct them, so waiting is no use at the start. */
const setupErrors = /^LS(10\d\d|110[1-4]|12\d\d)$/;

/** Asks the source who it is, before anything is promised to the cloud: a mistake in the setup shows here and ends the start. */
async function describeSource(
  source: DirectorySource,
  log: RelayLog,
  signal: AbortSignal,
): Promise<DirectoryDescription> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await source.describe(signal);
    } catch (error) {
      if (signal.aborted || !isLockstepError(error) || setupErrors.test(error.code)) throw error;
      const retryInMs = backoffMs(attempt);
      log.error(error, { attempt: attempt + 1, retryInMs });
      await clock.sleep(retryInMs, signal);
    }
  }
}

function openSource(directory: DirectorySettings, log: RelayLog): DirectorySource {
  const sleep: RelayClock['sleep'] = (ms, signal) => clock.sleep(ms, signal);
  return directory.kind === 'ldif'
    ? new LdifSource({ path: directory.path, sleep })
    : new LdapSource({
        ...directory,
        controllers: controllersOf(directory.servers),
        password: passwordSource(directory.password),
        now: () => clock.now(),
        sleep,
        onServer: (server) => {
          log.info('directory.server', { server });
        },
      });
}

function controllersOf(servers: LdapServers): DomainControllers {
  return 'domain' in servers
    ? discoveredControllers({ ...servers, resolveSrv, random: () => Math.random() })
    : listedControllers(servers);
}

const stop = new AbortController();
for (const name of ['SIGTERM', 'SIGINT'] as const)
  process.once(name, () => {
    stop.abort();
  });
void main(stop.signal).then((code) => {
  // Nothing is left to do; a library's timer must not hold the process.
  process.exit(code);
});

// `npm run hook -- <name> [--dry-run]`: what azd runs around its steps (azure.yaml). Each may be run again at any time.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cliCalls, dryCalls, HookError } from './calls.ts';
import { readEnvironment } from './environment.ts';
import { postdeploy, type Smoke } from './postdeploy.ts';
import { postprovision } from './postprovision.ts';
import { predown } from './predown.ts';
import { preprovision } from './preprovision.ts';

const help = `npm run hook -- <name> [--dry-run]

  preprovision   Registers services, checks the region, makes the application of the relay.
  postprovision  Gives the identity its permissions in Microsoft Graph, reads the domains, waits for roles.
  postdeploy     Calls the app, writes the registration of the relay, says what comes next.
  predown        Takes the lock off the state, deletes the application of the relay.

  --dry-run      Prints each call, makes none.
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { 'dry-run': { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
});
const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

function smokeOf(environmentName: string, dry: boolean): Smoke {
  const file = join('.azure', environmentName, 'relay.yaml');
  if (dry) {
    return {
      ask: (url) => {
        say(`GET ${url}`);
        return Promise.resolve(200);
      },
      writeRegistration: () => Promise.resolve(file),
    };
  }
  return {
    ask: async (url, key) => {
      try {
        return (await fetch(url, { headers: { 'x-functions-key': key }, signal: AbortSignal.timeout(30_000) })).status;
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    },
    writeRegistration: (text) => {
      mkdirSync(join('.azure', environmentName), { recursive: true });
      writeFileSync(file, text);
      return Promise.resolve(file);
    },
  };
}

async function runHook(name: string | undefined): Promise<number> {
  const dry = values['dry-run'];
  const calls = dry ? dryCalls(say) : cliCalls();
  const environment = readEnvironment(process.env);
  switch (name) {
    case 'preprovision':
      await preprovision(calls, environment, say, new Date());
      return 0;
    case 'postprovision':
      await postprovision(calls, environment, say, () => new Date());
      return 0;
    case 'postdeploy':
      await postdeploy(
        dry ? { ...calls, send: sendDry(calls) } : calls,
        smokeOf(environment.environmentName, dry),
        environment,
        say,
      );
      return 0;
    case 'predown':
      await predown(calls, environment, say);
      return 0;
    default:
      process.stderr.write(help);
      return 2;
  }
}

/** In a dry run the app has a key, so that the way on is shown. */
function sendDry(calls: ReturnType<typeof dryCalls>): typeof calls.send {
  return async (method, url, body) => {
    await calls.send(method, url, body);
    return { functionKeys: { default: 'key' } };
  };
}

if (values.help) say(help);
else {
  try {
    process.exitCode = await runHook(positionals[0]);
  } catch (error) {
    if (!(error instanceof HookError)) throw error;
    process.stderr.write(`${error.message}\n${error.remedy}\n`);
    process.exitCode = 1;
  }
}

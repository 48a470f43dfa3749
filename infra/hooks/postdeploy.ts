import { z } from 'zod';
import { HookError, type Calls } from './calls.ts';
import type { HookEnvironment } from './environment.ts';
import { arm } from './services.ts';

const keys = z.object({ functionKeys: z.record(z.string(), z.string()) });
/** A first start takes a while; so do roles. */
const attempts = 20;
const pauseMs = 15_000;

export interface Smoke {
  /** Status of `GET /api/status` with the key, or why there is no answer. */
  ask(url: string, key: string): Promise<number | string>;
  /** Writes the settings of the relay; gives where. */
  writeRegistration(text: string): Promise<string>;
}

/** After the artefact is deployed: calls the app, writes the registration of the relay, and says what comes next. */
export async function postdeploy(
  calls: Calls,
  smoke: Smoke,
  environment: HookEnvironment,
  say: (text: string) => void,
): Promise<void> {
  const { subscription, resourceGroup, appName, url } = environment;
  const site = `/subscriptions/${subscription}/resourceGroups/${resourceGroup}/providers/Microsoft.Web/sites/${appName}`;
  let last: number | string = 'it was never asked';
  for (let attempt = 1; last !== 200; attempt += 1) {
    const answer = keys.safeParse(await calls.send('POST', arm(`${site}/host/default/listkeys`, '2024-04-01')));
    const key = answer.data?.functionKeys['default'] ?? '';
    last = key === '' ? 'the app has no function key yet' : await smoke.ask(`${url}/api/status`, key);
    if (last === 200) break;
    if (attempt >= attempts) {
      throw new HookError(
        `${url}/api/status does not answer as it should: ${last}.`,
        `Look at the log stream of ${appName} in the portal; 403 and "not authorized" mean that roles are not known yet: wait ten minutes, then "npm run hook -- postdeploy".`,
      );
    }
    say(`The app is not up yet (${last}); asking again in ${pauseMs / 1000} s.`);
    await calls.wait(pauseMs);
  }
  const file = await smoke.writeRegistration(registrationOf(environment));
  for (const line of nextSteps(environment, file)) say(line);
}

/** Settings of the relay that the installation knows; who reads the directory, and how, is the operator's to add. */
export function registrationOf({ busNamespace, relayClient, tenant }: HookEnvironment): string {
  return [
    '# Made by "azd up". Complete it with your directory, and give it to "lockstep-relay install --registration".',
    `busNamespace: ${busNamespace}`,
    `busClientId: ${relayClient}`,
    `busTenantId: ${tenant}`,
    '',
  ].join('\n');
}

function nextSteps({ url, appName, resourceGroup }: HookEnvironment, file: string): readonly string[] {
  return [
    `Lockstep runs at ${url}, and answers.`,
    'Next:',
    `  1. Give the application of the relay a certificate, and copy ${file} to the machine of the relay (docs/Guides/relay.md).`,
    `  2. export LOCKSTEP_URL=${url}`,
    `     export LOCKSTEP_KEY=$(az functionapp keys list --name ${appName} --resource-group ${resourceGroup} --query functionKeys.default --output tsv)`,
    '  3. lockstep status; then lockstep preflight and lockstep plans: it is in staging and writes nothing.',
    '  4. azd env set LOCKSTEP_MODE live && azd provision',
  ];
}

import type { Calls } from './calls.ts';
import type { HookEnvironment } from './environment.ts';
import { arm, graph } from './services.ts';

/** Before everything is taken away: the lock of the state, and the application of the relay, which is in no resource group. */
export async function predown(calls: Calls, environment: HookEnvironment, say: (text: string) => void): Promise<void> {
  const { subscription, resourceGroup, stateAccount, environmentName } = environment;
  const account = `/subscriptions/${subscription}/resourceGroups/${resourceGroup}/providers/Microsoft.Storage/storageAccounts/${stateAccount}`;
  const lock = arm(`${account}/providers/Microsoft.Authorization/locks/state`, '2020-05-01');
  if (stateAccount !== '') {
    say('Taking the lock off the state.');
    await calls.send('DELETE', lock);
  }
  const relay = graph(`/applications(uniqueName='lockstep-relay-${environmentName}')`);
  say('Deleting the application of the relay.');
  await calls.send('DELETE', relay);
  say(
    'What stays: the deleted application (30 days) and the deleted key vault (7 days, unless "azd down --purge"), and in Entra everything that was synchronised.',
  );
}

import { userInfo } from 'node:os';
import { InvalidArgumentError, type Command } from 'commander';
import { jsonOption, type ExitCode, type Output } from '../output.ts';
import { installationOf } from './client.ts';
import { approve, listPlans, showPlan, snooze } from './plans.ts';
import { showStatus } from './status.ts';

const howToReach =
  '\nAsks the installation at LOCKSTEP_URL with the function key in LOCKSTEP_KEY (environment variables).';

/** The commands that ask a running installation. */
export function addInstallationCommands(lockstep: Command, output: Output, finish: (code: ExitCode) => void): void {
  const installation = (): ReturnType<typeof installationOf> => installationOf(process.env);
  const add = (name: string, description: string): Command =>
    lockstep.command(name).description(description).addOption(jsonOption()).addHelpText('after', howToReach);

  add('status', 'say whether all is in step, and what is not')
    .option('--objects', 'count the objects, which takes a scan', false)
    .action(async (options: { objects: boolean; json: boolean }) => {
      finish(await showStatus(installation(), options, output));
    });
  add('plans', 'show the plans that wait for a person, or one of them, object by object')
    .argument('[id]', 'a plan')
    .option('--all', 'also plans that are over', false)
    .option('--limit <number>', 'objects to show of a plan', wholeNumber, 100)
    .action(async (id: string | undefined, options: { all: boolean; limit: number; json: boolean }) => {
      finish(
        await (id === undefined
          ? listPlans(installation(), options, output)
          : showPlan(installation(), id, options, output)),
      );
    });
  add('approve', 'let exactly this plan pass, although it is over the change budget')
    .argument('<id>', 'a plan that waits')
    .option('--by <name>', 'who approves; is kept with the plan', userInfo().username)
    .action(async (id: string, options: { by: string; json: boolean }) => {
      finish(await approve(installation(), id, options, output));
    });
  add('snooze', 'raise no further alert for a plan for a while; it still waits')
    .argument('<id>', 'a plan that waits')
    .option('--hours <number>', 'for how long', wholeNumber, 24)
    .action(async (id: string, options: { hours: number; json: boolean }) => {
      finish(await snooze(installation(), id, options, output));
    });
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,7}$/.test(text)) throw new InvalidArgumentError('It must be a whole number above zero.');
  return Number(text);
}

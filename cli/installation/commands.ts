import { userInfo } from 'node:os';
import { InvalidArgumentError, type Command } from 'commander';
import { jsonOption, type ExitCode, type Output } from '../output.ts';
import { installationOf } from './client.ts';
import { approve, listPlans, showPlan, snooze } from './plans.ts';
import { previewChange } from '../preview/preview.ts';
import { showPreflight } from './preflight.ts';
import { rebuild } from './rebuild.ts';
import { showStatus } from './status.ts';
import { syncNow } from './sync.ts';

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
  add('sync', 'run a sync cycle now, or bring one object in step and say why it became what it became')
    .argument('[who]', 'a sign-in name, account name, mail address, DN, GUID or name')
    .option('--no-explain', 'without the explanation')
    .option('--all', 'in the explanation also rules out of scope and attributes without a value', false)
    .action(async (who: string | undefined, options: { explain: boolean; all: boolean; json: boolean }) => {
      finish(await syncNow(installation(), who, options, output));
    });
  add('preflight', 'show what the first export would take over, create, and refuse, before it does')
    .option('--limit <number>', 'objects to show', wholeNumber, 100)
    .action(async (options: { limit: number; json: boolean }) => {
      finish(await showPreflight(installation(), options, output));
    });
  add('rebuild', 'throw the state away and build it anew from the directories and the tenant')
    .option('--yes', 'do it: without it the command only says what it would do', false)
    .action(async (options: { yes: boolean; json: boolean }) => {
      finish(await rebuild(installation(), options, output));
    });
  add('preview', 'show what a change of rules would do, before it does')
    .option('--rules <path>', 'the changed rules: a file, or a folder; default: the built-in rules')
    .option('--ldif <file...>', 'directories exported as LDIF, instead of an installation')
    .option('--from <path>', 'with --ldif: the rules in force; default: the tenant holds nothing yet')
    .option('--domain <name...>', 'with --ldif: verified domains of the tenant; default: all that the directories use')
    .option('--sample <number>', 'objects to show', wholeNumber, 20)
    .action(async (options: PreviewFlags) => {
      const { rules, ldif = [], from, domain = [], sample: samples, json } = options;
      finish(await previewChange({ rules, ldif, from, domains: domain, samples, json }, installation, output));
    });
}

interface PreviewFlags {
  readonly rules?: string;
  readonly ldif?: readonly string[];
  readonly from?: string;
  readonly domain?: readonly string[];
  readonly sample: number;
  readonly json: boolean;
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,7}$/.test(text)) throw new InvalidArgumentError('It must be a whole number above zero.');
  return Number(text);
}

import path from 'node:path';
import { isSea } from 'node:sea';
import { LockstepError } from '../../shared/errors/lockstep-error.ts';
import { perform } from '../install/perform.ts';
import { stepText, type Program, type ServicePlan, type Step } from '../install/step.ts';
import { systemdPlan } from '../install/systemd.ts';
import { programDataOf } from '../install/installed.ts';
import { windowsPlan } from '../install/windows-service.ts';
import { readFiles } from '../install/settings-file.ts';
import type { SettingKey } from '../settings/names.ts';
import type { ConfigFile } from '../settings/config-file.ts';
import type { RawSettings } from '../settings/raw-settings.ts';
import { readWrittenSettings } from '../settings/read-settings.ts';
import { exitCodes, type CommandContext, type ExitCode } from './command.ts';

/** Writes the settings where the service finds them, and has the service manager start the relay now and with the machine. */
export async function install(context: CommandContext): Promise<ExitCode> {
  const { args, environment, options } = context;
  const registration = options['registration'];
  const given = registration === undefined ? args : ['--config', registration, ...args];
  const plan = planFor(readWrittenSettings(given, environment), context);
  await carryOut(plan.install, context);
  return exitCodes.fine;
}

/** Takes the service away. Settings and secrets stay. */
export async function uninstall(context: CommandContext): Promise<ExitCode> {
  await carryOut(planFor({ common: {}, directories: [] }, context).uninstall, context);
  return exitCodes.fine;
}

async function carryOut(steps: readonly Step[], { options, terminal }: CommandContext): Promise<void> {
  const dryRun = options['dry-run'] !== undefined;
  for (const step of steps) {
    if (dryRun && step.kind === 'write') terminal.write(`${stepText(step)}\n\n${step.text.replace(/^(?=.)/gm, '  ')}`);
    else terminal.write(stepText(step));
    if (!dryRun) await perform(step);
  }
}

function planFor(settings: ConfigFile, { platform, environment }: CommandContext): ServicePlan {
  const { common, directories } = settings;
  const anywhere = { common: absolute(common), directories: directories.map(absolute) };
  const program = thisProgram();
  if (platform === 'win32') return windowsPlan(program, anywhere, programDataOf(environment));
  if (platform === 'linux') return systemdPlan(program, anywhere);
  throw new LockstepError('LS1006', `There is no service manager for ${platform} that the relay knows.`, {
    object: platform,
  });
}

const pathKeys = [...readFiles, 'controlFile'] as const satisfies readonly SettingKey[];

/** Settings that name files, as seen from wherever the service starts. */
function absolute(settings: RawSettings): RawSettings {
  const own: RawSettings = { ...settings };
  for (const key of pathKeys) {
    const file = own[key];
    if (file !== undefined) own[key] = path.resolve(file);
  }
  if (own.directory !== undefined && !own.directory.includes('://')) own.directory = path.resolve(own.directory);
  return own;
}

function thisProgram(): Program {
  const [, script] = process.argv;
  return { executable: process.execPath, script: isSea() || script === undefined ? undefined : path.resolve(script) };
}

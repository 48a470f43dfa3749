#!/usr/bin/env node
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { isLockstepError } from '../shared/errors/lockstep-error.ts';
import { explainObject } from './explain/explain.ts';
import { ApiRefusal } from './installation/client.ts';
import { addInstallationCommands } from './installation/commands.ts';
import { exitCodes, jsonOption, processOutput, type ExitCode, type Output } from './output.ts';
import { importRules } from './rules/import-rules.ts';
import { testRules } from './rules/test-rules.ts';
import { compile, validate } from './rules/validate.ts';

const rulesHelp = 'a file of rules, or a folder with files of rules (YAML, JSON, TypeScript)';

/** The command line. `finish` is told how a command ended. */
export function program(output: Output, finish: (code: ExitCode) => void): Command {
  const lockstep = new Command('lockstep')
    .description('Keeps an on-premises Active Directory and a Microsoft Entra tenant in step.')
    .helpCommand(false)
    .showHelpAfterError('Add --help to see what there is.')
    .addHelpText('after', '\nExit codes: 0 as it should be, 1 something is not, 2 the command itself was wrong.');
  const rules = lockstep.command('rules').description('synchronisation rules as files').helpCommand(false);
  rules
    .command('validate')
    .description('say everything that is wrong with rules')
    .argument('<path>', rulesHelp)
    .addOption(jsonOption())
    .action(async (path: string, { json }: { json: boolean }) => {
      finish(await validate(path, json, output));
    });
  rules
    .command('compile')
    .description('write rules in the form that the application reads (setting LOCKSTEP_RULES)')
    .argument('<path>', rulesHelp)
    .requiredOption('--out <file>', 'where to write the compiled rules')
    .action(async (path: string, { out }: { out: string }) => {
      finish(await compile(path, out, output));
    });
  rules
    .command('test')
    .description('run test cases: this object of the directory gives that object of Entra')
    .argument('<path>', rulesHelp)
    .option(
      '--cases <path>',
      'file or folder of cases (*.test.yaml, *.cases.yaml, *.test.ts); default: beside the rules',
    )
    .addOption(jsonOption())
    .action(async (path: string, { cases, json }: { cases?: string; json: boolean }) => {
      finish(await testRules(path, { cases, json }, output));
    });
  rules
    .command('import')
    .description('translate the rules of Microsoft Entra Connect, and account for every one of them')
    .argument(
      '<path>',
      'folder of the server configuration export (XML), settings file of the wizard (JSON), or script of the rules editor (PowerShell; it is read, not run)',
    )
    .option('--out <folder>', 'write the rules into this folder, which must be empty or not exist')
    .option('--details', 'show every flow that differs from the built-in rule', false)
    .addOption(jsonOption())
    .action(async (path: string, { out, details, json }: { out?: string; details: boolean; json: boolean }) => {
      finish(await importRules(path, { out, details, json }, output));
    });
  lockstep
    .command('explain')
    .description('show what rules make of one object, and why')
    .argument('<who>', 'a sign-in name, account name, mail address, DN, GUID or name')
    .requiredOption('--ldif <file...>', 'one or more directories, exported as LDIF; each is a connector')
    .option('--rules <path>', `${rulesHelp}; default: the built-in rules`)
    .option('--attribute <name...>', 'only these attributes of Entra')
    .option('--all', 'also rules out of scope and attributes without a value', false)
    .addOption(jsonOption())
    .action(
      async (
        who: string,
        options: { ldif: string[]; rules?: string; attribute?: string[]; all: boolean; json: boolean },
      ) => {
        const { ldif, rules: path, attribute, all, json } = options;
        finish(await explainObject(who, { ldif, rules: path, attributes: attribute ?? [], all, json }, output));
      },
    );
  addInstallationCommands(lockstep, output, finish);
  return lockstep;
}

/** Runs a command line to its end. */
export async function run(args: readonly string[], output: Output): Promise<ExitCode> {
  let code: ExitCode = exitCodes.fine;
  const lockstep = program(output, (ended) => {
    code = ended;
  });
  for (const command of withSubcommands(lockstep)) {
    command.exitOverride().configureOutput({
      writeOut: (text) => {
        output.write(text.trimEnd());
      },
      writeErr: (text) => {
        output.note(text.trimEnd());
      },
    });
  }
  try {
    await lockstep.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof ApiRefusal) {
      output.note(`${error.code} ${error.message}${error.object === '' ? '' : ` (${error.object})`}`);
      output.note(error.remedy);
      return exitCodes.problems;
    }
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.fine : exitCodes.usage;
    if (!isLockstepError(error)) throw error;
    output.note(`${error.code} ${error.message}${error.object === undefined ? '' : ` (${error.object})`}`);
    output.note(error.remedy);
    return exitCodes.usage;
  }
}

function withSubcommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

const [, script] = process.argv;
if (script !== undefined && realpathSync(script) === fileURLToPath(import.meta.url)) {
  process.exitCode = await run(process.argv.slice(2), processOutput());
}

import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, extname, join, relative } from 'node:path';
import { LockstepError } from '../../shared/errors/lockstep-error.ts';
import { builtInRules } from '../../shared/rules/built-in/built-in.ts';
import { emitRules } from '../../shared/rules/import/emit.ts';
import {
  importConfiguration,
  type ExportFile,
  type ImportResult,
} from '../../shared/rules/import/import-configuration.ts';
import { builtInSchemas } from '../../shared/rules/schemas/built-in.ts';
import { exitCodes, type ExitCode, type Output } from '../output.ts';
import { renderImport } from './render-import.ts';

/** `lockstep rules import`: reads an export of Entra Connect, writes rules, and accounts for every rule of the export. */
export async function importRules(
  path: string,
  options: { readonly out: string | undefined; readonly json: boolean; readonly details: boolean },
  output: Output,
): Promise<ExitCode> {
  const files = await readExport(path);
  if (files.length === 0) {
    throw new LockstepError('LS5005', 'There is no file of an export in this folder.', { object: path });
  }
  const result = importConfiguration(files, builtInRules(), builtInSchemas);
  if (result.rules.length === 0) {
    const why = result.problems.map(({ place, message }) => `${place.file}:${place.line ?? 1}: ${message}`).join('; ');
    throw new LockstepError('LS5005', `The export has no rule that can be read. ${why}`.trim(), { object: path });
  }
  if (options.out !== undefined) await writeRules(options.out, result);
  output.write(
    options.json
      ? JSON.stringify({ ...result, ruleSet: undefined }, null, 2)
      : renderImport(result, options.details, output),
  );
  if (options.out !== undefined)
    output.note(`The rules are in ${options.out}. Check them with: lockstep rules validate ${options.out}`);
  return result.problems.length === 0 ? exitCodes.fine : exitCodes.problems;
}

async function readExport(path: string): Promise<readonly ExportFile[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [{ name: basename(path), text: await readFile(path, 'utf8') }];
    const entries = await readdir(path, { withFileTypes: true, recursive: true });
    const files = entries
      .filter(
        (entry) => entry.isFile() && ['.xml', '.json', '.ps1', '.txt'].includes(extname(entry.name).toLowerCase()),
      )
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((file) => !/licen[cs]e/i.test(basename(file)))
      .sort();
    return await Promise.all(
      files.map(async (file) => ({ name: relative(path, file), text: await readFile(file, 'utf8') })),
    );
  } catch (error) {
    throw new LockstepError('LS1002', 'The export cannot be read.', { object: path, cause: error });
  }
}

/** Only into a folder that is empty or not there: what somebody wrote there is not overwritten. */
async function writeRules(folder: string, { ruleSet }: ImportResult): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    if ((await readdir(folder)).length > 0) {
      throw new LockstepError('LS1001', 'The folder for the rules is not empty.', {
        object: folder,
        remedy: 'Name an empty folder, or one that does not exist, with --out.',
      });
    }
    for (const { name, text } of emitRules(ruleSet)) await writeFile(join(folder, name), text);
  } catch (error) {
    if (error instanceof LockstepError) throw error;
    throw new LockstepError('LS1002', 'The rules cannot be written.', { object: folder, cause: error });
  }
}

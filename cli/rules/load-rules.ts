import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, extname, join, relative } from 'node:path';
import { builtInRules } from '../../shared/rules/built-in/built-in.ts';
import { hasErrors } from '../../shared/rules/authoring/load.ts';
import type { RuleSet } from '../../shared/rules/model.ts';
import type { Output } from '../output.ts';
import { countText, renderProblems } from './render-problems.ts';
import { LockstepError } from '../../shared/errors/lockstep-error.ts';
import { loadFiles, type LoadedRules } from '../../shared/rules/authoring/load.ts';
import {
  parseRulesText,
  takeRulesValue,
  unreadable,
  type ParsedFile,
} from '../../shared/rules/authoring/parse-file.ts';
import { defaultExportOf } from './run-module.ts';

const textExtensions = ['.yaml', '.yml', '.json'];
const programExtensions = ['.ts', '.mts', '.js', '.mjs'];
/** Files of test cases stand beside the rules that they test. */
const caseFile = /\.(test|cases)\.[a-z]+$/;

/**
 * Reads a file of rules, or every file of rules of a folder and its folders: YAML and JSON, and TypeScript or JavaScript
 * whose default export is what `defineRules` returns. Programs are run: they are the operator's own.
 *
 * @throws LockstepError LS1002 when the path cannot be read, LS5001 when there is no file of rules in it.
 */
export async function loadRules(path: string): Promise<LoadedRules> {
  const files = await rulesFiles(path);
  if (files.length === 0) {
    throw new LockstepError('LS5001', 'There is no file of rules in this folder.', {
      object: path,
      remedy: `Rules stand in files that end in ${[...textExtensions, ...programExtensions].join(', ')}.`,
    });
  }
  return loadFiles(await Promise.all(files.map((file) => parse(file, shown(path, file)))));
}

async function rulesFiles(path: string): Promise<readonly string[]> {
  const isFolder = await onDisk(path, async () => (await stat(path)).isDirectory());
  if (!isFolder) return [path];
  const found: string[] = [];
  const entries = await onDisk(path, () => readdir(path, { withFileTypes: true }));
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
    const full = join(path, entry.name);
    if (entry.isDirectory()) found.push(...(await rulesFiles(full)));
    else if ([...textExtensions, ...programExtensions].includes(extname(entry.name)) && !caseFile.test(entry.name)) {
      if (!entry.name.endsWith('.d.ts')) found.push(full);
    }
  }
  return found;
}

async function parse(file: string, name: string): Promise<ParsedFile> {
  if (!programExtensions.includes(extname(file))) {
    return parseRulesText(name, await onDisk(file, () => readFile(file, 'utf8')));
  }
  const place = { file: name, line: undefined, column: undefined };
  let exported: unknown;
  try {
    exported = await defaultExportOf(file);
  } catch (error) {
    const message = `The file cannot be run: ${error instanceof Error ? error.message : String(error)}`;
    return unreadable(name, message, place);
  }
  if (exported === undefined) {
    const message = 'The file has no default export; it should be what defineRules(…) returns.';
    return unreadable(name, message, place);
  }
  return takeRulesValue(name, exported);
}

function shown(root: string, file: string): string {
  const within = relative(root, file);
  return within === '' ? basename(file) : within;
}

async function onDisk<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw new LockstepError('LS1002', 'The rules cannot be read.', { object: path, cause: error });
  }
}

/** The rules at the path, the built-in ones without a path; `undefined` after saying what is wrong with them. */
export async function rulesOrComplain(path: string | undefined, output: Output): Promise<RuleSet | undefined> {
  if (path === undefined) return builtInRules();
  const { ruleSet, problems } = await loadRules(path);
  if (!hasErrors(problems)) return ruleSet;
  output.note(renderProblems(problems, output));
  output.note(`${countText(problems)}; nothing was evaluated.`);
  return undefined;
}

import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join, relative } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { engineOf } from '../../shared/engine/engine-of.ts';
import { LockstepError } from '../../shared/errors/lockstep-error.ts';
import { hasErrors } from '../../shared/rules/authoring/load.ts';
import { withCustomAttributes } from '../../shared/engine/program.ts';
import { builtInSchemas } from '../../shared/rules/schemas/built-in.ts';
import { caseFile, type CaseFile, type RuleCase } from '../../shared/rules/testing/cases.ts';
import { CaseError, runCase, type Difference } from '../../shared/rules/testing/run-case.ts';
import { pathText, type Path } from '../../shared/rules/problem.ts';
import { exitCodes, type ExitCode, type Output } from '../output.ts';
import { fixedEnvironment } from '../environment.ts';
import { loadRules } from './load-rules.ts';
import { countText, renderProblems } from './render-problems.ts';
import { defaultExportOf } from './run-module.ts';

interface Outcome {
  readonly file: string;
  readonly name: string;
  readonly differences: readonly Difference[];
}

/** `lockstep rules test`: runs the cases that stand beside rules, or in a folder of their own. */
export async function testRules(
  path: string,
  options: { readonly cases: string | undefined; readonly json: boolean },
  output: Output,
): Promise<ExitCode> {
  const { ruleSet, problems } = await loadRules(path);
  if (hasErrors(problems)) {
    output.note(renderProblems(problems, output));
    output.note(`${countText(problems)}; no case was run.`);
    return exitCodes.problems;
  }
  const files = await caseFiles(options.cases ?? path);
  if (files.length === 0) {
    throw new LockstepError('LS5006', 'There is no file of cases.', {
      object: options.cases ?? path,
      remedy: 'Cases stand in files that end in .test.yaml, .cases.yaml, .test.ts or .cases.ts.',
    });
  }
  const entra = withCustomAttributes(builtInSchemas, ruleSet).entra;
  const outcomes: Outcome[] = [];
  for (const file of files) {
    for (const testCase of await readCases(file)) {
      const connectors = testCase.given.map(({ connector }) => connector ?? 'directory');
      const engine = engineOf(ruleSet, [...new Set(connectors)]);
      outcomes.push({
        file: relative('.', file),
        name: testCase.name,
        differences: tried(file, testCase, () => runCase(testCase, engine, entra, fixedEnvironment)),
      });
    }
  }
  const failed = outcomes.filter(({ differences }) => differences.length > 0);
  output.write(
    options.json
      ? JSON.stringify({ passed: outcomes.length - failed.length, failed: failed.length, cases: outcomes }, null, 2)
      : render(outcomes, output),
  );
  return failed.length === 0 ? exitCodes.fine : exitCodes.problems;
}

function tried(file: string, testCase: RuleCase, run: () => readonly Difference[]): readonly Difference[] {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof CaseError)) throw error;
    throw new LockstepError('LS5006', `The case "${testCase.name}" is wrong: ${error.message}`, { object: file });
  }
}

function render(outcomes: readonly Outcome[], { style }: Output): string {
  const failed = outcomes.filter(({ differences }) => differences.length > 0).length;
  const lines = [...Map.groupBy(outcomes, ({ file }) => file)].flatMap(([file, own]) => [
    style('bold', file),
    ...own.flatMap(({ name, differences }) => [
      differences.length === 0 ? `  ${style('green', '✓')} ${name}` : `  ${style('red', '✗')} ${name}`,
      ...differences.flatMap(({ what, expected, actual }) => [
        `      ${what}`,
        `        ${style('green', `expected ${expected}`)}`,
        `        ${style('red', `but got  ${actual}`)}`,
      ]),
    ]),
  ]);
  const sum = `${outcomes.length - failed} passed, ${failed} failed`;
  return [...lines, '', style(failed === 0 ? 'green' : 'red', sum)].join('\n');
}

async function caseFiles(path: string): Promise<readonly string[]> {
  const isFolder = await onDisk(path, async () => (await stat(path)).isDirectory());
  if (!isFolder) return [path];
  const entries = await onDisk(path, () => readdir(path, { withFileTypes: true, recursive: true }));
  return entries
    .filter((entry) => entry.isFile() && /\.(test|cases)\.(ya?ml|json|m?[jt]s)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.includes('node_modules'))
    .sort();
}

async function readCases(file: string): Promise<readonly RuleCase[]> {
  if (/\.m?[jt]s$/.test(extname(file))) {
    let exported: unknown;
    try {
      exported = await defaultExportOf(file);
    } catch (error) {
      const message = `The file cannot be run: ${error instanceof Error ? error.message : String(error)}`;
      throw new LockstepError('LS5006', message, { object: file, cause: error });
    }
    return check(file, exported, () => file).cases;
  }
  const lines = new LineCounter();
  const text = await onDisk(file, () => readFile(file, 'utf8'));
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  const placeOf = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const [broken] = document.errors;
  if (broken !== undefined) throw new LockstepError('LS5006', broken.message, { object: placeOf(broken.pos[0]) });
  let content: unknown;
  try {
    // Anchors that multiply (`&a [*a, *a]`) are a way to fill the memory.
    content = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new LockstepError('LS5006', error instanceof Error ? error.message : String(error), { object: file });
  }
  return check(file, content, (path) => {
    for (let length = path.length; length > 0; length -= 1) {
      const node: unknown = document.getIn(path.slice(0, length), true);
      const range = (node as { range?: readonly number[] } | undefined)?.range;
      if (range?.[0] !== undefined) return placeOf(range[0]);
    }
    return file;
  }).cases;
}

function check(file: string, content: unknown, place: (path: Path) => string): CaseFile {
  const parsed = caseFile.safeParse(content);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = (issue?.path ?? []).map((step) => (typeof step === 'symbol' ? String(step) : step));
  throw new LockstepError('LS5006', `${pathText(path) || file}: ${issue?.message ?? 'wrong'}.`, {
    object: place(path),
  });
}

async function onDisk<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw new LockstepError('LS1002', 'The cases cannot be read.', { object: path, cause: error });
  }
}

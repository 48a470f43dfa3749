import { writeFile } from 'node:fs/promises';
import { LockstepError } from '../../shared/errors/lockstep-error.ts';
import { hasErrors } from '../../shared/rules/authoring/load.ts';
import { compiledText } from '../../shared/rules/compiled.ts';
import type { RuleSet } from '../../shared/rules/model.ts';
import { exitCodes, type ExitCode, type Output } from '../output.ts';
import { loadRules } from './load-rules.ts';
import { countText, renderProblems } from './render-problems.ts';

/** `lockstep rules validate`: says everything that is wrong with rules. */
export async function validate(path: string, json: boolean, output: Output): Promise<ExitCode> {
  const { ruleSet, problems } = await loadRules(path);
  const valid = !hasErrors(problems);
  if (json) output.write(JSON.stringify({ valid, rules: ruleSet.rules.length, problems }, null, 2));
  else {
    if (problems.length > 0) output.write(renderProblems(problems, output));
    output.write(
      valid ? summary(ruleSet, problems.length > 0 ? countText(problems) : undefined, output) : countText(problems),
    );
  }
  return valid ? exitCodes.fine : exitCodes.problems;
}

/** `lockstep rules compile`: writes rules in the form that the application reads, if nothing is wrong with them. */
export async function compile(path: string, file: string, output: Output): Promise<ExitCode> {
  const { ruleSet, problems } = await loadRules(path);
  if (problems.length > 0) output.note(renderProblems(problems, output));
  if (hasErrors(problems)) {
    output.note(`${countText(problems)}; nothing was written.`);
    return exitCodes.problems;
  }
  try {
    await writeFile(file, compiledText(ruleSet));
  } catch (error) {
    throw new LockstepError('LS1002', 'The file cannot be written.', { object: file, cause: error });
  }
  output.note(`${summary(ruleSet, undefined, output)} Written to ${file}.`);
  return exitCodes.fine;
}

function summary({ name, rules }: RuleSet, more: string | undefined, { style }: Output): string {
  const enabled = rules.filter(({ disabled }) => !disabled);
  const flows = enabled.reduce((sum, rule) => sum + rule.flows.length, 0);
  const off = rules.length - enabled.length;
  const parts = [`${enabled.length} rules`, `${flows} flows`, ...(off > 0 ? [`${off} switched off`] : [])];
  return `${style('green', 'Valid')}: ${name}, ${parts.join(', ')}${more === undefined ? '' : `; ${more}`}.`;
}

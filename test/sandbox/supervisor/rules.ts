import { writeFileSync } from 'node:fs';
import { loadRules } from '../../../cli/rules/load-rules.ts';
import { renderProblems } from '../../../cli/rules/render-problems.ts';
import { plain } from '../../../cli/output.ts';
import { LockstepError } from '../../../shared/errors/lockstep-error.ts';
import { hasErrors } from '../../../shared/rules/authoring/load.ts';
import { compiledText } from '../../../shared/rules/compiled.ts';

export interface CompiledRules {
  /** For the operator. */
  readonly label: string;
  readonly extensionApplication: string | null;
}

/**
 * Writes the rules of a file or folder in the form that the application reads.
 *
 * @throws LockstepError LS1001 that lists every mistake in them.
 */
export async function compileRules(path: string, file: string): Promise<CompiledRules> {
  const { ruleSet, problems } = await loadRules(path);
  if (hasErrors(problems)) {
    throw new LockstepError('LS1001', `The rules cannot be used.\n${renderProblems(problems, { style: plain })}`, {
      object: path,
      remedy: 'Correct the rules; "npm run lockstep -- rules validate" shows the same.',
    });
  }
  writeFileSync(file, compiledText(ruleSet));
  const count = ruleSet.rules.filter(({ disabled }) => !disabled).length;
  return { label: `${path} (${count} rules)`, extensionApplication: ruleSet.extensionApplication };
}

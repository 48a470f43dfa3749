import { engineOf } from '../../shared/engine/engine-of.ts';
import { explain } from '../../shared/engine/explain.ts';
import { WholeDirectories } from '../../shared/engine/whole-directories.ts';
import { presentEnvironment } from '../environment.ts';
import { exitCodes, type ExitCode, type Output } from '../output.ts';
import { readLdif } from '../directories.ts';
import { rulesOrComplain } from '../rules/load-rules.ts';
import { extensionTargets } from '../../shared/entra/directory-extensions.ts';
import { renderExplanation, type View } from './render.ts';

export interface ExplainOptions extends Omit<View, 'extensions'> {
  readonly ldif: readonly string[];
  readonly rules: string | undefined;
  readonly json: boolean;
}

/** `lockstep explain`: what rules make of one object of directories that were exported as LDIF, and why. */
export async function explainObject(who: string, options: ExplainOptions, output: Output): Promise<ExitCode> {
  const ruleSet = await rulesOrComplain(options.rules, output);
  if (ruleSet === undefined) return exitCodes.problems;
  const directories = await Promise.all(options.ldif.map(readLdif));
  const engine = engineOf(
    ruleSet,
    directories.map(({ connector }) => connector),
  );
  const environment = presentEnvironment();
  const whole = new WholeDirectories(engine, directories, environment);
  const found = whole.find(who);
  const [object, ...others] = found;
  if (object === undefined) {
    output.note(`None of the ${whole.size} objects is called "${who}".`);
    return exitCodes.problems;
  }
  if (others.length > 0) {
    output.note(`"${who}" is the name of ${found.length} objects; name one by its DN or GUID:`);
    for (const { dn, objectGuid } of found) output.note(`  ${dn}  (${objectGuid})`);
    return exitCodes.problems;
  }
  const explanation = explain(engine, whole.clusterOf(object.objectGuid), environment);
  output.write(
    options.json
      ? JSON.stringify(explanation, null, 2)
      : renderExplanation(
          explanation,
          object.objectGuid,
          { ...options, extensions: extensionTargets(ruleSet) },
          (reference) => whole.label(reference),
          output.style,
        ),
  );
  return exitCodes.fine;
}

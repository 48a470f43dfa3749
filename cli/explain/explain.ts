import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { parseLdif } from '../../shared/directory/ldif/parse-ldif.ts';
import { readDirectory } from '../../shared/directory/ldif/ldif-directory.ts';
import { engineOf } from '../../shared/engine/engine-of.ts';
import { explain } from '../../shared/engine/explain.ts';
import { WholeDirectories, type NamedDirectory } from '../../shared/engine/whole-directories.ts';
import { LockstepError } from '../../shared/errors/lockstep-error.ts';
import { builtInRules } from '../../shared/rules/built-in/built-in.ts';
import { hasErrors } from '../../shared/rules/authoring/load.ts';
import type { RuleSet } from '../../shared/rules/model.ts';
import { presentEnvironment } from '../environment.ts';
import { exitCodes, type ExitCode, type Output } from '../output.ts';
import { loadRules } from '../rules/load-rules.ts';
import { extensionTargets } from '../../shared/entra/directory-extensions.ts';
import { countText, renderProblems } from '../rules/render-problems.ts';
import { renderExplanation, type View } from './render.ts';

export interface ExplainOptions extends Omit<View, 'extensions'> {
  readonly ldif: readonly string[];
  readonly rules: string | undefined;
  readonly json: boolean;
}

/** `lockstep explain`: what rules make of one object of directories that were exported as LDIF, and why. */
export async function explainObject(who: string, options: ExplainOptions, output: Output): Promise<ExitCode> {
  const ruleSet = await rulesOf(options.rules, output);
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

async function rulesOf(path: string | undefined, output: Output): Promise<RuleSet | undefined> {
  if (path === undefined) return builtInRules();
  const { ruleSet, problems } = await loadRules(path);
  if (!hasErrors(problems)) return ruleSet;
  output.note(renderProblems(problems, output));
  output.note(`${countText(problems)}; nothing was evaluated.`);
  return undefined;
}

/** A file stands for a connector of the name of its domain. */
async function readLdif(file: string): Promise<NamedDirectory> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    throw new LockstepError('LS1002', 'The LDIF file cannot be read.', { object: file, cause: error });
  }
  if (!isUtf8(bytes)) throw new LockstepError('LS1201', 'The file is not in UTF-8.', { object: file });
  const directory = readDirectory(parseLdif(bytes.toString('utf8'), file), file);
  return { connector: directory.domain.fqdn === '' ? file : directory.domain.fqdn, directory };
}

import type { RuleSet, SyncRule } from '../model.ts';
import type { RuleSchemas } from '../schema.ts';
import { validateRules } from '../validation/validate.ts';
import { compareRules, counterpartOf, familyOf, type RuleComparison } from './compare.ts';
import type { ImportedConfiguration, ImportedConnector, ImportedRule, ImportProblem } from './imported.ts';
import { readJson } from './read-json.ts';
import { readPowerShell } from './read-powershell.ts';
import { readXml } from './read-xml.ts';
import { toConnectors, translateRule, type Connectors } from './translate.ts';

/** A file of an export. */
export interface ExportFile {
  readonly name: string;
  readonly text: string;
}

/** What became of one rule of an export: exactly one of the three. */
export type RuleOutcome = {
  readonly name: string;
  readonly file: string;
  readonly line: number | undefined;
  readonly notes: readonly string[];
} & (
  | { readonly outcome: 'identical'; readonly builtIn: string }
  /** `comparison`: how it differs from the built-in rule that it is a version of; `undefined` for a rule of one's own. */
  | { readonly outcome: 'translated'; readonly id: string; readonly comparison: RuleComparison | undefined }
  | { readonly outcome: 'untranslatable'; readonly reason: string }
);

export interface ImportResult {
  readonly ruleSet: RuleSet;
  /** One for each rule that was read. */
  readonly rules: readonly RuleOutcome[];
  /** Built-in rules that no rule of the export is a version of: they are not in the rule set. */
  readonly builtInOnly: readonly string[];
  readonly connectors: readonly ImportedConnector[];
  /** What could not be read. */
  readonly problems: readonly ImportProblem[];
}

/** Reads an export of Entra Connect in whatever form, translates it, and accounts for every rule. */
export function importConfiguration(
  files: readonly ExportFile[],
  builtIn: RuleSet,
  schemas: RuleSchemas,
): ImportResult {
  const read = files.map(readFile);
  const imported = read.flatMap((one) => one.rules).sort((a, b) => a.precedence - b.precedence);
  const connectors = read.flatMap((one) => one.connectors);
  const known = toConnectors(connectors);
  const judged = imported.map((rule) => judge(rule, known, builtIn));
  const candidates = judged.flatMap(({ rule }) => (rule === undefined ? [] : [rule]));
  const declared = [...new Map([...known.values()].map((one) => [one.name, one])).values()];
  const draft: RuleSet = {
    version: 1,
    name: 'Imported from Entra Connect',
    connectors: declared,
    extensionApplication: null,
    attributes: [],
    rules: candidates,
  };
  const errors = Map.groupBy(
    validateRules({ ...draft, connectors: declaredOrNamed(declared, candidates) }, schemas).filter(
      ({ severity, code }) => severity === 'error' && code !== 'LS5004',
    ),
    ({ rule }) => rule?.id ?? '',
  );
  const rules = judged.map(({ outcome, rule }): RuleOutcome => {
    const wrong = rule === undefined ? undefined : errors.get(rule.id);
    if (wrong === undefined) return outcome;
    const { name, file, line, notes } = outcome;
    return {
      name,
      file,
      line,
      notes,
      outcome: 'untranslatable',
      reason: wrong.map(({ message }) => message).join(' '),
    };
  });
  const kept = candidates.filter((rule) => !errors.has(rule.id));
  const families = new Set(imported.map(({ tag }) => familyOf(tag)));
  const names = new Set(imported.map(({ name }) => name));
  return {
    ruleSet: { ...draft, connectors: declaredOrNamed(declared, kept), rules: kept },
    rules,
    builtInOnly: builtIn.rules
      .filter((rule) => !families.has(familyOf(rule.tag)) && !names.has(rule.name))
      .map(({ name }) => name),
    connectors,
    problems: read.flatMap((one) => one.problems),
  };
}

function readFile({ name, text }: ExportFile): ImportedConfiguration {
  if (/\.xml$/i.test(name)) return readXml(name, text);
  if (/\.json$/i.test(name)) return readJson(name, text);
  return readPowerShell(name, text);
}

function judge(
  imported: ImportedRule,
  connectors: Connectors,
  builtIn: RuleSet,
): { readonly outcome: RuleOutcome; readonly rule: SyncRule | undefined } {
  const head = { name: imported.name, file: imported.place.file, line: imported.place.line, notes: [] };
  if (imported.flows === undefined) return judgeStandard(imported, builtIn, head);
  const translation = translateRule(imported, connectors);
  if (!translation.ok) {
    return { outcome: { ...head, outcome: 'untranslatable', reason: translation.reason }, rule: undefined };
  }
  const { rule, notes } = translation;
  const counterpart = counterpartOf(rule, builtIn.rules);
  const comparison = counterpart === undefined ? undefined : compareRules(rule, counterpart);
  const outcome: RuleOutcome =
    comparison?.identical === true
      ? { ...head, notes, outcome: 'identical', builtIn: comparison.builtIn }
      : { ...head, notes, outcome: 'translated', id: rule.id, comparison };
  return { outcome, rule };
}

/** The wizard's file says of Microsoft's own rules only which they are: the built-in one takes their place. */
function judgeStandard(
  imported: ImportedRule,
  builtIn: RuleSet,
  head: Pick<RuleOutcome, 'name' | 'file' | 'line' | 'notes'>,
): { readonly outcome: RuleOutcome; readonly rule: SyncRule | undefined } {
  const family = familyOf(imported.tag === '' ? undefined : imported.tag);
  const found = builtIn.rules.find(
    (rule) => (family !== undefined && familyOf(rule.tag) === family) || rule.name === imported.name,
  );
  if (found === undefined) {
    const reason =
      "It is one of Microsoft's own, of which the file has only the name, and there is no built-in rule for it.";
    return { outcome: { ...head, outcome: 'untranslatable', reason }, rule: undefined };
  }
  const rule = { ...found, precedence: imported.precedence, disabled: imported.disabled };
  return { outcome: { ...head, outcome: 'identical', builtIn: found.name }, rule };
}

/** Scripts have no connectors of their own: those that their rules name. */
function declaredOrNamed(declared: RuleSet['connectors'], rules: readonly SyncRule[]): RuleSet['connectors'] {
  if (declared.length > 0) return declared;
  const named = new Map(rules.map(({ connector }) => [connector.name ?? '', connector.kind]));
  named.delete('');
  return [...named].map(([name, kind]) => ({ name, kind, parameters: {} }));
}

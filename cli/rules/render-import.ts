import type { ImportResult, RuleOutcome } from '../../shared/rules/import/import-configuration.ts';
import type { Output } from '../output.ts';

/** What became of an export, for a person: a line for each rule, then what it says of connectors. */
export function renderImport(result: ImportResult, details: boolean, { style }: Pick<Output, 'style'>): string {
  const { rules, problems, connectors, builtInOnly } = result;
  const of = <K extends RuleOutcome['outcome']>(outcome: K): readonly Extract<RuleOutcome, { outcome: K }>[] =>
    rules.filter((rule): rule is Extract<RuleOutcome, { outcome: K }> => rule.outcome === outcome);
  const lines: string[] = [];
  const section = (title: string, body: readonly string[]): void => {
    if (body.length > 0) lines.push(style('bold', title), ...body, '');
  };
  section(
    `Identical to a built-in rule (${of('identical').length})`,
    of('identical').flatMap((rule) => [`  ${style('green', '=')} ${rule.name}`, ...notes(rule)]),
  );
  section(
    `Translated (${of('translated').length})`,
    of('translated').flatMap((rule) => [
      `  ${style('cyan', '→')} ${rule.name}${comparisonText(rule)}`,
      ...notes(rule),
      ...(details ? differences(rule) : []),
    ]),
  );
  section(
    `Not translatable (${of('untranslatable').length})`,
    of('untranslatable').flatMap((rule) => [`  ${style('yellow', '✗')} ${rule.name}`, `      ${rule.reason}`]),
  );
  section(
    'Built-in rules that the export has no version of; they are not among the imported ones',
    builtInOnly.map((name) => `    ${name}`),
  );
  section(
    'Connectors',
    connectors.flatMap(({ name, kind, partitions }) => [
      `  ${name} (${kind === 'activeDirectory' ? 'forest' : kind === 'entra' ? 'tenant' : 'not supported'})`,
      ...(kind !== 'activeDirectory'
        ? []
        : partitions.flatMap(({ dn, included, excluded }) => [
            `    reads ${dn}`,
            ...included.map((container) => `      in:  ${container}`),
            ...excluded.map((container) => `      out: ${container}`),
          ])),
    ]),
  );
  section(
    style('red', `Not read (${problems.length})`),
    problems.map(({ place, message }) => `  ${place.file}:${place.line ?? 1}  ${message}`),
  );
  const sum = `${rules.length} rules: ${of('identical').length} identical, ${of('translated').length} translated, ${of('untranslatable').length} not translatable.`;
  return [...lines, sum].join('\n');
}

function notes({ notes: list }: RuleOutcome): readonly string[] {
  return list.map((note) => `      ${note}`);
}

function comparisonText({ comparison }: Extract<RuleOutcome, { outcome: 'translated' }>): string {
  if (comparison === undefined) return ', a rule of your own';
  const { parts, flows, builtIn } = comparison;
  const counts = (['added', 'removed', 'changed'] as const).flatMap((kind) => {
    const count = flows.filter((flow) => flow.kind === kind).length;
    return count === 0 ? [] : [`${count} flow${count === 1 ? '' : 's'} ${kind}`];
  });
  return `, against "${builtIn}": ${[...parts, ...counts].join(', ')}`;
}

function differences({ comparison }: Extract<RuleOutcome, { outcome: 'translated' }>): readonly string[] {
  return (comparison?.flows ?? []).map(({ target, kind, builtIn, imported }) => {
    const short = (text: string | undefined): string => (text === undefined ? 'nothing' : text.replace(/\s+/g, ' '));
    return `      ${kind} ${target}: built-in ${short(builtIn)}; imported ${short(imported)}`;
  });
}

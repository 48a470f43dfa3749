import type { PreviewItem, PreviewReport } from '../../shared/contracts/preview.ts';
import { previewReportSchema } from '../../shared/contracts/preview.ts';
import type { NamedDirectory } from '../../shared/engine/whole-directories.ts';
import type { TenantDomains } from '../../shared/entra/sign-in-name.ts';
import { domainOf } from '../../shared/entra/sign-in-name.ts';
import { previewRules, type PreviewedObject } from '../../shared/preview/preview.ts';
import type { RuleSet } from '../../shared/rules/model.ts';
import { defaultLimits, excesses } from '../../shared/safety/change-budget.ts';
import { effectsOfChange, type EffectKind } from '../../shared/safety/effects.ts';
import { readLdif } from '../directories.ts';
import { presentEnvironment } from '../environment.ts';
import type { Installation } from '../installation/client.ts';
import { exitCodes, type ExitCode, type Output } from '../output.ts';
import { rulesOrComplain } from '../rules/load-rules.ts';
import { renderPreview } from './render-preview.ts';

export interface PreviewOptions {
  /** Directories as files; without one the installation is asked. */
  readonly ldif: readonly string[];
  readonly rules: string | undefined;
  /** Rules in force; only with files. */
  readonly from: string | undefined;
  readonly domains: readonly string[];
  readonly samples: number;
  readonly json: boolean;
}

/** `lockstep preview`: what a change of rules would do. Ends with 1 when it is more than the change budget allows. */
export async function previewChange(
  options: PreviewOptions,
  installation: () => Installation,
  output: Output,
): Promise<ExitCode> {
  const ruleSet = await rulesOrComplain(options.rules, output);
  if (ruleSet === undefined) return exitCodes.problems;
  const report =
    options.ldif.length > 0
      ? await offline(options, ruleSet, output)
      : await installation().post('preview', { rules: ruleSet, samples: options.samples }, previewReportSchema);
  if (report === undefined) return exitCodes.problems;
  output.write(options.json ? JSON.stringify(report, null, 2) : renderPreview(report, output.style));
  return report.excesses.length > 0 ? exitCodes.problems : exitCodes.fine;
}

async function offline(
  { ldif, from, domains, samples }: PreviewOptions,
  to: RuleSet,
  output: Output,
): Promise<PreviewReport | undefined> {
  const before = from === undefined ? null : await rulesOrComplain(from, output);
  if (before === undefined) return undefined;
  const directories = await Promise.all(ldif.map(readLdif));
  const result = previewRules({
    directories,
    from: before,
    to,
    domains: domainsOf(directories, domains),
    environment: presentEnvironment(),
  });
  const counts: Record<string, number> = {};
  const add = (kind: string, by: number): void => {
    if (by > 0) counts[kind] = (counts[kind] ?? 0) + by;
  };
  for (const object of result.objects) {
    for (const [kind, by] of Object.entries(countsOf(object))) add(kind, by);
  }
  const items = result.objects
    .map((object): PreviewItem => ({ ...object, cause: 'rule-change' }))
    .sort((a, b) => weightOf(b) - weightOf(a));
  const spending = Object.entries(counts).map(([kind, planned]) => ({ kind: kind as EffectKind, planned, spent: 0 }));
  // The budget that an installation has by default; a first synchronisation is not held up.
  const broken =
    before === null
      ? []
      : excesses(
          spending.filter(({ kind }) => kind in defaultLimits),
          defaultLimits,
          (kind) => (kind === 'member-removal' ? result.memberships : result.inScope.before),
          'tenant',
        );
  return {
    version: 1,
    evaluated: directories.reduce((sum, { directory }) => sum + directory.objects.size, 0),
    objects: result.objects.length,
    counts,
    samples: items.slice(0, samples),
    problems: result.problems.slice(0, 100).map(({ label, problem: { code, message } }) => ({ label, code, message })),
    problemCount: result.problems.length,
    leftBehind: result.leftBehind,
    excesses: broken.map((excess) => ({ ...excess, connector: 'the tenant' })),
  };
}

function countsOf({ changes, membersAdded, membersRemoved, label }: PreviewedObject): Readonly<Record<string, number>> {
  const counts: Record<string, number> = { 'member-addition': membersAdded, 'member-removal': membersRemoved };
  const effects = changes.flatMap((change) => effectsOfChange(label, knownBefore(change), change));
  for (const { kind } of effects) counts[kind] = (counts[kind] ?? 0) + 1;
  for (const { kind } of changes) if (kind === 'manager') counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** What the changes say of the values before them. */
function knownBefore(change: PreviewedObject['changes'][number]): Parameters<typeof effectsOfChange>[1] {
  return change.kind === 'update'
    ? Object.fromEntries(change.changes.map(({ property, from }) => [property, from]))
    : {};
}

/** Deletions first, then what loses members, then the rest. */
function weightOf({ changes, membersRemoved }: PreviewItem): number {
  if (changes.some(({ kind }) => kind === 'delete')) return 3;
  if (membersRemoved > 0) return 2;
  return changes.some(({ kind }) => kind === 'create') ? 0 : 1;
}

/** Without a word of the operator the tenant is taken to have every domain that the directories use. */
function domainsOf(directories: readonly NamedDirectory[], given: readonly string[]): TenantDomains {
  const used = directories.flatMap(({ directory }) =>
    [...directory.objects.values()].flatMap(({ attributes }) => domainOf(attributes['userPrincipalName']?.[0] ?? '')),
  );
  const initial = 'tenant.onmicrosoft.com';
  const verified = given.length > 0 ? given.map((domain) => domain.toLowerCase()) : used;
  return { verified: new Set([...verified, initial]), initial };
}

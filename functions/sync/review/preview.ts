import type { PreviewItem, PreviewReport } from '../../../shared/contracts/preview.ts';
import { GuidSet } from '../../../shared/directory/guid-set.ts';
import { LeftBehindCount } from '../../../shared/entra/left-behind.ts';
import { LockstepError } from '../../../shared/errors/lockstep-error.ts';
import type { RuleSet } from '../../../shared/rules/model.ts';
import type { EffectKind } from '../../../shared/safety/effects.ts';
import { Rules } from '../../rules/rules.ts';
import { pendingTypeOf } from '../../storage/pending.ts';
import { BudgetWindow } from './budget-window.ts';
import { isLiving } from '../plan/clusters.ts';
import type { SyncDependencies } from '../dependencies.ts';
import { countInto, labelOfSource, planSources, previewItemOf, type PlannedObject } from '../plan/planning.ts';
import { sourcesOf } from '../plan/source.ts';

/** Problems that an answer shows. */
const problemSamples = 100;

/**
 * What other rules would make of everything that is connected: the same evaluation and the same plan as a cycle, and
 * nothing is written or marked. Objects join as the rules in force let them. Throws LS3203 before the tenant was read once.
 */
export async function preview(
  dependencies: SyncDependencies,
  ruleSet: RuleSet,
  samples: number,
): Promise<PreviewReport> {
  const facts = await dependencies.tenantStore.facts();
  if (facts === undefined) throw new LockstepError('LS3203', 'The tenant has not been read yet.');
  const withRules: SyncDependencies = { ...dependencies, rules: new Rules(ruleSet) };
  const connectors = (await dependencies.streams.all()).map(({ connector }) => connector);
  const window = new BudgetWindow(dependencies, connectors);
  const established = await dependencies.tenantStore.established();
  const seen = new GuidSet();
  const counts: Record<string, number> = {};
  const shown: { readonly weight: number; readonly item: PreviewItem }[] = [];
  const problems: { label: string; code: string; message: string }[] = [];
  const excesses: PreviewReport['excesses'][number][] = [];
  const leftBehind = new LeftBehindCount();
  let [evaluated, objects, problemCount] = [0, 0, 0];
  for (const connector of connectors) {
    const tally = new Map<EffectKind, number>();
    for await (const page of dependencies.space.scan(connector)) {
      const living = page.filter(isLiving).map(({ object }) => object);
      evaluated += living.length;
      for (const type of ['user', 'group'] as const) {
        const marks = living
          .filter(({ objectClass }) => pendingTypeOf(objectClass) === type)
          .map(({ objectGuid }) => ({ objectGuid, correlationId: 'rules-changed', rowKeys: [] }));
        const sources = await sourcesOf(withRules, facts, connector, marks);
        const fresh = sources.filter(({ guid }) => !seen.has(guid));
        for (const { guid } of fresh) seen.add(guid);
        for (const planned of await planSources(withRules, facts, type, fresh)) {
          const { intended } = planned.source;
          leftBehind.take(intended);
          if (intended.kind !== 'none') {
            const label = labelOfSource(planned.source);
            problemCount += intended.problems.length;
            for (const { code, message } of intended.problems) {
              if (problems.length < problemSamples) problems.push({ label, code, message });
            }
          }
          const item = previewItemOf(planned);
          if (item === undefined) continue;
          objects += 1;
          countInto(counts, planned);
          for (const effect of planned.effects) {
            if (await window.counts(connector, effect)) tally.set(effect.kind, (tally.get(effect.kind) ?? 0) + 1);
          }
          keep(shown, samples, planned, item);
        }
      }
    }
    const broken = await window.excessesOf(connector, tally, established.has(connector));
    excesses.push(...broken.map((excess) => ({ ...excess, connector })));
  }
  return {
    version: 1,
    evaluated,
    objects,
    counts,
    samples: shown.map(({ item }) => item),
    problems,
    problemCount,
    leftBehind: leftBehind.list,
    excesses,
  };
}

/** Keeps the most harmful ones, and of those that are alike the first. */
function keep(
  shown: { readonly weight: number; readonly item: PreviewItem }[],
  samples: number,
  { effects }: PlannedObject,
  item: PreviewItem,
): void {
  const weight = Math.max(0, ...effects.map(({ kind }) => weights[kind]));
  if (shown.length >= samples && weight <= (shown.at(-1)?.weight ?? Infinity)) return;
  const at = shown.findIndex((other) => other.weight < weight);
  shown.splice(at < 0 ? shown.length : at, 0, { weight, item });
  if (shown.length > samples) shown.pop();
}

const weights: Readonly<Record<EffectKind, number>> = {
  delete: 6,
  disable: 5,
  'sign-in-name': 4,
  'attribute-wipe': 3,
  'member-removal': 2,
  create: 1,
  update: 1,
};

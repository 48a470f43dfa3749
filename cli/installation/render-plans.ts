import type { PlanCause, PlanSummary } from '../../shared/contracts/plans.ts';
import type { PreviewItem } from '../../shared/contracts/preview.ts';
import type { PropertyValue } from '../../shared/engine/intended.ts';
import type { PlannedChange } from '../../shared/engine/plan.ts';
import type { Style } from '../output.ts';

const causeNames: Readonly<Record<PlanCause, string>> = {
  'source-delete': 'deleted in the directory',
  'scope-change': 'outside of what the relay reads',
  unseen: 'not in the last full read',
  'rule-scope': 'no rule wants it',
  'rule-change': 'the rules changed',
  'attribute-change': 'changed in the directory',
  drift: 'changed in Entra',
  reference: 'somebody that it names changed',
  retry: 'tried again',
};

/** Most harmful first. */
const order = [
  'delete',
  'disable',
  'sign-in-name',
  'attribute-wipe',
  'member-removal',
  'create',
  'restore',
  'update',
  'manager',
  'member-addition',
];
const countNames: Readonly<Record<string, string>> = {
  delete: 'to delete',
  disable: 'to disable',
  'sign-in-name': 'to give a new sign-in name',
  'attribute-wipe': 'to clear attributes of',
  'member-removal': 'members to remove',
  create: 'to create',
  restore: 'to restore',
  update: 'to change',
  manager: 'managers to set or clear',
  'member-addition': 'members to add',
};

/** Plans in a line each. */
export function renderPlans(plans: readonly PlanSummary[], style: Style): string {
  if (plans.length === 0) return 'No plan waits.';
  return plans
    .map((plan) => {
      const { id, connector, objects, createdAt, counts } = plan;
      return `${style('bold', id)}  ${stateOf(plan, style)}  ${connector}  ${createdAt}  ${objects} objects: ${countsText(counts)}`;
    })
    .join('\n');
}

export function renderPlan(plan: PlanSummary, style: Style): string {
  const { id, connector, createdAt, counts, causes, excesses, objects } = plan;
  return [
    `Plan ${style('bold', id)} for ${connector}: ${stateOf(plan, style)} since ${createdAt}, ${objects} objects`,
    `  ${countsText(counts)}`,
    `  because: ${causesText(causes)}`,
    ...excesses.map(({ scope, kind, planned, spent, limit }) =>
      style(
        'red',
        `  over the budget: ${planned} ${countNames[kind] ?? kind}, ${spent} in the window before; the limit${scope === 'tenant' ? ' of the tenant' : ''} is ${limit}`,
      ),
    ),
    '',
  ].join('\n');
}

function stateOf({ state, approvedBy, expiresAt }: PlanSummary, style: Style): string {
  switch (state) {
    case 'tripped':
      return style('red', 'waits for a person');
    case 'approved':
      return style('yellow', `approved by ${approvedBy ?? 'somebody'} until ${expiresAt ?? ''}`);
    default:
      return state;
  }
}

/** Numbers by kind, the most harmful first. */
export function countsText(counts: Readonly<Record<string, number>>): string {
  const parts = Object.entries(counts)
    .sort(([a], [b]) => order.indexOf(a) - order.indexOf(b))
    .map(([kind, number]) => `${number} ${countNames[kind] ?? kind}`);
  return parts.length === 0 ? 'nothing' : parts.join(', ');
}

export function causesText(causes: PlanSummary['causes']): string {
  return Object.entries(causes)
    .sort(([, a], [, b]) => b - a)
    .map(([cause, number]) => `${number} ${causeNames[cause as PlanCause]}`)
    .join(', ');
}

/** One object of a plan, in the manner of a diff. Without `why` its cause is left out, where all have the same. */
export function renderItem(
  { label, type, cause, changes, membersAdded, membersRemoved }: PreviewItem,
  style: Style,
  why = true,
): string {
  const [sign, format] = signOf(changes);
  const isNew = changes.some(({ kind }) => kind === 'create');
  return [
    style(format, `${sign} ${type} ${label}`) + (why ? style('dim', `  (${causeNames[cause]})`) : ''),
    ...changes.flatMap((change) => linesOf(change, isNew).map((line) => `    ${line}`)),
    ...(membersAdded > 0 ? [`    + ${membersAdded} members`] : []),
    ...(membersRemoved > 0 ? [`    - ${membersRemoved} members`] : []),
  ].join('\n');
}

function signOf(changes: readonly PlannedChange[]): readonly [string, 'green' | 'red' | 'yellow'] {
  const kinds = new Set(changes.map(({ kind }) => kind));
  if (kinds.has('create') || kinds.has('restore')) return ['+', 'green'];
  return kinds.has('delete') ? ['-', 'red'] : ['~', 'yellow'];
}

function linesOf(change: PlannedChange, isNew: boolean): readonly string[] {
  switch (change.kind) {
    case 'create':
      return Object.entries(change.properties).map(([property, value]) => `+ ${property}: ${valueText(value)}`);
    case 'update':
      return change.changes.map(({ property, from, to }) => `~ ${property}: ${valueText(from)} -> ${valueText(to)}`);
    case 'delete':
      return [];
    case 'restore':
      return ['restored from the deleted items'];
    case 'manager':
      if (isNew) return [`+ manager: ${change.to ?? 'none'}`];
      return [`~ manager: ${change.from === null ? 'none' : (change.from ?? '?')} -> ${change.to ?? 'none'}`];
  }
}

function valueText(value: PropertyValue): string {
  return value === null ? '(empty)' : JSON.stringify(value);
}

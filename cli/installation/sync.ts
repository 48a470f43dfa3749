import { z } from 'zod';
import { objectSyncReportSchema, type ObjectSyncReport } from '../../shared/contracts/object-sync.ts';
import { objectKey } from '../../shared/engine/space-object.ts';
import { renderExplanation } from '../explain/render.ts';
import { exitCodes, type ExitCode, type Output, type Style } from '../output.ts';
import type { Installation } from './client.ts';
import { renderItem } from './render-plans.ts';
import { problemLines } from './status.ts';

export interface SyncOptions {
  readonly explain: boolean;
  readonly all: boolean;
  readonly json: boolean;
}

/** `lockstep sync`: a cycle now; with a name, that object, and why it became what it became. */
export async function syncNow(
  installation: Installation,
  who: string | undefined,
  { explain, all, json }: SyncOptions,
  output: Output,
): Promise<ExitCode> {
  if (who === undefined) {
    await installation.post('sync', {}, z.unknown());
    output.write(
      json ? '{"started":true}' : 'A sync cycle looks at what is pending. "lockstep status" shows what becomes of it.',
    );
    return exitCodes.fine;
  }
  const report = await installation.post('objects/sync', { who }, objectSyncReportSchema);
  if (json) output.write(JSON.stringify(report, null, 2));
  else {
    output.write(render(report, output.style));
    if (explain) {
      const view = { all, attributes: [], extensions: new Map(report.extensions) };
      const label = (reference: { readonly connector: string; readonly objectGuid: string }): string =>
        report.labels[objectKey(reference)] ?? reference.objectGuid;
      output.write('');
      output.write(renderExplanation(report.explanation, report.objectGuid, view, label, output.style));
    }
  }
  return report.outcome === 'in-step' ? exitCodes.fine : exitCodes.problems;
}

const outcomes: Readonly<Record<ObjectSyncReport['outcome'], string>> = {
  'in-step': 'in step',
  failed: 'not in step',
  held: 'held: the plan of its directory is over the change budget, see "lockstep plans"',
  staged: 'not written: the installation is in staging',
  waits: 'still waits for the sync cycle; "lockstep status" says why',
};

function render(
  { label, connector, outcome, planned, problems, reason, entraId }: ObjectSyncReport,
  style: Style,
): string {
  return [
    `${style('bold', label)} of ${connector}: ${style(outcome === 'in-step' ? 'green' : 'red', outcomes[outcome])}`,
    entraId === null ? `  It is not in Entra${reason === null ? '.' : `: ${reason}`}` : `  In Entra it is ${entraId}`,
    ...(planned === null ? ['  There was nothing to do.'] : [renderItem(planned, style, false)]),
    ...problems.flatMap((problem) => [...problemLines(problem, style), `  ${problem.remedy}`]),
  ].join('\n');
}

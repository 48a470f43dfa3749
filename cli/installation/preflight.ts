import { preflightReportSchema, type PreflightReport } from '../../shared/contracts/preflight.ts';
import { exitCodes, type ExitCode, type Output, type Style } from '../output.ts';
import { leftBehindLines } from './render-left-behind.ts';
import type { Installation } from './client.ts';

/** `lockstep preflight`: what a first export would take over, and what it must not. Ends with 1 when anything is refused. */
export async function showPreflight(
  installation: Installation,
  { limit, json }: { readonly limit: number; readonly json: boolean },
  output: Output,
): Promise<ExitCode> {
  const report = await installation.get('preflight', preflightReportSchema);
  output.write(json ? JSON.stringify(report, null, 2) : render(report, limit, output.style));
  return report.counts.refused > 0 ? exitCodes.problems : exitCodes.fine;
}

function render(
  { matching, known, counts, items, domains, orphans, leftBehind }: PreflightReport,
  limit: number,
  style: Style,
): string {
  const foreign = Object.entries(domains.foreign);
  const hidden = items.length - Math.min(items.length, limit);
  return [
    ...items
      .slice(0, limit)
      .map(({ label, type, outcome, entraId, code, message }) =>
        outcome === 'refused'
          ? style('red', `! ${type} ${label}: ${code ?? ''} ${message ?? ''}`)
          : `= ${type} ${label}: takes over ${entraId ?? ''} by its ${outcome === 'anchor' ? 'anchor' : outcome.replaceAll('-', ' ')}`,
      ),
    ...(hidden > 0 ? [style('dim', `  and ${hidden} more objects; --limit shows more`)] : []),
    ...(items.length > 0 ? [''] : []),
    `${known} objects have their counterpart; ${counts.anchor + counts.mail + counts['sign-in-name']} would be taken over, ${counts.create} created, ${counts.refused} refused.`,
    `Taken over: ${counts.anchor} by anchor, ${counts.mail} by mail address, ${counts['sign-in-name']} by sign-in name (LOCKSTEP_MATCHING is "${matching}").`,
    `Verified domains: ${domains.verified.join(', ')}${domains.federated.length > 0 ? `; federated: ${domains.federated.join(', ')}` : ''}`,
    ...foreign.map(([domain, users]) =>
      style('yellow', `${users} users are in ${domain}, which the tenant does not have.`),
    ),
    ...(orphans > 0
      ? [`${orphans} objects of the tenant carry an anchor that no directory object has; they are left alone.`]
      : []),
    ...leftBehindLines(leftBehind, style),
  ].join('\n');
}

import type { PreviewReport } from '../../shared/contracts/preview.ts';
import { countsText, renderItem } from '../installation/render-plans.ts';
import { leftBehindLines } from '../installation/render-left-behind.ts';
import type { Style } from '../output.ts';

/** A preview in the manner of a diff: the objects, then the sum. */
export function renderPreview(report: PreviewReport, style: Style): string {
  const { evaluated, objects, counts, samples, problems, problemCount, leftBehind, excesses } = report;
  const hidden = objects - samples.length;
  return [
    ...samples.map((item) => renderItem(item, style, false)),
    ...(hidden > 0 ? [style('dim', `  and ${hidden} more objects`)] : []),
    ...(samples.length > 0 ? [''] : []),
    ...problems.map(({ label, code, message }) => `${style('yellow', code)} ${label}: ${message}`),
    ...(problemCount > problems.length ? [style('dim', `  and ${problemCount - problems.length} more problems`)] : []),
    ...leftBehindLines(leftBehind, style),
    `${style('bold', 'Plan:')} ${countsText(counts)}. ${evaluated} objects were evaluated, ${objects} would change.`,
    ...excesses.map(({ connector, kind, planned, spent, limit }) =>
      style(
        'red',
        `Over the change budget of ${connector}: ${planned} x ${kind}, ${spent} before, the limit is ${limit}.`,
      ),
    ),
  ].join('\n');
}

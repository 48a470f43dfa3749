import type { LeftBehind } from '../../shared/entra/left-behind.ts';
import type { Style } from '../output.ts';

/** Attributes that a line names; `--json` has all of them. */
const named = 5;

/** One line a reason. */
export function leftBehindLines(leftBehind: readonly LeftBehind[], style: Style): readonly string[] {
  return leftBehind.map(({ reason, objects, attributes }) => {
    const names = Object.entries(attributes)
      .sort(([, a], [, b]) => b - a)
      .map(([name, count]) => `${name} (${count})`);
    const more = names.length > named ? ` and ${names.length - named} more` : '';
    const what = names.length === 0 ? '' : `, ${names.slice(0, named).join(', ')}${more}`;
    return style('dim', `Left behind: ${objects} ${objects === 1 ? 'object' : 'objects'}${what}. ${reason}`);
  });
}

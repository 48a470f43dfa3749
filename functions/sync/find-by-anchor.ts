import { anchorKeyOf, anchorKeyOfUniqueName, uniqueNameOf } from '../../shared/engine/anchor.ts';
import type { EntraTenant, TenantObject } from './tenant.ts';

/** The key of the anchor that an object of the tenant carries; `undefined` when it carries none of ours. */
export function anchorKeyOfTenantObject({ type, anchor }: TenantObject): string | undefined {
  if (anchor === null) return undefined;
  return type === 'user' ? anchorKeyOf(anchor) : anchorKeyOfUniqueName(anchor);
}

/** The object of the tenant that carries the anchor, as it is shown now. */
export async function findByAnchor(
  type: 'user' | 'group',
  sourceAnchor: string,
  tenant: EntraTenant,
): Promise<TenantObject | undefined> {
  const found =
    type === 'user'
      ? await tenant.userByAnchor(sourceAnchor)
      : await tenant.groupByUniqueName(uniqueNameOf(sourceAnchor));
  return found !== undefined && anchorKeyOfTenantObject(found) === anchorKeyOf(sourceAnchor) ? found : undefined;
}

import type { SambaDc } from '../samba/samba-dc.ts';
import { contosoLdif } from './contoso.ts';
import { estateForSamba } from './for-samba.ts';

/** Puts an estate, by default the example one, into a fresh domain; takes about two seconds. Not to be repeated. */
export async function fillWithEstate(dc: Pick<SambaDc, 'baseDn' | 'bulkLoad'>, ldifText?: string): Promise<void> {
  await dc.bulkLoad(estateForSamba(ldifText ?? contosoLdif(), dc.baseDn));
}

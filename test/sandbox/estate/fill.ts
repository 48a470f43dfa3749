import type { SambaDc } from '../samba/samba-dc.ts';
export async function fillWithEstate(_dc: SambaDc): Promise<void> {
  await Promise.resolve();
}

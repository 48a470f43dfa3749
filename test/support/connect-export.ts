import { readdirSync } from 'node:fs';
import type { ExportFile } from '../../shared/rules/import/import-configuration.ts';
import { fixture, fixturePath } from './evaluation.ts';

/** Every file of the real configuration export. */
export function connectExport(): readonly ExportFile[] {
  return ['Connectors', 'GlobalSettings', 'SynchronizationRules'].flatMap((folder) =>
    readdirSync(fixturePath(`connect-export/${folder}`))
      .sort()
      .map((file) => ({ name: file, text: fixture(`connect-export/${folder}/${file}`) })),
  );
}

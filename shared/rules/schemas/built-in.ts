import type { RuleSchemas } from '../schema.ts';
import { activeDirectorySchema } from './active-directory.ts';
import { entraSchema } from './entra.ts';
import { metaverseSchema } from './metaverse.ts';

/** The attributes that rules may name without declaring them. */
export const builtInSchemas: RuleSchemas = {
  activeDirectory: activeDirectorySchema,
  metaverse: metaverseSchema,
  entra: entraSchema,
};

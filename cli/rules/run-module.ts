import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';

const definitions: Readonly<Record<string, string>> = {
  'lockstep/rules': new URL('../../shared/rules/authoring/define-rules.ts', import.meta.url).href,
  'lockstep/cases': new URL('../../shared/rules/testing/cases.ts', import.meta.url).href,
};

/**
 * Runs a file of the operator and gives its default export. Wherever the file lies, `lockstep/rules` and `lockstep/cases`
 * mean this Lockstep: rules are kept in repositories of their own, in which it is not installed.
 */
export async function defaultExportOf(file: string): Promise<unknown> {
  const hooks = registerHooks({
    resolve: (specifier, context, next) => {
      const url = definitions[specifier];
      return url === undefined ? next(specifier, context) : { url, shortCircuit: true };
    },
  });
  try {
    const module = (await import(pathToFileURL(file).href)) as { default?: unknown };
    return module.default;
  } finally {
    hooks.deregister();
  }
}

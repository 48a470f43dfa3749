import { globSync, readFileSync } from 'node:fs';
import { createRequire, registerHooks } from 'node:module';
import { join, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import type { CoreModule } from './core-shim.ts';
import { HostError, messageOf } from './host-error.ts';

const manifestSchema = z.object({ main: z.string().min(1) });
const coreName = '@azure/functions-core';
const coreUrl = 'functions-host:core';

/** Where the injected module finds the core of the app that is being loaded. */
const slot = globalThis as { lockstepFunctionsCore?: CoreModule };

let hooked = false;

/**
 * Makes `require('@azure/functions-core')` answer with the current core, as the Node worker does. The module itself only
 * forwards: the SDK keeps what it got for the life of the process, and a process may start the host more than once.
 */
function installHooks(): void {
  if (hooked) return;
  hooked = true;
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === coreName ? { url: coreUrl, format: 'commonjs', shortCircuit: true } : next(specifier, context),
    load: (url, context, next) =>
      url === coreUrl
        ? {
            format: 'commonjs',
            shortCircuit: true,
            source: `module.exports = new Proxy({}, { get: (_, name) => globalThis.lockstepFunctionsCore[name] });`,
          }
        : next(url, context),
  });
}

/** The entry points that `main` names: a path, or a glob as the worker allows. */
function entryPoints(appRoot: string): string[] {
  const manifest = manifestSchema.safeParse(JSON.parse(readFileSync(join(appRoot, 'package.json'), 'utf8')));
  if (!manifest.success) throw new HostError(`package.json in ${appRoot} names no "main" entry point.`);
  const files = globSync(manifest.data.main, { cwd: appRoot }).sort();
  if (files.length === 0) {
    throw new HostError(`No file matches the entry point "${manifest.data.main}" of ${appRoot}. Was the app built?`);
  }
  return files.map((file) => resolve(appRoot, file));
}

/** Forgets modules of the app, so that a second start in the same process runs its top level again. */
function forget(appRoot: string, cache: NodeJS.Require['cache']): void {
  const inside = resolve(appRoot) + sep;
  for (const file of Object.keys(cache)) {
    // Node's own way to unload a module is to delete it from this map.
    if (file.startsWith(inside) && !file.includes(`${sep}node_modules${sep}`)) Reflect.deleteProperty(cache, file);
  }
}

/**
 * Runs the app's entry points with `core` as its worker. They register functions and hooks on the way.
 * @throws HostError when an entry point is missing or throws; the cause is what it threw.
 */
export async function loadApp(appRoot: string, core: CoreModule): Promise<void> {
  installHooks();
  slot.lockstepFunctionsCore = core;
  const load = createRequire(join(resolve(appRoot), 'package.json'));
  forget(appRoot, load.cache);
  for (const file of entryPoints(appRoot)) {
    try {
      await loadEntryPoint(load, file);
    } catch (error) {
      throw new HostError(`The entry point ${file} failed to load: ${messageOf(error)}`, error);
    }
  }
}

async function loadEntryPoint(load: NodeJS.Require, file: string): Promise<void> {
  try {
    load(file);
  } catch (error) {
    // Node's require takes ES modules too, but not those with a top-level await.
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_REQUIRE_ASYNC_MODULE')) throw error;
    await import(/* @vite-ignore */ pathToFileURL(file).href);
  }
}

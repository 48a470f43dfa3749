import { HostError } from './host-error.ts';
import type { BindingInfo } from './rpc-types.ts';

/** The settings of an app by name. */
export type Settings = Readonly<Record<string, string>>;

/**
 * Replaces `%name%` by the setting of that name, in the places where the Functions host does.
 * @throws HostError when there is no such setting: the host refuses to index the function then.
 */
export function expandSettings(text: string, settings: Settings): string {
  return text.replace(/%([^%\s]+)%/g, (whole, name: string) => {
    const value = settings[name];
    if (value === undefined) throw new HostError(`'${whole}' does not resolve to a value: no app setting "${name}".`);
    return value;
  });
}

/** A text property of a binding with its settings filled in, or undefined when the binding lacks it. */
export function bindingText(binding: BindingInfo, property: string, settings: Settings): string | undefined {
  const value = binding[property];
  return typeof value === 'string' && value !== '' ? expandSettings(value, settings) : undefined;
}

/** Like bindingText, for a property that must be there. */
export function requiredText(binding: BindingInfo, property: string, settings: Settings): string {
  const value = bindingText(binding, property, settings);
  if (value === undefined) throw new HostError(`The binding ${binding.type} lacks "${property}".`);
  return value;
}

/** Puts the settings into process.env, where the app reads them, and returns what takes them out again. */
export function applySettings(settings: Settings): () => void {
  const before = new Map(Object.keys(settings).map((name) => [name, process.env[name]]));
  Object.assign(process.env, settings);
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
  };
}

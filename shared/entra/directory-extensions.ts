import type { RuleSet } from '../rules/model.ts';

/** A directory extension as Entra defines it (Graph "extensionProperty"). Users and groups may have it. */
export interface ExtensionDefinition {
  /** Without the application: what Entra puts behind `extension_…_`. */
  readonly name: string;
  /** The property that objects have: `extension_0123456789abcdef0123456789abcdef_costCode`. */
  readonly property: string;
  /** Everything that is not true or false travels as text: numbers in digits, bytes in base64. */
  readonly dataType: 'String' | 'Boolean';
  readonly multiValued: boolean;
}

/** Where the extension attributes of a rule set go, by the name that they have in rules. */
export type ExtensionTargets = ReadonlyMap<string, ExtensionDefinition>;

const prefix = 'extension_';

/** Of the name that an attribute has in rules, and of the name of its property. */
export function isExtensionAttribute(attribute: string): boolean {
  return attribute.startsWith(prefix);
}

/** The extension attributes of the rule set, none where it names no application that holds them. */
export function extensionTargets({ extensionApplication, attributes }: RuleSet): ExtensionTargets {
  if (extensionApplication === null) return new Map();
  const application = extensionApplication.replaceAll('-', '').toLowerCase();
  return new Map(
    attributes
      .filter(({ space, name }) => space === 'entra' && isExtensionAttribute(name))
      .map(({ name: attribute, type, multiValued }) => {
        const name = attribute.slice(prefix.length);
        const property = `${prefix}${application}_${name}`;
        return [attribute, { name, property, dataType: type === 'boolean' ? 'Boolean' : 'String', multiValued }];
      }),
  );
}

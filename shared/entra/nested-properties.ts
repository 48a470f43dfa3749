import type { Properties, PropertyValue } from '../engine/intended.ts';

/**
 * Microsoft Graph keeps some values inside a larger property. Here each is a property of its own, under its path as OData
 * writes it (`employeeOrgData/division`), so that it is compared, planned, refused and reported by itself.
 */
export function ownerOf(property: string): string {
  return property.split('/', 1)[0] ?? property;
}

/** The form in which Graph takes the properties. */
export function nested(properties: Properties): Readonly<Record<string, unknown>> {
  const body: Record<string, unknown> = {};
  for (const [property, value] of Object.entries(properties)) {
    const owner = ownerOf(property);
    if (owner === property) body[property] = value;
    else body[owner] = { ...(body[owner] as object | undefined), [property.slice(owner.length + 1)]: value };
  }
  return body;
}

/** The value of a property in an object as Graph shows it. */
export function valueAt(object: Readonly<Record<string, unknown>>, property: string): unknown {
  const owner = ownerOf(property);
  const value = object[owner];
  if (owner === property) return value;
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[property.slice(owner.length + 1)]
    : undefined;
}

/**
 * The changes, and with each part of a larger property the parts beside it as they are known: Graph takes a part that an
 * update leaves out for null (Graph "Update user", `employeeOrgData`).
 */
export function withParts(changes: Properties, known: Properties): Properties {
  const owners = new Set(
    Object.keys(changes)
      .filter((name) => ownerOf(name) !== name)
      .map(ownerOf),
  );
  if (owners.size === 0) return changes;
  const beside = Object.entries(known).filter(([name]) => owners.has(ownerOf(name)));
  return { ...Object.fromEntries<PropertyValue>(beside), ...changes };
}

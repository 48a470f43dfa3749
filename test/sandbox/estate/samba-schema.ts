/** Attributes whose values are DNs and that a client may write; members and managers may come before their targets. */
export const linkAttributes: ReadonlySet<string> = lowerCase(
  ...['assistant', 'managedBy', 'manager', 'member', 'secretary', 'seeAlso'],
);

/**
 * What a domain controller sets or computes by itself (MS-ADTS 3.1.1.5.2, 3.1.1.4.5), back links, and what only makes sense
 * together with the controller's own numbers. The naming attributes follow from the DN.
 */
const assigned = lowerCase(
  ...['badPasswordTime', 'badPwdCount', 'canonicalName', 'cn', 'createTimeStamp', 'directReports', 'distinguishedName'],
  ...['dSCorePropagationData', 'instanceType', 'isCriticalSystemObject', 'lastLogoff', 'lastLogon'],
  ...['lastLogonTimestamp', 'lockoutTime', 'logonCount', 'managedObjects', 'memberOf', 'modifyTimeStamp', 'name'],
  ...['nTSecurityDescriptor', 'objectCategory', 'objectGUID', 'objectSid', 'ou', 'parentGUID', 'primaryGroupID'],
  ...['pwdLastSet', 'replPropertyMetaData', 'sAMAccountType', 'sIDHistory', 'structuralObjectClass'],
  ...['subSchemaSubEntry', 'systemFlags', 'tokenGroups', 'uSNChanged', 'uSNCreated', 'whenChanged', 'whenCreated'],
);

/** Exchange's extension of the schema, which a fresh domain has not got; proxyAddresses is in every domain (MS-ADA3). */
const exchange = /^(?:msExch.*|extensionAttribute\d+|mailNickname|targetAddress|homeMDB|homeMTA|mDB.*)$/i;

/** Whether a value of the attribute can be written to a fresh domain as it stands. */
export function isWritable(attribute: string): boolean {
  const name = attribute.toLowerCase();
  return !assigned.has(name) && !linkAttributes.has(name) && !exchange.test(name);
}

function lowerCase(...names: readonly string[]): ReadonlySet<string> {
  return new Set(names.map((name) => name.toLowerCase()));
}

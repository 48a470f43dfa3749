import { directoryAttributes } from '../../directory/attributes.ts';
import type { AttributeSchema, SchemaAttribute } from '../schema.ts';
import { valueTypeOf } from '../schema.ts';
import { asSchema, schemaOf } from './schema-of.ts';

/** What every object has by itself: these need not travel among its attributes. */
export const inherentAttributes: AttributeSchema = schemaOf({
  binary: 'objectGUID',
  // Names are text to rules: `CRef([dn])` makes a reference of one. `cn` is the value of `name`.
  string: 'dn distinguishedName cn',
  'string*': 'objectClass',
});

/** An attribute that rules may name and that has no value, because the relay does not read it. */
export interface UnreadAttribute extends SchemaAttribute {
  readonly reason: string;
}

/** Attributes of Entra Connect's rules that the relay does not read. */
export const unreadAttributes: readonly UnreadAttribute[] = [
  ...unread(
    'Photos and certificates have no bound that would fit a message of the change stream, and Microsoft Graph takes neither with a user, group or device.',
    schemaOf({ binary: 'thumbnailPhoto', 'binary*': 'photo userCertificate userSMIMECertificate' }),
  ),
  ...unread(
    'A back link is not replicated, so a change of it never shows in DirSync.',
    schemaOf({ 'reference*': 'msExchBypassModerationFromDLMembersBL' }),
  ),
  ...unread(
    'The directory holds a SID where the rules expect a reference, and the relay does not know whose SID it is.',
    schemaOf({ reference: 'mS-DS-CreatorSID' }),
  ),
  ...unread(
    'They belong to site mailboxes, which Microsoft has retired.',
    schemaOf({
      string: 'msExchTeamMailboxExpiration msExchTeamMailboxSharePointUrl',
      reference: 'msExchTeamMailboxSharePointLinkedBy',
      'reference*': 'msExchTeamMailboxOwners',
    }),
  ),
  ...unread(
    'They are only written by rules that write back to the directory.',
    schemaOf({
      string: 'msDS-ExternalDirectoryObjectID msDS-DeviceOSType msDS-DeviceOSVersion',
      'string*': 'msExchUCVoiceMailSettings altSecurityIdentities msDS-DevicePhysicalIDs',
      number: 'msExchArchiveStatus msDS-DeviceObjectVersion',
      boolean: 'msDS-IsCompliant msDS-IsEnabled msDS-IsManaged',
      binary: 'msDS-CloudAnchor msDS-DeviceID',
      'binary*': 'msDS-KeyCredentialLink',
      reference: 'msDS-RegisteredOwner',
    }),
  ),
];

/** The connector space of a forest as rules see it. */
export const activeDirectorySchema: AttributeSchema = asSchema([
  ...inherentAttributes.values(),
  ...directoryAttributes.map(({ name, syntax, multiValued }) => ({ name, type: valueTypeOf(syntax), multiValued })),
  ...unreadAttributes.map(({ name, type, multiValued }) => ({ name, type, multiValued })),
]);

function unread(reason: string, schema: AttributeSchema): readonly UnreadAttribute[] {
  return [...schema.values()].map((attribute) => ({ ...attribute, reason }));
}

/** Of a linked mailbox only the account in the other forest goes to Entra: by itself it has no anchor and no type. */
export function unlessLinkedMailbox(text: string): string {
  return `IIF(IsPresent([msExchRecipientTypeDetails]),
  IIF([msExchRecipientTypeDetails] = 2, NULL, ${text}),
  ${text})`;
}

/**
 * What identifies the object for good: mS-DS-ConsistencyGuid where it has one (it moved here from another domain, or
 * another product wrote it), else objectGUID.
 */
export const anchorBinary = 'IIF(IsPresent([mS-DS-ConsistencyGuid]), [mS-DS-ConsistencyGuid], [objectGUID])';

export const anchorText: string = base64(anchorBinary);

const unchanged = `IIF([cloudSourceAnchor] = [sourceAnchor], [sourceAnchor],
    Error("The source anchor has changed. Entra holds the object under another one."))`;

/** The anchor for Entra, which must not change once Entra has the object. */
export const guardedAnchor: string = whenKnown(unchanged);

/** As {@link guardedAnchor}, but a contact that became a user, or the other way round, may take a new anchor. */
export const guardedAnchorOfType: string = whenKnown(
  `IIF(Word([cloudAnchor], 1, "_") = [sourceObjectType], ${unchanged}, [sourceAnchor])`,
);

function base64(binary: string): string {
  return `ConvertToBase64(${binary})`;
}

function whenKnown(anchor: string): string {
  return `IIF(IsPresent([cloudSourceAnchor]),
  ${anchor},
  [sourceAnchor])`;
}

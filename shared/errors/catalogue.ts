/** One documented failure. `cause` and `remedy` are the general ones; an error may carry a more exact remedy. */
export interface CatalogueEntry {
  readonly title: string;
  readonly cause: string;
  readonly remedy: string;
}

/**
 * Every error code of Lockstep. Codes are never reused: a retired one keeps its line with the word "retired" in its title.
 *
 * LS10xx settings, LS11xx directory (LDAP), LS12xx directory (LDIF), LS20xx Service Bus and messages,
 * LS30xx Microsoft Graph and the tenant, LS31xx one object in Entra, LS40xx state, LS50xx rules, LS51xx rules on one object.
 */
const entries = {
  LS1001: {
    title: 'A setting is missing or makes no sense',
    cause:
      'A command line option, an environment variable or an application setting is absent, malformed, or contradicts another one.',
    remedy: 'Correct the setting that the message names.',
  },
  LS1002: {
    title: 'A file named by a setting cannot be read',
    cause: 'The file does not exist, is a folder, or may not be read by this account.',
    remedy: 'Correct the path or the permissions of the file.',
  },
  LS1003: {
    title: 'Plain LDAP was not asked for in so many words, or not on this machine',
    cause:
      'An ldap:// address without StartTLS would send the password in clear. It is allowed for loopback addresses only, and only when asked for.',
    remedy: 'Use ldaps://, or ldap:// with StartTLS.',
  },
  LS1004: {
    title: 'The local port cannot be used',
    cause: 'Another process listens at the port of the loopback interface that a setting names.',
    remedy: 'Name another port, or end the other process.',
  },
  LS1005: {
    title: 'No relay answers on this machine',
    cause: 'The relay does not run, runs without a control file, or the file may not be read by this account.',
    remedy: 'Start the relay with --control-file, and ask as an account that may read that file.',
  },
  LS1006: {
    title: 'The service cannot be installed',
    cause: 'This machine has no service manager that is known, or a command of it failed.',
    remedy: 'The message names the step; --dry-run shows all of them.',
  },
  LS1007: {
    title: 'The password of the account cannot be had',
    cause:
      'Key Vault refused the secret or does not answer, Windows could not decrypt the file, or the password is empty.',
    remedy:
      'The message says why. For Key Vault the identity needs the role Key Vault Secrets User; a protected file is good on the machine that made it only.',
  },
  LS1101: {
    title: 'The domain controller cannot be reached',
    cause: 'Nothing answers at the address: wrong name or port, the server is down, or a firewall is in between.',
    remedy: 'Check the address, and that port 636 (LDAPS) or 389 (StartTLS) is open from this machine.',
  },
  LS1102: {
    title: 'The directory refused the bind',
    cause:
      'The name or the password of the account is wrong, or the account may not sign in (disabled, expired, locked).',
    remedy: 'Check the bind name and the password file.',
  },
  LS1103: {
    title: "The domain controller's certificate is not trusted",
    cause:
      'It was issued by a certificate authority that this machine does not know, has expired, or carries another name.',
    remedy:
      "Give the issuing authority's certificate with --ca, and use a name that stands in the server's certificate.",
  },
  LS1104: {
    title: 'The base DN is not a naming context of this server',
    cause: 'The DirSync control reads whole naming contexts; the base DN names something else, or nothing.',
    remedy: 'Use one of the naming contexts that the message lists.',
  },
  LS1105: {
    title: 'The account may not read changes',
    cause: 'The directory refused the DirSync search for lack of rights.',
    remedy:
      'Grant the account "Replicating Directory Changes" on the domain, or let it read the objects it should synchronise.',
  },
  LS1106: {
    title: 'The directory answered in a way that the protocol does not allow',
    cause: 'A response could not be decoded, or a control that was asked for was not answered.',
    remedy:
      'Check that the server is an Active Directory domain controller; if it is, report the message with its code.',
  },
  LS1107: {
    title: 'The directory shows no object at all',
    cause:
      'The read succeeded and was empty. This is what missing rights look like, so it is never taken as "everything was deleted".',
    remedy: 'Check the rights of the bind account and the base DN.',
  },
  LS1108: {
    title: 'The connection to the directory was lost',
    cause: 'The domain controller closed the connection or stopped answering.',
    remedy: 'Nothing to do: the relay reconnects and continues from its cookie. If it repeats, check the server.',
  },
  LS1109: {
    title: 'The directory refused the request',
    cause: 'The server answered a search with an error that no other code covers.',
    remedy: 'The message carries the result code and the text of the server.',
  },
  LS1110: {
    title: 'DNS names no domain controller',
    cause: 'The SRV records of the domain are missing, or the resolver of this machine does not know the domain.',
    remedy: "Let the machine ask the domain's DNS servers, or list domain controllers instead of naming the domain.",
  },
  LS1111: {
    title: 'The directory does not show what the scope names',
    cause:
      'A container or the pilot group was deleted, or the account may not see it. This is never taken as "nothing is in scope any more".',
    remedy: 'Correct the scope, or let the account read the object that the message names.',
  },
  LS1112: {
    title: 'The directory was reorganised while it was read',
    cause: 'A container that the scope names was renamed or moved in the middle of a read.',
    remedy: 'Nothing to do: the directory is read again.',
  },
  LS1113: {
    title: 'The scope was changed, and objects would leave it',
    cause:
      'With the scope as it is set now, objects that were synchronised so far no longer are, and would be deleted in Entra.',
    remedy:
      'See with "lockstep-relay scope" which ones. Then start the relay with --accept-scope and the name that the message gives, or set the scope back.',
  },
  LS1114: {
    title: 'Anchors cannot be written back',
    cause: 'The relay was told to write mS-DS-ConsistencyGuid, and the account may not.',
    remedy:
      'Grant Write Property on that attribute of users: dsacls "DC=…" /I:S /G "DOMAIN\\account:WP;mS-DS-ConsistencyGuid;user". Synchronisation goes on meanwhile.',
  },
  LS1115: {
    title: 'The relay cannot sign in by Kerberos',
    cause:
      'Who runs the relay has no ticket and no keytab, the clock differs by more than five minutes, no domain controller has the name that the setting gives it, or the npm package "kerberos" is not there.',
    remedy:
      'See whether "kinit -k" (Windows: "klist get ldap/<domain controller>") works as the account of the relay, and name domain controllers as the directory does.',
  },
  LS1201: {
    title: 'A line of the LDIF file is broken',
    cause: 'The file does not follow RFC 2849 at the line that the message names.',
    remedy: 'Correct the line; the file is read again as soon as it changes.',
  },
  LS1202: {
    title: 'An entry of the LDIF file lacks what is needed to follow it',
    cause: 'Two entries share a DN or an objectGUID, or an entry has no object class.',
    remedy: 'Correct the entry that the message names.',
  },
  LS1301: {
    title: 'A request to the API makes no sense',
    cause: 'A parameter or the body is not in the form that the API expects.',
    remedy: 'Correct what the message names. docs/Reference/settings.md describes the API.',
  },
  LS1302: {
    title: 'The installation cannot be reached',
    cause: 'LOCKSTEP_URL is not set or wrong, the function app does not answer, or it refuses the key.',
    remedy:
      'Set LOCKSTEP_URL to the address of the function app and LOCKSTEP_KEY to one of its function keys, and try again.',
  },
  LS2001: {
    title: 'Service Bus cannot be reached or refused the connection',
    cause: 'The namespace name is wrong, the network blocks it, or the identity has no role on the queue.',
    remedy: 'Check the namespace, the firewall, and the roles of the identity.',
  },
  LS2002: {
    title: 'A message does not have the form it must have',
    cause: 'The sender is broken, or another program writes to the queue. The message stays in the dead-letter queue.',
    remedy: 'Look at the message in the dead-letter queue; the message names the field.',
  },
  LS2003: {
    title: 'A message has a version that this release does not know',
    cause: 'The sender is newer than the receiver. The message stays in the dead-letter queue.',
    remedy: 'Update the side that is older, then resubmit the message.',
  },
  LS2004: {
    title: 'A change batch is missing',
    cause: 'The sequence of a change stream has a gap, so the state could no longer be trusted.',
    remedy: 'Nothing to do: a full read was asked for and brings the stream back in step.',
  },
  LS2005: {
    title: 'A full read does not add up',
    cause:
      'The number of objects that arrived is not the number that the relay says it sent. Nothing was taken as deleted.',
    remedy: 'Nothing to do: a full read was asked for again. If it repeats, look into the dead-letter queue.',
  },
  LS2006: {
    title: 'No relay is heard',
    cause:
      'The relay of a directory is stopped, its machine is off, or it cannot reach Service Bus. Changes of the directory wait.',
    remedy: 'Look at the relay with `lockstep-relay status` and at its log, and start it.',
  },
  LS3001: {
    title: 'Microsoft Graph cannot be reached',
    cause: 'The network blocks it, or the service is not answering.',
    remedy: 'Check the network; the sync continues by itself once Graph answers.',
  },
  LS3002: {
    title: 'Microsoft Graph refused the token',
    cause: 'The token is missing, expired, of another tenant, or for another audience.',
    remedy: 'Check the managed identity, or the token or certificate that was configured.',
  },
  LS3003: {
    title: 'Microsoft Graph refused an operation for lack of permission',
    cause: 'The application was not granted the permission, or the object is protected by a directory role.',
    remedy: 'Grant the permissions that docs/Reference/permissions.md lists, with admin consent.',
  },
  LS3004: {
    title: 'No token could be obtained',
    cause: 'The managed identity endpoint, or the token service, did not give one.',
    remedy: 'Check that the identity is assigned to the function app.',
  },
  LS3005: {
    title: 'Microsoft Graph answered in a way that was not expected',
    cause: 'The body of the answer does not have the documented form.',
    remedy: 'The message names the request; report it with its request id.',
  },
  LS3006: {
    title: "The tenant has none of the users' domains",
    cause:
      'No user that should be synchronised has a sign-in name in a domain that is verified in the tenant. Nothing was written.',
    remedy: 'Add the domain to the tenant and verify it, or give the users sign-in names in a verified domain.',
  },
  LS3007: {
    title: 'A plan is over the change budget',
    cause:
      'What is pending for a directory would, together with what was done in the window before, delete, disable, rename or otherwise change more objects than the budget allows. Nothing of that plan is written; other directories go on.',
    remedy:
      'Look at it with "lockstep plans <id>". Undo the change in the directory or the rules if it was a mistake; if it was meant, "lockstep approve <id>" lets exactly this plan pass.',
  },
  LS3008: {
    title: "The tenant's object quota is used up",
    cause: 'Microsoft Entra refuses to create more objects.',
    remedy: 'Ask Microsoft for a larger quota or remove objects; the sync continues by itself.',
  },
  LS3009: {
    title: 'The application that holds the directory extensions is not in the tenant',
    cause: 'The tenant has no app registration with the client id that the rules name as extensionApplication.',
    remedy:
      'Register an application in the tenant, make the identity of Lockstep its owner, and name its client id in the rules.',
  },
  LS3010: {
    title: 'A directory extension exists with another type',
    cause:
      'The application has an extension of that name that is not of the type that the rules give it, or not for users and groups. Entra cannot change an extension.',
    remedy: 'Give the attribute another name or the type that the extension has, or use another application.',
  },
  LS3011: {
    title: 'A directory extension is not defined, and staging defines none',
    cause: 'The rules give the attribute a place in a directory extension that the tenant does not have yet.',
    remedy: 'Let the live installation have these rules first, or define the extension in the tenant.',
  },
  LS3101: {
    title: 'The sign-in name is in a domain that the tenant does not have',
    cause:
      'The domain after the @ of the user principal name is not verified in the tenant. The user signs in with a name in the initial domain of the tenant instead.',
    remedy: 'Verify the domain in the tenant, or change the user principal name in Active Directory.',
  },
  LS3102: {
    title: 'Another object already has this value',
    cause: 'The user principal name, the mail address or the immutable id is held by another object of the tenant.',
    remedy:
      'Change the value on one of the two objects. If both are one person and the one in the tenant has no immutable id, LOCKSTEP_MATCHING=address joins them.',
  },
  LS3103: {
    title: 'A value breaks a rule of Entra and was set aside',
    cause:
      'It is too long, has characters that Entra refuses, or is held by another object. The rest of the object is in step.',
    remedy: 'Correct the value in Active Directory.',
  },
  LS3104: {
    title: 'Entra refused the object',
    cause:
      "Microsoft Graph answered with an error that no other code covers; the message carries Entra's own code and text.",
    remedy: "Read Entra's text; correct the object in Active Directory.",
  },
  LS3105: {
    title: 'The sign-in name cannot be used in Entra',
    cause:
      "The user signs in with a name in the initial domain of the tenant instead, if any can be made: the name is missing, too long (64 characters before the @ and 48 after it), has a dot right before the @, or has characters that Entra refuses (accents, blanks, anything but A-Z a-z 0-9 ' . - _ ! # ^ ~).",
    remedy: 'Correct the user principal name in Active Directory.',
  },
  LS3106: {
    title: 'The object is managed by another synchronisation',
    cause: 'Microsoft Entra says that this object is mastered on premises by another tool.',
    remedy: 'Remove the object from the scope of the other tool, or from the scope of Lockstep.',
  },
  LS3107: {
    title: 'An object of the tenant carries an anchor that belongs to another object',
    cause:
      'Entra holds the sign-in name or the unique name on an object whose anchor is not that of this directory object.',
    remedy: 'Remove or rename the object in the tenant, or correct its immutable id.',
  },
  LS3108: {
    title: 'The source anchor cannot be used in Entra',
    cause:
      'The attribute that the rules take as source anchor has a value that is too long or has characters that Entra refuses.',
    remedy:
      'Use another attribute as source anchor, or correct the value before the object is synchronised for the first time.',
  },
  LS3109: {
    title: 'An object of the tenant that holds a directory role is not taken over',
    cause:
      'It has the anchor, the mail address or the sign-in name of the directory object, and it, or a group that it belongs to, is assigned a directory role. Whoever can write to the directory must not become an administrator by that.',
    remedy:
      'If the two belong together, take the role away, change the object in Active Directory so that it is synchronised, and give the role again; else correct the immutable id, the address or the name on one of them.',
  },
  LS3110: {
    title: 'An object of the tenant could be taken over, but that is switched off',
    cause: 'It carries the anchor of the directory object, and LOCKSTEP_MATCHING is "none".',
    remedy: 'Set LOCKSTEP_MATCHING to "anchor", or remove the immutable id from the object.',
  },
  LS3111: {
    title: 'Entra does not know a directory extension yet',
    cause: 'The extension was defined a moment ago and is not known everywhere, or someone has deleted it.',
    remedy:
      'None at first: the object is tried again. If it stays, see whether the application of the rules still has the extension.',
  },
  LS3112: {
    title: 'Somebody else has changed the object in Entra',
    cause: 'Entra shows something else than Lockstep wrote, and LOCKSTEP_DRIFT is "report": it was left as it is.',
    remedy:
      'Undo the change in Entra, or make it in Active Directory; "lockstep sync <who>" writes what the directory says.',
  },
  LS3113: {
    title: 'A user of a federated domain cannot get an immutable id',
    cause:
      'It has the address or the sign-in name of the directory object and no immutable id, and Microsoft Graph does not set one while the sign-in name is in a federated domain.',
    remedy:
      'Give the user of the tenant a sign-in name in the initial domain, let it be taken over, and it gets its own name back; or set its immutable id first.',
  },
  LS3201: {
    title: 'There is no such plan',
    cause: 'The id is misspelt, or the plan was over long ago and is forgotten.',
    remedy: '"lockstep plans" lists the plans that there are.',
  },
  LS3202: {
    title: 'The plan does not wait for an approval',
    cause: 'The directory has changed since, and another plan took its place; or it was approved or is over.',
    remedy: '"lockstep plans" shows the plan that waits now; look at it before you approve it.',
  },
  LS3203: {
    title: 'The tenant has not been read yet',
    cause: 'The installation has not come to its first sync cycle.',
    remedy: 'Wait for the first full read of the directory, and ask again.',
  },
  LS3204: {
    title: 'No object has this name',
    cause: 'None of the connected directories has an object that is called so.',
    remedy:
      'Name it by its sign-in name, account name, mail address, DN, GUID or name. Look whether the relay reads it.',
  },
  LS3205: {
    title: 'Several objects have this name',
    cause: 'The name does not say which object is meant.',
    remedy: 'Name it by its DN or GUID.',
  },
  LS3206: {
    title: 'The state has not been thrown away yet',
    cause:
      'It was asked for, and the sync cycle has not come to it: it is in the middle of a long step, or it does not run.',
    remedy: 'Ask again; the request stands. "lockstep status" says what the cycle is doing.',
  },
  LS4001: {
    title: 'Table Storage cannot be reached or refused the request',
    cause: 'The account name is wrong, the network blocks it, or the identity has no role on it.',
    remedy: 'Check the connection setting, the firewall and the roles of the identity.',
  },
  LS4002: {
    title: 'A row would break a limit of Table Storage',
    cause: 'A row, a property or a transaction is larger than the service allows.',
    remedy: 'Report the object that the message names.',
  },
  LS5001: {
    title: 'A file of rules cannot be read',
    cause: 'It is not valid YAML, JSON or TypeScript, or it does not have the form of a rule set.',
    remedy: 'Correct the place that the message names. docs/Reference/rules.md shows the form.',
  },
  LS5002: {
    title: 'A rule names an attribute that no schema knows',
    cause: 'The name is misspelt (names are case-sensitive), or the attribute is one of your own.',
    remedy: 'Correct the name, or declare the attribute under "attributes" of the rule set.',
  },
  LS5003: {
    title: 'An expression of a rule is wrong',
    cause: 'It does not parse, names an unknown function, gives a function the wrong arguments, or has the wrong type.',
    remedy: 'Correct the expression at the position that the message names.',
  },
  LS5004: {
    title: 'Rules contradict each other',
    cause:
      'Two rules cannot both hold: the same id twice, two join rules for the same objects, different merge types for one attribute.',
    remedy: 'Change, narrow or disable one of the rules that the message names.',
  },
  LS5005: {
    title: 'The export of Entra Connect cannot be read',
    cause: 'The file or folder is not a configuration of Entra Connect in one of the forms that can be imported.',
    remedy:
      'Give the folder of the server configuration export, the JSON settings file of the wizard, or the PowerShell script of the rules editor.',
  },
  LS5006: {
    title: 'A test of rules is wrong',
    cause:
      'A file of test cases is not in the form that is expected, or names rules, connectors or objects that are not there.',
    remedy: 'Correct the place that the message names.',
  },
  LS5101: {
    title: 'A rule raised an error on the object',
    cause: 'The expression of a rule called Error(...): its author wants such an object to stop here.',
    remedy: 'Correct what the message says in the directory, or change the rule.',
  },
  LS5102: {
    title: 'An expression failed on the object',
    cause: 'A value of the object has another type or length than the expression expects.',
    remedy: 'Correct the value in the directory, or make the expression allow for it.',
  },
  LS5103: {
    title: 'More than one join rule has the object in scope',
    cause: 'Only one rule with join conditions (or that creates objects) may apply to an object in each direction.',
    remedy: 'Narrow the scope of one of the rules that the message names.',
  },
  LS5104: {
    title: 'Rules merge one attribute in different ways',
    cause: 'All rules in scope that contribute to an attribute must use the same merge type.',
    remedy: 'Give the flows that the message names the same merge type.',
  },
  LS5105: {
    title: 'Two objects of one directory join the same object',
    cause: 'The join conditions match more than one object of a connector, so it is not known which one is meant.',
    remedy: 'Make the values by which they join unique in the directory, or change the join rule.',
  },
  LS5106: {
    title: 'Objects that were separate in Entra now belong together',
    cause: 'Objects of several directories join, and Entra holds one object for each of them. None of them is changed.',
    remedy: 'Delete the object in Entra that is not needed any more, or change the join rule.',
  },
} as const;

export type ErrorCode = keyof typeof entries;

export const catalogue: Readonly<Record<ErrorCode, CatalogueEntry>> = entries;

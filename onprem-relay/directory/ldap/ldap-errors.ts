import { LockstepError } from '../../../shared/errors/lockstep-error.ts';

/** Result codes of RFC 4511 section 4.1.9 that mean something of their own here. */
export const resultCodes = {
  success: 0,
  operationsError: 1,
  strongerAuthRequired: 8,
  unavailableCriticalExtension: 12,
  confidentialityRequired: 13,
  saslBindInProgress: 14,
  constraintViolation: 19,
  attributeOrValueExists: 20,
  noSuchObject: 32,
  invalidDnSyntax: 34,
  invalidCredentials: 49,
  insufficientAccessRights: 50,
  busy: 51,
  unavailable: 52,
  unwillingToPerform: 53,
} as const;

/** An LDAP result other than success, before a caller has said what it means. */
export class LdapResultError extends Error {
  readonly resultCode: number;

  constructor(resultCode: number, diagnosticMessage: string) {
    super(diagnosticMessage);
    this.name = 'LdapResultError';
    this.resultCode = resultCode;
  }
}

/** What Active Directory's `data` sub-code in a refused bind says (winerror.h, as hexadecimal text). */
const bindSubCodes: Readonly<Record<string, string>> = {
  '525': 'there is no such user',
  '52e': 'the name or the password is wrong',
  '530': 'the account may not sign in at this hour',
  '531': 'the account may not sign in from this machine',
  '532': 'the password has expired',
  '533': 'the account is disabled',
  '701': 'the account has expired',
  '773': 'the password must be changed before the first sign-in',
  '775': 'the account is locked out',
  // SEC_E_BAD_BINDINGS
  '80090346': 'it demands channel binding (LdapEnforceChannelBinding), which sign-in by Kerberos does not have here',
};

/** LS1102 (or LS1109) for a bind that was refused, with the sub-code explained. Never carries the password. */
export function bindError(error: LdapResultError, bindDn: string): LockstepError {
  if (error.resultCode === resultCodes.strongerAuthRequired || error.resultCode === resultCodes.confidentialityRequired)
    return new LockstepError('LS1102', 'The directory accepts this bind only on an encrypted connection.', {
      object: bindDn,
      remedy: 'Use ldaps://, or ldap:// with --start-tls.',
      cause: error,
    });
  if (error.resultCode !== resultCodes.invalidCredentials) return searchError(error, bindDn);
  const subCode = /\bdata ([0-9a-f]+)/i.exec(error.message)?.[1]?.toLowerCase();
  const why = subCode === undefined ? undefined : bindSubCodes[subCode];
  const text = `The directory refused the bind: ${why ?? 'the credentials are not valid'}${subCode === undefined ? '' : ` (sub-code ${subCode})`}.`;
  return new LockstepError('LS1102', text, { object: bindDn, cause: error });
}

/** LS1105, LS1106 or LS1109 for a search that was refused. */
export function searchError(error: LdapResultError, object: string): LockstepError {
  const detail = `result code ${error.resultCode}${error.message === '' ? '' : `, ${error.message.trim()}`}`;
  if (error.resultCode === resultCodes.insufficientAccessRights)
    return new LockstepError('LS1105', `The account may not read changes (${detail}).`, { object, cause: error });
  if (error.resultCode === resultCodes.unavailableCriticalExtension)
    return new LockstepError('LS1106', `The server does not know a control that reading changes needs (${detail}).`, {
      object,
      cause: error,
    });
  const passing = error.resultCode === resultCodes.busy || error.resultCode === resultCodes.unavailable;
  return new LockstepError('LS1109', `The directory refused the request (${detail}).`, {
    object,
    retryable: passing,
    cause: error,
  });
}

export function connectionLost(address: string, why: string, cause?: unknown): LockstepError {
  return new LockstepError('LS1108', `The connection to ${address} was lost: ${why}.`, {
    object: address,
    retryable: true,
    cause,
  });
}

export function protocolViolation(address: string, what: string, cause?: unknown): LockstepError {
  return new LockstepError('LS1106', what, { object: address, retryable: true, cause });
}

const certificateErrors =
  /^(CERT_|ERR_TLS_CERT_|ERROR_IN_CERT_|UNABLE_TO_|SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED|INVALID_CA|PATH_LENGTH_EXCEEDED|INVALID_PURPOSE|HOSTNAME_MISMATCH)/;

/** LS1103 for a certificate that was not accepted, LS1101 for everything else that keeps a connection from opening. */
export function connectError(address: string, error: unknown): LockstepError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const text = error instanceof Error ? error.message : String(error);
  if (certificateErrors.test(code))
    return new LockstepError('LS1103', `The certificate of ${address} is not trusted: ${text} (${code}).`, {
      object: address,
      cause: error,
    });
  return new LockstepError('LS1101', `${address} cannot be reached: ${text}.`, {
    object: address,
    retryable: true,
    cause: error,
  });
}

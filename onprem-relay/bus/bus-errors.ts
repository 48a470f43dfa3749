import { isServiceBusError } from '@azure/service-bus';
import { isLockstepError, LockstepError } from '../../shared/errors/lockstep-error.ts';

/** LS2001 for what the client throws; a LockstepError (the token's LS3004) stays what it is. */
export function busError(error: unknown, object: string): LockstepError {
  if (isLockstepError(error)) return error;
  const code = isServiceBusError(error) ? error.code : error instanceof Error ? error.name : 'unknown';
  const text = error instanceof Error ? error.message : String(error);
  return new LockstepError('LS2001', `Service Bus refused or could not be reached (${code}): ${withoutKeys(text)}`, {
    object,
    retryable: true,
    cause: error,
  });
}

/** The session is held by somebody else. */
export function isSessionTaken(error: unknown): boolean {
  return isServiceBusError(error) && error.code === 'SessionCannotBeLocked';
}

/** The session was ours and is not any more. */
export function isSessionLost(error: unknown): boolean {
  return isServiceBusError(error) && error.code === 'SessionLockLost';
}

/** A key or a signature that a library put into its message must not reach a log. */
function withoutKeys(text: string): string {
  return text.replace(/(SharedAccessKey|SharedAccessSignature|sig)=[^;&\s"']+/gi, '$1=…');
}

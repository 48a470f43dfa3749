import { execFile } from 'node:child_process';

/** Runs a PowerShell script with that in its environment, beside what is there, and gives what it prints. */
export type PowerShell = (script: string, environment: Readonly<Record<string, string>>) => Promise<string>;

/**
 * Decrypts what Windows' data protection (DPAPI) encrypted on this machine: base64, for the machine or for this account. Nothing but
 * PowerShell reaches that interface without native code. What is secret comes through a pipe, and what is encrypted goes through
 * the environment: PowerShell takes what comes on its standard input for the input of the script, and reads it at the same time.
 */
export async function unprotect(base64: string, powerShell: PowerShell = windowsPowerShell): Promise<string> {
  const script = [
    "$ErrorActionPreference = 'Stop'",
    'Add-Type -AssemblyName System.Security',
    '$bytes = [Convert]::FromBase64String($env:LOCKSTEP_PROTECTED)',
    // The scope is part of what was encrypted; to decrypt, either will do.
    "$plain = [Security.Cryptography.ProtectedData]::Unprotect($bytes, $null, 'LocalMachine')",
    '[Console]::Out.Write([Convert]::ToBase64String($plain))',
  ].join('; ');
  return Buffer.from((await powerShell(script, { LOCKSTEP_PROTECTED: base64.trim() })).trim(), 'base64').toString(
    'utf8',
  );
}

const windowsPowerShell: PowerShell = (script, environment) =>
  new Promise((resolve, reject) => {
    const args = ['-NoProfile', '-NonInteractive', '-Command', script];
    const child = execFile(
      'powershell.exe',
      args,
      { env: { ...process.env, ...environment }, timeout: 30_000, windowsHide: true },
      (error, stdout, stderr) => {
        // The message of the error repeats the whole command; what PowerShell said is enough.
        const [said = ''] = stderr.trim().split('\n', 1);
        if (error === null) resolve(stdout);
        else reject(new Error(said === '' ? 'PowerShell cannot be run, or said nothing' : said.trim()));
      },
    );
    child.stdin?.end();
  });

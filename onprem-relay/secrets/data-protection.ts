import { execFile } from 'node:child_process';

/** Runs a PowerShell script with that input and gives what it prints. */
export type PowerShell = (script: string, input: string) => Promise<string>;

/**
 * Decrypts what Windows' data protection (DPAPI) encrypted on this machine: base64, for the machine or for this account. Nothing but
 * PowerShell reaches that interface without native code; what is secret goes through pipes, never through a command line.
 */
export async function unprotect(base64: string, powerShell: PowerShell = windowsPowerShell): Promise<string> {
  const script = [
    "$ErrorActionPreference = 'Stop'",
    'Add-Type -AssemblyName System.Security',
    '$bytes = [Convert]::FromBase64String([Console]::In.ReadToEnd().Trim())',
    // The scope is part of what was encrypted; to decrypt, either will do.
    "$plain = [Security.Cryptography.ProtectedData]::Unprotect($bytes, $null, 'LocalMachine')",
    '[Console]::Out.Write([Convert]::ToBase64String($plain))',
  ].join('; ');
  return Buffer.from((await powerShell(script, base64)).trim(), 'base64').toString('utf8');
}

const windowsPowerShell: PowerShell = (script, input) =>
  new Promise((resolve, reject) => {
    const args = ['-NoProfile', '-NonInteractive', '-Command', script];
    const child = execFile('powershell.exe', args, { timeout: 30_000 }, (error, stdout, stderr) => {
      // The message of the error repeats the whole command; what PowerShell said is enough.
      const [said = ''] = stderr.trim().split('\n', 1);
      if (error === null) resolve(stdout);
      else reject(new Error(said === '' ? 'PowerShell cannot be run, or said nothing' : said.trim()));
    });
    child.stdin?.end(input);
  });

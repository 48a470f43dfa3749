import type { ConfigFile } from '../settings/config-file.ts';
import { nodeOptions } from '../node-options.ts';
import { placeFiles, settingsText, type HandedFile } from './settings-file.ts';
import type { Program, ServicePlan } from './step.ts';

const unit = 'lockstep-relay.service';
const unitFile = `/etc/systemd/system/${unit}`;
const settingsFile = '/etc/lockstep/relay.yaml';
const programFolder = '/usr/local/lib/lockstep';
export const systemdControlFile = '/run/lockstep-relay/control.json';

/** The relay as a systemd service: an account of its own that exists while it runs, and that may do nothing else. */
export function systemdPlan(program: Program, settings: ConfigFile): ServicePlan {
  const { config, files } = placeFiles(settings, (name) => `/run/credentials/${unit}/${name}`);
  const { common, directories } = config;
  // The service sees no home folder, so what it runs has to lie elsewhere.
  const { executable, script } = program;
  const own = `${programFolder}/lockstep-relay${script === undefined ? '' : '.cjs'}`;
  const installed: Program = script === undefined ? { executable: own } : { executable, script: own };
  const written = { common: { ...common, controlFile: common.controlFile ?? systemdControlFile }, directories };
  return {
    install: [
      { kind: 'copy', from: script ?? executable, path: own, mode: 0o755 },
      { kind: 'write', path: settingsFile, mode: 0o644, text: settingsText(written) },
      { kind: 'write', path: unitFile, mode: 0o644, text: unitText(installed, files) },
      { kind: 'run', command: 'systemctl', args: ['daemon-reload'] },
      { kind: 'run', command: 'systemctl', args: ['enable', unit] },
      { kind: 'run', command: 'systemctl', args: ['restart', unit] },
    ],
    uninstall: [
      { kind: 'run', command: 'systemctl', args: ['disable', '--now', unit] },
      { kind: 'remove', path: unitFile },
      { kind: 'remove', path: own },
      { kind: 'run', command: 'systemctl', args: ['daemon-reload'] },
    ],
  };
}

/**
 * Exit code 2 says that the setup is wrong, which starting again does not mend. `MemoryDenyWriteExecute` is not set: V8
 * compiles at run time.
 */
export function unitText({ executable, script }: Program, files: readonly HandedFile[]): string {
  const node = script === undefined ? [] : [...nodeOptions, script];
  const command = [executable, ...node, 'run', '--config', settingsFile];
  return [
    '[Unit]',
    'Description=Lockstep relay: streams changes of Active Directory to Azure Service Bus',
    'Wants=network-online.target',
    'After=network-online.target',
    // Without a limit: the way to the domain controllers may be gone for days.
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    'Type=exec',
    `ExecStart=${command.map(unitWord).join(' ')}`,
    'Restart=on-failure',
    'RestartSec=5',
    'RestartPreventExitStatus=2',
    'KillSignal=SIGTERM',
    'TimeoutStopSec=30',
    ...files.map(({ name, path }) => `LoadCredential=${name}:${path.replaceAll('%', '%%')}`),
    'RuntimeDirectory=lockstep-relay',
    'RuntimeDirectoryMode=0700',
    '',
    'DynamicUser=yes',
    'UMask=0077',
    'CapabilityBoundingSet=',
    'AmbientCapabilities=',
    'NoNewPrivileges=yes',
    'ProtectSystem=strict',
    'ProtectHome=yes',
    'PrivateTmp=yes',
    'PrivateDevices=yes',
    'PrivateUsers=yes',
    'ProtectClock=yes',
    'ProtectHostname=yes',
    'ProtectKernelLogs=yes',
    'ProtectKernelModules=yes',
    'ProtectKernelTunables=yes',
    'ProtectControlGroups=yes',
    'ProtectProc=invisible',
    'ProcSubset=pid',
    'RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK',
    'RestrictNamespaces=yes',
    'RestrictRealtime=yes',
    'RestrictSUIDSGID=yes',
    'LockPersonality=yes',
    'RemoveIPC=yes',
    'SystemCallArchitectures=native',
    'SystemCallFilter=@system-service',
    'SystemCallFilter=~@privileged @resources',
    'SystemCallErrorNumber=EPERM',
    'MemoryHigh=256M',
    'MemoryMax=512M',
    '',
    '[Install]',
    'WantedBy=multi-user.target',
    '',
  ].join('\n');
}

/** A word of ExecStart (systemd.service(5), "Command lines"): `%` and `$` mean something there. */
function unitWord(word: string): string {
  const text = word.replaceAll('%', '%%').replaceAll('$', '$$$$');
  return /[\s"'\\;]/.test(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : text;
}

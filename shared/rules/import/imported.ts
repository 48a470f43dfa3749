import type { FilePlace } from '../problem.ts';

/** A rule as Entra Connect writes it, whatever the form of the export; names are not checked yet. */
export interface ImportedRule {
  readonly place: FilePlace;
  readonly identifier: string;
  readonly name: string;
  readonly description: string;
  readonly tag: string;
  readonly direction: string;
  /** Id (a GUID) or name of the connector. */
  readonly connector: string;
  readonly sourceType: string;
  readonly targetType: string;
  readonly linkType: string;
  readonly precedence: number;
  readonly disabled: boolean;
  readonly passwordSync: boolean;
  readonly softDeleteExpiry: string;
  readonly scope: readonly (readonly ImportedClause[])[];
  readonly join: readonly (readonly ImportedJoin[])[];
  /** `undefined`: only the rule's name and tag are in the export, because it is one of Microsoft's. */
  readonly flows: readonly ImportedFlow[] | undefined;
}

export interface ImportedClause {
  readonly attribute: string;
  readonly operator: string;
  readonly value: string;
}

export interface ImportedJoin {
  readonly connectorSpace: string;
  readonly metaverse: string;
  readonly caseSensitive: boolean;
}

export interface ImportedFlow {
  readonly target: string;
  readonly kind: 'direct' | 'constant' | 'expression';
  /** Attribute, constant, or the text of the expression. */
  readonly text: string;
  readonly applyOnce: boolean;
  readonly merge: string;
}

/** A connector as Entra Connect writes it. */
export interface ImportedConnector {
  readonly place: FilePlace;
  readonly id: string;
  readonly name: string;
  readonly kind: 'activeDirectory' | 'entra' | 'other';
  /** For %…% in expressions. */
  readonly parameters: Readonly<Record<string, string>>;
  /** What is read of the directory: naming contexts, with the containers in and out. */
  readonly partitions: readonly {
    readonly dn: string;
    readonly included: readonly string[];
    readonly excluded: readonly string[];
  }[];
}

/** Something in an export that cannot be read. The rest is read all the same. */
export interface ImportProblem {
  readonly place: FilePlace;
  readonly message: string;
}

export interface ImportedConfiguration {
  readonly rules: readonly ImportedRule[];
  readonly connectors: readonly ImportedConnector[];
  readonly problems: readonly ImportProblem[];
}

export const nothingImported: ImportedConfiguration = { rules: [], connectors: [], problems: [] };

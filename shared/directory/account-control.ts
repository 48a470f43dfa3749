/** Bits of `userAccountControl` (MS-ADTS 2.2.16). */
export const accountControl = { accountDisable: 0x2n } as const;

/** Bits of `groupType` (MS-ADTS 2.2.12). The attribute is a signed 32-bit integer, so a security group's value is negative. */
export const groupTypeBits = { securityEnabled: 0x80000000n } as const;

export function hasBit(value: bigint, bit: bigint): boolean {
  return (BigInt.asUintN(64, value) & bit) !== 0n;
}

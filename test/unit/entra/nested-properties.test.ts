import { describe, expect, it } from 'vitest';
import { nested, valueAt, withParts } from '../../../shared/entra/nested-properties.ts';

describe('a property inside a larger one', () => {
  it('is written as Graph takes it', () => {
    expect(nested({ city: 'Bern', 'employeeOrgData/division': 'A', 'employeeOrgData/costCenter': null })).toEqual({
      city: 'Bern',
      employeeOrgData: { division: 'A', costCenter: null },
    });
  });

  it('is read as Graph shows it', () => {
    const object = { city: 'Bern', employeeOrgData: { division: 'A' }, onPremisesExtensionAttributes: null };
    const names = ['city', 'employeeOrgData/division', 'employeeOrgData/costCenter', 'onPremisesExtensionAttributes/x'];
    expect(names.map((name) => valueAt(object, name))).toEqual(['Bern', 'A', undefined, undefined]);
  });

  it('travels with the parts beside it, because Graph clears those that are left out', () => {
    const known = { city: 'Bern', 'employeeOrgData/division': 'A', 'employeeOrgData/costCenter': '7' };
    expect(withParts({ 'employeeOrgData/costCenter': '8' }, known)).toEqual({
      'employeeOrgData/division': 'A',
      'employeeOrgData/costCenter': '8',
    });
    expect(withParts({ city: 'Thun' }, known)).toEqual({ city: 'Thun' });
  });
});

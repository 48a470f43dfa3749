import { badRequest, GraphFailure, notFound } from '../failure.ts';
import { isExtensionDataType, type ExtensionDefinition } from '../extensions.ts';
import type { JsonObject } from '../json.ts';
import { ok, type GraphReply } from '../message.ts';
import { checkOptions } from '../odata/paging.ts';
import { requireGrant } from '../permissions.ts';
import type { Call, Operation } from '../router.ts';
import { objectBody } from './lookup.ts';

const extensible = ['User', 'Group', 'AdministrativeUnit', 'Application', 'Device', 'Organization'];

/** The application of a path, by its alternate key. */
function applicationAt(call: Call): string {
  const { property, value } = call.key('application');
  const id = value.toLowerCase();
  if (property !== 'appId' || !call.tenant.extensions.applications.has(id)) throw notFound(value);
  return id;
}

const bodyOf = ({ id, name, dataType, isMultiValued, targetObjects }: ExtensionDefinition): JsonObject => ({
  id,
  deletedDateTime: null,
  appDisplayName: '',
  dataType,
  isMultiValued,
  isSyncedFromOnPremises: false,
  name,
  targetObjects: [...targetObjects],
});

function list(call: Call): GraphReply {
  requireGrant(call.request.caller, 'manageApplications');
  checkOptions(call.query, []);
  const application = applicationAt(call);
  return ok({
    '@odata.context': `${call.request.root}/$metadata#applications('${application}')/extensionProperties`,
    value: call.tenant.extensions.of(application).map(bodyOf),
  });
}

function create(call: Call): GraphReply {
  requireGrant(call.request.caller, 'manageApplications');
  const application = applicationAt(call);
  const { name, dataType, isMultiValued = false, targetObjects } = objectBody(call.request.body);
  if (typeof name !== 'string' || !/^[A-Za-z][A-Za-z0-9_]{0,119}$/.test(name))
    throw badRequest("Invalid value specified for property 'name' of resource 'ExtensionProperty'.");
  if (!isExtensionDataType(dataType) || typeof isMultiValued !== 'boolean')
    throw badRequest("Invalid value specified for property 'dataType' of resource 'ExtensionProperty'.");
  const targets = (Array.isArray(targetObjects) ? targetObjects : []).filter((one) => typeof one === 'string');
  if (targets.length === 0 || targets.some((one) => !extensible.includes(one)))
    throw badRequest("Invalid value specified for property 'targetObjects' of resource 'ExtensionProperty'.");
  const full = `extension_${application.replaceAll('-', '')}_${name}`;
  if (call.tenant.extensions.find(full) !== undefined)
    throw new GraphFailure(
      400,
      'Request_MultipleObjectsWithSameKeyValue',
      `An extension property exists with the name ${full}.`,
    );
  const definition = {
    id: call.tenant.ids.guid(),
    name: full,
    application,
    dataType,
    isMultiValued,
    targetObjects: targets,
  };
  call.tenant.extensions.add(definition);
  return {
    status: 201,
    headers: {},
    body: {
      '@odata.context': `${call.request.root}/$metadata#applications('${application}')/extensionProperties/$entity`,
      ...bodyOf(definition),
    },
  };
}

/** Directory extensions of app registrations. */
export const applicationOperations: readonly Operation[] = [
  { method: 'GET', template: 'applications/{application}/extensionproperties', run: list },
  { method: 'POST', template: 'applications/{application}/extensionproperties', run: create },
];

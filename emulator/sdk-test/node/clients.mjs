// The SDKs, connected in either way.
import { createRequire } from "node:module";

// Where `run.sh` has installed the SDKs.
export const MODULES = new URL("../../../target/sdk-test-node/", import.meta.url);
const installed = createRequire(MODULES);
const IamAccessGroups = installed("@ibm-cloud/platform-services/iam-access-groups/v2");
const IamIdentity = installed("@ibm-cloud/platform-services/iam-identity/v1");
const { BaseService, IamAuthenticator, getAuthenticatorFromEnvironment } = installed("ibm-cloud-sdk-core");

// Version 2 of the API has no SDK on npm. That of IBM's repository has a method like `send` for each operation,
// on this same core, and the same `newInstance`.
class SecretsManager extends BaseService {
  static newInstance() {
    const service = new SecretsManager({ authenticator: getAuthenticatorFromEnvironment("secrets_manager") });
    service.configureService("secrets_manager");
    return service;
  }

  send(method, path, { body, qs } = {}) {
    const headers = {
      Accept: "application/json",
      "Content-Type": method === "PATCH" ? "application/merge-patch+json" : "application/json",
    };
    return this.createRequest({
      options: { url: `/api/v2/${path}`, method, body, qs },
      defaultOptions: { ...this.baseOptions, headers: { ...this.baseOptions.headers, ...headers } },
    });
  }
}

// At the SDKs' default host names; HTTPS_PROXY and NODE_EXTRA_CA_CERTS lead to the emulator.
export function byProxy() {
  const authenticator = authenticatorOf(process.env.IBMCLOUD_API_KEY);
  const { SECRETS_MANAGER_INSTANCE_ID: instance, IC_REGION: region } = process.env;
  return {
    secrets: new SecretsManager({
      authenticator,
      serviceUrl: `https://${instance}.${region}.secrets-manager.appdomain.cloud`,
      enableGzipCompression: true,
    }),
    identity: new IamIdentity({ authenticator }),
    groups: new IamAccessGroups({ authenticator }),
  };
}

// With everything from the variables that the SDKs read.
export function fromEnvironment() {
  return {
    secrets: SecretsManager.newInstance(),
    identity: IamIdentity.newInstance({}),
    groups: IamAccessGroups.newInstance({}),
  };
}

// Exchanges the key at the default host name, or where the environment says.
export function authenticatorOf(apikey) {
  return new IamAuthenticator({ apikey, url: process.env.SECRETS_MANAGER_AUTH_URL });
}

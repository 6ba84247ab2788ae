package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/IBM/go-sdk-core/v5/core"
	groups "github.com/IBM/platform-services-go-sdk/iamaccessgroupsv2"
	identity "github.com/IBM/platform-services-go-sdk/iamidentityv1"
	policies "github.com/IBM/platform-services-go-sdk/iampolicymanagementv1"
	sm "github.com/IBM/secrets-manager-go-sdk/v2/secretsmanagerv2"
)

type clients struct {
	secrets  *sm.SecretsManagerV2
	identity *identity.IamIdentityV1
	groups   *groups.IamAccessGroupsV2
	policies *policies.IamPolicyManagementV1
}

// byProxy takes the SDKs' default host names; HTTPS_PROXY and SSL_CERT_FILE lead to the emulator.
func byProxy() clients {
	who := authenticator(os.Getenv("IBMCLOUD_API_KEY"))
	host := fmt.Sprintf("https://%s.%s.secrets-manager.appdomain.cloud",
		os.Getenv("SECRETS_MANAGER_INSTANCE_ID"), os.Getenv("IC_REGION"))
	made := clients{
		must(sm.NewSecretsManagerV2(&sm.SecretsManagerV2Options{URL: host, Authenticator: who})),
		must(identity.NewIamIdentityV1(&identity.IamIdentityV1Options{Authenticator: who})),
		must(groups.NewIamAccessGroupsV2(&groups.IamAccessGroupsV2Options{Authenticator: who})),
		must(policies.NewIamPolicyManagementV1(&policies.IamPolicyManagementV1Options{Authenticator: who})),
	}
	made.secrets.SetEnableGzipCompression(true)
	return made.observed()
}

// fromEnvironment takes everything from the variables that the SDKs read.
func fromEnvironment() clients {
	return clients{
		must(sm.NewSecretsManagerV2UsingExternalConfig(&sm.SecretsManagerV2Options{})),
		must(identity.NewIamIdentityV1UsingExternalConfig(&identity.IamIdentityV1Options{})),
		must(groups.NewIamAccessGroupsV2UsingExternalConfig(&groups.IamAccessGroupsV2Options{})),
		must(policies.NewIamPolicyManagementV1UsingExternalConfig(&policies.IamPolicyManagementV1Options{})),
	}.observed()
}

func (c clients) observed() clients {
	observe(c.secrets.Service)
	observe(c.identity.Service)
	observe(c.groups.Service)
	observe(c.policies.Service)
	return c
}

// authenticator exchanges the key at the default host name, or where the environment says.
func authenticator(key string) *core.IamAuthenticator {
	url := os.Getenv("SECRETS_MANAGER_AUTH_URL")
	return must(core.NewIamAuthenticatorBuilder().SetApiKey(key).SetURL(url).Build())
}

// accepted tells whether the token service exchanges the key.
func accepted(key string) bool {
	token, err := authenticator(key).RequestToken()
	if err == nil {
		equal(token.TokenType, "Bearer")
		equal(token.ExpiresIn, 3600)
		return true
	}
	var problem *core.AuthenticationError
	if !errors.As(err, &problem) || !strings.Contains(problem.Summary, "API key could not be found") {
		fail("%v", err)
	}
	equal(problem.Response.StatusCode, http.StatusBadRequest)
	return false
}

func must[T any](value T, err error) T {
	if err != nil {
		fail("%v", err)
	}
	return value
}

package main

import (
	"net/http"
	"os"

	"github.com/IBM/go-sdk-core/v5/core"
	groups "github.com/IBM/platform-services-go-sdk/iamaccessgroupsv2"
	identity "github.com/IBM/platform-services-go-sdk/iamidentityv1"
	policies "github.com/IBM/platform-services-go-sdk/iampolicymanagementv1"
)

// administer does what an administrator does in IAM without Secrets Manager.
func (c clients) administer() {
	c.serviceIDsAndKeys()
	c.accessGroups()
	c.authorizations()
	c.theAccount()
}

func (c clients) serviceIDsAndKeys() {
	iam, owner := c.identity, core.StringPtr(account)
	group := answer(iam.CreateServiceIDGroup(&identity.CreateServiceIDGroupOptions{
		AccountID: owner, Name: core.StringPtr("sdk"), Description: core.StringPtr("d"),
	}))
	made := answer(iam.CreateServiceID(&identity.CreateServiceIDOptions{
		AccountID: owner, Name: core.StringPtr("sdk"), GroupID: group.ID, ShowGroupID: core.StringPtr("true"),
		Apikey: &identity.APIKeyInsideCreateServiceIDRequest{Name: core.StringPtr("inner")},
	}))
	equal(made.GroupID, *group.ID)
	equal(accepted(*made.Apikey.Apikey), true)
	listed := answer(iam.ListServiceIds(&identity.ListServiceIdsOptions{
		AccountID: owner, GroupID: group.ID, Filter: core.StringPtr(`name co "SD"`), Sort: core.StringPtr("name"),
		Order: core.StringPtr("desc"), IncludeHistory: core.BoolPtr(false),
	}))
	equal(len(listed.Serviceids), 1)
	equal(listed.Serviceids[0].ID, *made.ID)
	changed := answer(iam.UpdateServiceID(&identity.UpdateServiceIDOptions{
		ID: made.ID, IfMatch: made.EntityTag, Description: core.StringPtr("changed"),
	}))
	equal(changed.Description, "changed")
	_, _, err := iam.UpdateServiceID(&identity.UpdateServiceIDOptions{ID: made.ID, IfMatch: made.EntityTag})
	refused(http.StatusConflict, "", err)

	key := answer(iam.CreateAPIKey(&identity.CreateAPIKeyOptions{
		Name: core.StringPtr("outer"), IamID: made.IamID, AccountID: owner, StoreValue: core.BoolPtr(false),
		SupportSessions: core.BoolPtr(false), ActionWhenLeaked: core.StringPtr("disable"),
		ExpiresAt: core.StringPtr("2099-01-31T18:30+0000"),
	}))
	equal(key.ActionWhenLeaked, "disable")
	equal(key.ExpiresAt, "2099-01-31T18:30+0000")
	empty(iam.DisableAPIKey(&identity.DisableAPIKeyOptions{ID: key.ID}))
	equal(accepted(*key.Apikey), false)
	empty(iam.EnableAPIKey(&identity.EnableAPIKeyOptions{ID: key.ID}))
	equal(accepted(*key.Apikey), true)
	empty(iam.LockServiceID(&identity.LockServiceIDOptions{ID: made.ID}))
	_, err = iam.DeleteServiceID(&identity.DeleteServiceIDOptions{ID: made.ID})
	refused(http.StatusConflict, "locked", err)
	empty(iam.UnlockServiceID(&identity.UnlockServiceIDOptions{ID: made.ID}))
	keys := answer(iam.ListAPIKeys(&identity.ListAPIKeysOptions{AccountID: owner, IamID: made.IamID, GroupID: group.ID}))
	equal(len(keys.Apikeys), 2)
	empty(iam.DeleteServiceID(&identity.DeleteServiceIDOptions{ID: made.ID}))
	equal(accepted(*key.Apikey), false)
	found := answer(iam.ListServiceIDGroup(&identity.ListServiceIDGroupOptions{AccountID: owner}))
	equal(len(found.ServiceidGroups) > 0, true)
	empty(iam.DeleteServiceIDGroup(&identity.DeleteServiceIDGroupOptions{ID: group.ID}))
}

func (c clients) accessGroups() {
	iam, owner, member := c.groups, core.StringPtr(account), core.StringPtr("iam-"+os.Getenv("TF_VAR_service_id"))
	made := answer(iam.CreateAccessGroup(&groups.CreateAccessGroupOptions{
		AccountID: owner, Name: core.StringPtr("sdk"), Description: core.StringPtr("d"),
	}))
	read, response, err := iam.GetAccessGroup(&groups.GetAccessGroupOptions{
		AccessGroupID: made.ID, ShowFederated: core.BoolPtr(true),
	})
	equal(answer(read, response, err).IsFederated, false)
	changed := answer(iam.UpdateAccessGroup(&groups.UpdateAccessGroupOptions{
		AccessGroupID: made.ID, IfMatch: core.StringPtr(response.Headers.Get("ETag")), Name: core.StringPtr("sdk-2"),
	}))
	equal(changed.Name, "sdk-2")
	added := answer(iam.AddMembersToAccessGroup(&groups.AddMembersToAccessGroupOptions{
		AccessGroupID: made.ID,
		Members:       []groups.AddGroupMembersRequestMembersItem{{IamID: member, Type: core.StringPtr("service")}},
	}))
	equal(added.Members[0].StatusCode, http.StatusOK)
	members := answer(iam.ListAccessGroupMembers(&groups.ListAccessGroupMembersOptions{
		AccessGroupID: made.ID, Verbose: core.BoolPtr(true), Type: core.StringPtr("service"), Limit: core.Int64Ptr(1),
	}))
	equal(members.TotalCount, 1)
	equal(members.Members[0].IamID, *member)
	pager := must(iam.NewAccessGroupsPager(&groups.ListAccessGroupsOptions{AccountID: owner, Limit: core.Int64Ptr(1)}))
	equal(len(must(pager.GetAll())) >= 3, true)
	removed := answer(iam.RemoveMemberFromAllAccessGroups(&groups.RemoveMemberFromAllAccessGroupsOptions{
		AccountID: owner, IamID: member,
	}))
	equal(removed.Groups[0].AccessGroupID, *made.ID)
	empty(iam.DeleteAccessGroup(&groups.DeleteAccessGroupOptions{AccessGroupID: made.ID}))
}

// authorizations are made by version 2 of the API, and seen by both.
func (c clients) authorizations() {
	iam, owner := c.policies, core.StringPtr(account)
	equals := core.StringPtr("stringEquals")
	operator := core.StringPtr("crn:v1:bluemix:public:iam::::role:Operator")
	made := answer(iam.CreateV2Policy(&policies.CreateV2PolicyOptions{
		Type: core.StringPtr("authorization"), Description: core.StringPtr("sdk"),
		Control: &policies.Control{Grant: &policies.Grant{Roles: []policies.Roles{{RoleID: operator}}}},
		Subject: &policies.V2PolicySubject{Attributes: []policies.V2PolicySubjectAttribute{
			{Key: core.StringPtr("accountId"), Operator: equals, Value: owner},
			{Key: core.StringPtr("serviceName"), Operator: equals, Value: "secrets-manager"},
		}},
		Resource: &policies.V2PolicyResource{Attributes: []policies.V2PolicyResourceAttribute{
			{Key: core.StringPtr("accountId"), Operator: equals, Value: owner},
			{Key: core.StringPtr("serviceName"), Operator: equals, Value: "iam-identity"},
		}},
	}))
	equal(made.State, "active")
	read := answer(iam.GetV2Policy(&policies.GetV2PolicyOptions{ID: made.ID}))
	equal(read.Description, "sdk")
	first := answer(iam.GetPolicy(&policies.GetPolicyOptions{PolicyID: made.ID}))
	equal(first.Roles[0].RoleID, *operator)
	listed := answer(iam.ListV2Policies(&policies.ListV2PoliciesOptions{AccountID: owner, Type: made.Type}))
	equal(len(listed.Policies) > 0, true)
	older := answer(iam.ListPolicies(&policies.ListPoliciesOptions{AccountID: owner}))
	equal(len(older.Policies) >= len(listed.Policies), true)
	roles := answer(iam.ListRoles(&policies.ListRolesOptions{
		AccountID: owner, ServiceName: core.StringPtr("secrets-manager"),
	}))
	equal(len(roles.SystemRoles) > 0 && len(roles.ServiceRoles) > 0, true)
	empty(iam.DeleteV2Policy(&policies.DeleteV2PolicyOptions{ID: made.ID}))
}

func (c clients) theAccount() {
	owner := core.StringPtr(account)
	settings := answer(c.identity.GetAccountSettings(&identity.GetAccountSettingsOptions{AccountID: owner}))
	equal(settings.AccountID, account)
	changed := answer(c.identity.UpdateAccountSettings(&identity.UpdateAccountSettingsOptions{
		IfMatch: settings.EntityTag, AccountID: owner, RestrictCreateServiceID: core.StringPtr("NOT_RESTRICTED"),
	}))
	equal(changed.RestrictCreateServiceID, "NOT_RESTRICTED")
	profiles := answer(c.identity.ListProfiles(&identity.ListProfilesOptions{AccountID: owner}))
	equal(profiles.Profiles[0].Name, "workload")
}

package main

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/IBM/go-sdk-core/v5/core"
	groups "github.com/IBM/platform-services-go-sdk/iamaccessgroupsv2"
	identity "github.com/IBM/platform-services-go-sdk/iamidentityv1"
	sm "github.com/IBM/secrets-manager-go-sdk/v2/secretsmanagerv2"
)

const (
	account = "0123456789abcdef0123456789abcdef"
	prefix  = "Secrets-Manager-IAM-Secret-"
	day     = 24 * time.Hour
)

// life is that of one secret in one of the four modes.
type life struct {
	clients
	connect   func() clients
	generated bool // its service ID, for access groups
	reuse     bool // of its API key, until the lease ends
	group     string
	id        string
	name      string
}

func live(connect func() clients) {
	freeze()
	connect().administer()
	for _, generated := range []bool{false, true} {
		for _, reuse := range []bool{true, false} {
			l := life{clients: connect(), connect: connect, generated: generated, reuse: reuse}
			l.name = fmt.Sprintf("generated-%t-reuse-%t", generated, reuse)
			l.run()
		}
	}
}

func (l *life) run() {
	l.begin()
	l.create()
	first := l.read()
	second := l.readAgain(first)
	l.list()
	l.change()
	keys := l.rotate(second)
	l.locks(keys)
	l.end(keys)
	l.nothingIsLeft()
}

// begin makes a group, and configures the engine.
func (l *life) begin() {
	group := answer(l.secrets.CreateSecretGroup(&sm.CreateSecretGroupOptions{
		Name: core.StringPtr("team-a"), Description: core.StringPtr("of team a"),
	}))
	l.group = *group.ID
	equal(group.Name, "team-a")
	equal(group.Description, "of team a")
	found := answer(l.secrets.ListSecretGroups(&sm.ListSecretGroupsOptions{}))
	equal(found.TotalCount, 3)

	prototype := &sm.CreateConfigurationOptions{ConfigurationPrototype: &sm.IAMCredentialsConfigurationPrototype{
		Name: core.StringPtr("engine"), ConfigType: core.StringPtr("iam_credentials_configuration"),
		ApiKey: core.StringPtr(os.Getenv("TF_VAR_engine_api_key")),
	}}
	made := as[*sm.IAMCredentialsConfiguration](l.secrets.CreateConfiguration(prototype))
	equal(made.SecretType, "iam_credentials")
	equal(made.Disabled, false)
	equal(made.ApiKey, os.Getenv("TF_VAR_engine_api_key"))
	_, _, err := l.secrets.CreateConfiguration(prototype)
	refused(http.StatusBadRequest, "already exists", err)
	read := as[*sm.IAMCredentialsConfiguration](l.secrets.GetConfiguration(&sm.GetConfigurationOptions{
		Name: made.Name, XSmAcceptConfigurationType: made.ConfigType,
	}))
	equal(read.ApiKey, os.Getenv("TF_VAR_engine_api_key"))
	listed := answer(l.secrets.ListConfigurations(&sm.ListConfigurationsOptions{Search: made.Name}))
	equal(listed.TotalCount, 1)
}

func (l *life) prototype() *sm.IAMCredentialsSecretPrototype {
	prototype := &sm.IAMCredentialsSecretPrototype{
		SecretType: core.StringPtr("iam_credentials"), Name: &l.name, SecretGroupID: &l.group,
		Description: core.StringPtr("of a test"), Labels: []string{"dev", "us-south"},
		TTL: core.StringPtr("90d"), ReuseApiKey: &l.reuse,
		CustomMetadata:        map[string]any{"a": map[string]any{"b": []any{1, nil}}},
		VersionCustomMetadata: map[string]any{"v": "w"},
	}
	if l.generated {
		prototype.AccessGroups = []string{os.Getenv("TF_VAR_access_group_id")}
	} else {
		prototype.ServiceID = core.StringPtr(os.Getenv("TF_VAR_service_id"))
	}
	if l.reuse {
		prototype.Rotation = &sm.CommonRotationPolicy{
			AutoRotate: core.BoolPtr(true), Interval: core.Int64Ptr(1), Unit: core.StringPtr("month"),
		}
	}
	return prototype
}

func (l *life) create() {
	create := func(prototype *sm.IAMCredentialsSecretPrototype) (sm.SecretIntf, *core.DetailedResponse, error) {
		return l.secrets.CreateSecret(&sm.CreateSecretOptions{SecretPrototype: prototype})
	}
	tooLong := l.prototype()
	tooLong.TTL = core.StringPtr("91d")
	_, _, err := create(tooLong)
	refused(http.StatusBadRequest, "ttl", err)
	neither := l.prototype()
	neither.AccessGroups, neither.ServiceID = nil, nil
	_, _, err = create(neither)
	refused(http.StatusBadRequest, "service_id", err)

	made := as[*sm.IAMCredentialsSecret](create(l.prototype()))
	l.id = *made.ID
	equal(made.Name, l.name)
	equal(made.SecretGroupID, l.group)
	equal(made.Description, "of a test")
	equal(made.Labels, []string{"dev", "us-south"})
	equal(made.CustomMetadata, l.prototype().CustomMetadata)
	equal(made.TTL, "7776000")
	equal(made.ReuseApiKey, l.reuse)
	equal(made.ServiceIdIsStatic, !l.generated)
	equal(made.StateDescription, "active")
	equal(made.VersionsTotal, 1)
	equal(made.LocksTotal, 0)
	equal(made.CreatedAt, now())
	equal(made.ApiKey, nil)
	if l.generated {
		equal(made.AccessGroups, l.prototype().AccessGroups)
	} else {
		equal(made.ServiceID, os.Getenv("TF_VAR_service_id"))
	}
	if l.reuse {
		equal(made.Rotation, l.prototype().Rotation)
		equal(made.NextRotationDate, now().AddDate(0, 1, 0))
	} else {
		equal(made.Rotation, map[string]any{"auto_rotate": false})
		equal(made.NextRotationDate, nil)
	}
	_, _, err = create(l.prototype())
	refused(http.StatusConflict, "already exists", err)
}

// read gets a key, which works; the platform's SDK sees what is behind it.
func (l *life) read() *sm.IAMCredentialsSecret {
	secret := as[*sm.IAMCredentialsSecret](l.secrets.GetSecret(&sm.GetSecretOptions{ID: &l.id}))
	equal(secret.ExpirationDate, now().Add(90*day))
	equal(accepted(*secret.ApiKey), true)

	details := answer(l.identity.GetAPIKeysDetails(&identity.GetAPIKeysDetailsOptions{IamAPIKey: secret.ApiKey}))
	equal(details.ID, *secret.ApiKeyID)
	key := answer(l.identity.GetAPIKey(&identity.GetAPIKeyOptions{ID: secret.ApiKeyID}))
	equal(key.Name, prefix+l.name)
	equal(key.IamID, "iam-"+*secret.ServiceID)
	equal(key.AccountID, account)
	equal(key.Locked, true)
	_, err := l.identity.DeleteAPIKey(&identity.DeleteAPIKeyOptions{ID: key.ID})
	refused(http.StatusConflict, "locked", err)

	service := answer(l.identity.GetServiceID(&identity.GetServiceIDOptions{ID: secret.ServiceID}))
	equal(service.Locked, l.generated)
	equal(strings.HasPrefix(*service.Name, prefix), l.generated)
	equal(l.memberships(*key.IamID), l.prototype().AccessGroups)
	return secret
}

// memberships are the ids of the access groups that the identity is in.
func (l *life) memberships(iamID string) (ids []string) {
	found := answer(l.groups.ListAccessGroups(&groups.ListAccessGroupsOptions{
		AccountID: core.StringPtr(account), IamID: &iamID, HidePublicAccess: core.BoolPtr(true),
	}))
	for _, group := range found.Groups {
		ids = append(ids, *group.ID)
		empty(l.groups.IsMemberOfAccessGroup(&groups.IsMemberOfAccessGroupOptions{
			AccessGroupID: group.ID, IamID: &iamID,
		}))
	}
	return ids
}

// readAgain gets the same key with reuse, and otherwise another one that replaces it.
func (l *life) readAgain(first *sm.IAMCredentialsSecret) *sm.IAMCredentialsSecret {
	second := as[*sm.IAMCredentialsSecret](l.secrets.GetSecretByNameType(&sm.GetSecretByNameTypeOptions{
		SecretType: first.SecretType, Name: &l.name, SecretGroupName: core.StringPtr("team-a"),
	}))
	equal(*second.ApiKey == *first.ApiKey, l.reuse)
	equal(*second.ApiKeyID == *first.ApiKeyID, l.reuse)
	equal(*second.ServiceID == *first.ServiceID, l.reuse || !l.generated)
	equal(accepted(*first.ApiKey), l.reuse)
	equal(accepted(*second.ApiKey), true)
	return second
}

func (l *life) list() {
	options := &sm.ListSecretsOptions{
		Sort: core.StringPtr("-created_at"), Search: &l.name, Groups: []string{l.group},
		SecretTypes: []string{"iam_credentials"}, MatchAllLabels: []string{"us-south", "dev"},
	}
	listed := answer(l.secrets.ListSecrets(options))
	equal(listed.TotalCount, 1)
	equal(listed.Secrets[0].(*sm.IAMCredentialsSecretMetadata).ID, l.id)
	options.MatchAllLabels = []string{"prod"}
	equal(answer(l.secrets.ListSecrets(options)).TotalCount, 0)
	pager := must(l.secrets.NewSecretsPager(&sm.ListSecretsOptions{Limit: core.Int64Ptr(1)}))
	equal(len(must(pager.GetAll())), 1)
}

// change updates the metadata. Name and time to live are not those of the key that is there.
func (l *life) change() {
	l.name += "-2"
	patch := must((&sm.IAMCredentialsSecretMetadataPatch{
		Name: &l.name, Labels: []string{"prod"}, Description: core.StringPtr("changed"),
		CustomMetadata: map[string]any{"c": 1.5},
	}).AsPatch())
	changed := as[*sm.IAMCredentialsSecretMetadata](l.secrets.UpdateSecretMetadata(
		&sm.UpdateSecretMetadataOptions{ID: &l.id, SecretMetadataPatch: patch}))
	read := as[*sm.IAMCredentialsSecretMetadata](l.secrets.GetSecretMetadata(&sm.GetSecretMetadataOptions{ID: &l.id}))
	for _, metadata := range []*sm.IAMCredentialsSecretMetadata{changed, read} {
		equal(metadata.Name, l.name)
		equal(metadata.Labels, []string{"prod"})
		equal(metadata.Description, "changed")
		equal(metadata.CustomMetadata, map[string]any{"c": 1.5})
		equal(metadata.TTL, "7776000")
	}
	_, _, err := l.secrets.UpdateSecretMetadata(&sm.UpdateSecretMetadataOptions{
		ID: &l.id, SecretMetadataPatch: map[string]any{"ttl": "59s"},
	})
	refused(http.StatusBadRequest, "ttl", err)
}

// rotate makes a new key, beside which the former one lives on. Its result are all keys so far that work.
func (l *life) rotate(before *sm.IAMCredentialsSecret) []string {
	options := &sm.CreateSecretVersionOptions{
		SecretID: &l.id,
		SecretVersionPrototype: &sm.IAMCredentialsSecretVersionPrototype{
			VersionCustomMetadata: map[string]any{"n": 2},
		},
	}
	keys := []string{*before.ApiKey}
	if l.reuse {
		rotated := as[*sm.IAMCredentialsSecretVersion](l.secrets.CreateSecretVersion(options))
		equal(rotated.Alias, "current")
		equal(rotated.AutoRotated, false)
		equal(rotated.VersionCustomMetadata, map[string]any{"n": 2})
		equal(*rotated.ApiKey != *before.ApiKey, true)
		keys = append(keys, *rotated.ApiKey)
	} else {
		_, _, err := l.secrets.CreateSecretVersion(options)
		refused(http.StatusBadRequest, "Rotating IAM credentials is not supported", err)
	}
	for _, key := range keys {
		equal(accepted(key), true)
	}
	l.versions(keys)
	return keys
}

func (l *life) versions(keys []string) {
	current, previous := core.StringPtr("current"), core.StringPtr("previous")
	listed := answer(l.secrets.ListSecretVersions(&sm.ListSecretVersionsOptions{SecretID: &l.id}))
	equal(listed.TotalCount, 3)
	equal(listed.Versions[0].(*sm.IAMCredentialsSecretVersionMetadata).Alias, "current")
	equal(listed.Versions[1].(*sm.IAMCredentialsSecretVersionMetadata).Alias, "previous")
	equal(listed.Versions[1].(*sm.IAMCredentialsSecretVersionMetadata).PayloadAvailable, l.reuse)
	if l.reuse {
		for index, alias := range []*string{previous, current} {
			version := as[*sm.IAMCredentialsSecretVersion](l.secrets.GetSecretVersion(
				&sm.GetSecretVersionOptions{SecretID: &l.id, ID: alias}))
			equal(version.ApiKey, keys[index])
			equal(version.SecretName, l.name)
		}
	}
	patch := must((&sm.SecretVersionMetadataPatch{VersionCustomMetadata: map[string]any{"x": "y"}}).AsPatch())
	changed := as[*sm.IAMCredentialsSecretVersionMetadata](l.secrets.UpdateSecretVersionMetadata(
		&sm.UpdateSecretVersionMetadataOptions{SecretID: &l.id, ID: current, SecretVersionMetadataPatch: patch}))
	read := as[*sm.IAMCredentialsSecretVersionMetadata](l.secrets.GetSecretVersionMetadata(
		&sm.GetSecretVersionMetadataOptions{SecretID: &l.id, ID: current}))
	equal(changed.VersionCustomMetadata, map[string]any{"x": "y"})
	equal(read.VersionCustomMetadata, map[string]any{"x": "y"})
	equal(read.ExpirationDate, now().Add(90*day))
}

// locks are moved from the previous version to the current one, and keep the secret meanwhile.
func (l *life) locks(keys []string) {
	current := core.StringPtr("current")
	locks := []sm.SecretLockPrototype{{
		Name: core.StringPtr("app-1"), Description: core.StringPtr("d"), Attributes: map[string]any{"cluster": "c"},
	}}
	if l.reuse {
		made := answer(l.secrets.CreateSecretVersionLocksBulk(&sm.CreateSecretVersionLocksBulkOptions{
			SecretID: &l.id, ID: core.StringPtr("previous"), Locks: locks,
		}))
		equal(lockNames(made), map[string][]string{"current": {}, "previous": {"app-1"}})
	}
	made := answer(l.secrets.CreateSecretVersionLocksBulk(&sm.CreateSecretVersionLocksBulkOptions{
		SecretID: &l.id, ID: current, Locks: locks, Mode: core.StringPtr("remove_previous"),
	}))
	equal(lockNames(made), map[string][]string{"current": {"app-1"}, "previous": {}})
	listed := answer(l.secrets.ListSecretLocks(&sm.ListSecretLocksOptions{ID: &l.id, Search: core.StringPtr("app")}))
	equal(listed.TotalCount, 1)
	equal(listed.Locks[0].SecretVersionAlias, "current")
	equal(listed.Locks[0].Attributes, locks[0].Attributes)
	ofVersion := answer(l.secrets.ListSecretVersionLocks(&sm.ListSecretVersionLocksOptions{SecretID: &l.id, ID: current}))
	equal(ofVersion.Locks, listed.Locks)
	all := answer(l.secrets.ListSecretsLocks(&sm.ListSecretsLocksOptions{}))
	equal(all.TotalCount, 1)
	equal(lockNames(&all.SecretsLocks[0])["current"], []string{"app-1"})

	_, err := l.secrets.DeleteSecret(&sm.DeleteSecretOptions{ID: &l.id})
	refused(http.StatusPreconditionFailed, "locked", err)
	left := answer(l.secrets.DeleteSecretVersionLocksBulk(&sm.DeleteSecretVersionLocksBulkOptions{
		SecretID: &l.id, ID: current, Name: []string{"app-1"},
	}))
	equal(len(lockNames(left)["current"]), 0)
	more := answer(l.secrets.CreateSecretLocksBulk(&sm.CreateSecretLocksBulkOptions{
		ID: &l.id, Locks: locks, Mode: core.StringPtr("remove_previous"),
	}))
	equal(lockNames(more)["current"], []string{"app-1"})
	none := answer(l.secrets.DeleteSecretLocksBulk(&sm.DeleteSecretLocksBulkOptions{ID: &l.id}))
	equal(len(lockNames(none)["current"]), 0)
	for _, key := range keys {
		equal(accepted(key), true)
	}
}

func lockNames(locks *sm.SecretLocks) map[string][]string {
	names := map[string][]string{}
	for _, version := range locks.Versions {
		names[*version.VersionAlias] = version.Locks
	}
	return names
}

// end lets the lease end, and then deletes the secret.
func (l *life) end(keys []string) {
	if l.reuse {
		keys = append(keys, l.rotatedBySchedule())
		l.stopRotation()
	}
	ended := l.metadata()
	l.later(90*day + time.Second)
	for _, key := range keys {
		equal(accepted(key), false)
	}
	_, _, err := l.identity.GetAPIKey(&identity.GetAPIKeyOptions{ID: ended.ApiKeyID})
	refused(http.StatusNotFound, *ended.ApiKeyID, err)
	equal(l.metadata().ApiKeyID, nil)
	equal(l.metadata().StateDescription, "active")

	// The next read begins another lease.
	again := as[*sm.IAMCredentialsSecret](l.secrets.GetSecret(&sm.GetSecretOptions{ID: &l.id}))
	equal(again.ExpirationDate, now().Add(90*day))
	equal(accepted(*again.ApiKey), true)
	empty(l.secrets.DeleteSecret(&sm.DeleteSecretOptions{ID: &l.id}))
	equal(accepted(*again.ApiKey), false)
	_, _, err = l.secrets.GetSecret(&sm.GetSecretOptions{ID: &l.id})
	refused(http.StatusNotFound, l.id, err)
}

// later moves the clock, by which the tokens of the clients expire too.
func (l *life) later(by time.Duration) {
	advance(by)
	l.clients = l.connect()
}

func (l *life) metadata() *sm.IAMCredentialsSecretMetadata {
	return as[*sm.IAMCredentialsSecretMetadata](l.secrets.GetSecretMetadata(&sm.GetSecretMetadataOptions{ID: &l.id}))
}

// rotatedBySchedule waits for the next rotation, and returns its key.
func (l *life) rotatedBySchedule() string {
	next := time.Time(*l.metadata().NextRotationDate)
	l.later(next.Sub(now()))
	version := as[*sm.IAMCredentialsSecretVersion](l.secrets.GetSecretVersion(&sm.GetSecretVersionOptions{
		SecretID: &l.id, ID: core.StringPtr("current"),
	}))
	equal(version.AutoRotated, true)
	equal(version.CreatedAt, next)
	equal(l.metadata().VersionsTotal, 4)
	equal(l.metadata().NextRotationDate, next.AddDate(0, 1, 0))
	equal(accepted(*version.ApiKey), true)
	return *version.ApiKey
}

func (l *life) stopRotation() {
	patch := must((&sm.IAMCredentialsSecretMetadataPatch{
		Rotation: &sm.CommonRotationPolicy{AutoRotate: core.BoolPtr(false)},
	}).AsPatch())
	changed := as[*sm.IAMCredentialsSecretMetadata](l.secrets.UpdateSecretMetadata(
		&sm.UpdateSecretMetadataOptions{ID: &l.id, SecretMetadataPatch: patch}))
	equal(changed.Rotation, map[string]any{"auto_rotate": false})
	equal(changed.NextRotationDate, nil)
}

func (l *life) nothingIsLeft() {
	empty(l.secrets.DeleteConfiguration(&sm.DeleteConfigurationOptions{Name: core.StringPtr("engine")}))
	empty(l.secrets.DeleteSecretGroup(&sm.DeleteSecretGroupOptions{ID: &l.group}))
	equal(answer(l.secrets.ListSecrets(&sm.ListSecretsOptions{})).TotalCount, 0)

	services := &identity.ListServiceIdsOptions{AccountID: core.StringPtr(account), Pagesize: core.Int64Ptr(2)}
	for more := true; more; more = services.Pagetoken != nil {
		page := answer(l.identity.ListServiceIds(services))
		for _, service := range page.Serviceids {
			equal(strings.HasPrefix(*service.Name, prefix), false)
		}
		services.Pagetoken = must(core.GetQueryParam(page.Next, "pagetoken"))
	}
	keys := &identity.ListAPIKeysOptions{
		AccountID: core.StringPtr(account), Scope: core.StringPtr("account"), Pagesize: core.Int64Ptr(2),
	}
	for more := true; more; more = keys.Pagetoken != nil {
		page := answer(l.identity.ListAPIKeys(keys))
		for _, key := range page.Apikeys {
			equal(strings.HasPrefix(*key.Name, prefix), false)
		}
		keys.Pagetoken = must(core.GetQueryParam(page.Next, "pagetoken"))
	}
	members := answer(l.groups.ListAccessGroupMembers(&groups.ListAccessGroupMembersOptions{
		AccessGroupID: core.StringPtr(os.Getenv("TF_VAR_access_group_id")),
	}))
	equal(members.TotalCount, 0)
}

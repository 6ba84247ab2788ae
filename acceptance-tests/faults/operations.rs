//! The rows: an operation, the life in which it happens, and the request that the fault strikes.

/// Replaced by a `timeouts` block where a fault is slower than the timeout.
pub(crate) const TIMEOUTS: &str = "# TIMEOUTS";

const CLEANUP: &str = "provider \"ibm\" {\n  cleanup_iam_on_destroy = true\n}\n";

/// One row of the table.
pub(crate) struct Operation {
    /// What the table calls it.
    pub(crate) name: &'static str,
    /// The request that goes wrong, by the emulator's name.
    pub(crate) strikes: &'static str,
    /// Only the n-th of them.
    pub(crate) nth: Option<u64>,
    /// Applied before, without a fault.
    pub(crate) before: Option<String>,
    /// Applied while the fault is there.
    pub(crate) then: String,
}

impl Operation {
    fn new(
        name: &'static str,
        strikes: &'static str,
        before: Option<String>,
        then: String,
    ) -> Operation {
        Operation { name, strikes, nth: None, before, then }
    }

    /// Whether the life contains a lease or another ephemeral resource.
    pub(crate) fn opens(&self) -> bool {
        self.then.contains("ephemeral \"")
    }

    /// Whether the secret is gone before the operation, and its credentials are left in IAM.
    pub(crate) fn is_about_an_orphan(&self) -> bool {
        self.name.starts_with("orphan")
    }

    /// Whether the operation creates the engine's configuration itself.
    pub(crate) fn brings_its_engine(&self) -> bool {
        self.name.starts_with("configuration")
    }
}

/// All rows.
pub(crate) fn all() -> Vec<Operation> {
    let one = Operation::new;
    let nothing = || "locals {}\n".to_owned();
    let key_use = "resource \"terraform_data\" \"user\" {\n  provisioner \"local-exec\" {\n    \
                   command     = \"test -n \\\"$KEY\\\"\"\n    environment = { KEY = \
                   ephemeral.NAME.run.api_key }\n  }\n}\n";
    let lease = format!(
        "ephemeral \"ibm_sm_iam_credentials_lease\" \"run\" {{\n  instance_id = var.instance_id\n  \
         access_groups = [var.access_group_id]\n  ttl = \"10m\"\n}}\n{}",
        key_use.replace("NAME", "ibm_sm_iam_credentials_lease")
    );
    let dynamic = secret("ttl = \"1800\"\n  reuse_api_key = false");
    let opened = format!(
        "{dynamic}ephemeral \"ibm_sm_iam_credentials_secret\" \"run\" {{\n  instance_id = \
         var.instance_id\n  secret_id = ibm_sm_iam_credentials_secret.it.secret_id\n}}\n{}",
        key_use.replace("NAME", "ibm_sm_iam_credentials_secret")
    );
    let plain = || secret("ttl = \"30d\"");
    let noted = |ticket: &str| {
        secret(&format!("ttl = \"30d\"\n  version_custom_metadata = {{ ticket = \"{ticket}\" }}"))
    };
    let triggered = |quarter: &str| {
        secret(&format!("ttl = \"30d\"\n  rotation_triggers = {{ quarter = \"{quarter}\" }}"))
    };
    vec![
        one("token: exchange", "create_token", None, group("")),
        one("secret: create", "create_secret", None, plain()),
        one("secret: first value read", "get_secret", None, plain()),
        one("secret: read", "get_secret_metadata", Some(plain()), plain()),
        secret_patch(),
        one(
            "secret: patch version",
            "update_secret_version_metadata",
            Some(noted("1")),
            noted("2"),
        ),
        one("secret: rotate", "create_secret_version", Some(triggered("1")), triggered("2")),
        one("secret: delete", "delete_secret", Some(plain()), nothing()),
        one("configuration: create", "create_configuration", None, configuration("")),
        one(
            "configuration: update",
            "update_configuration",
            Some(configuration("")),
            configuration("disabled = true"),
        ),
        one("configuration: delete", "delete_configuration", Some(configuration("")), nothing()),
        one("group: create", "create_secret_group", None, group("")),
        one(
            "group: update",
            "update_secret_group",
            Some(group("")),
            group("description = \"changed\""),
        ),
        one("group: delete", "delete_secret_group", Some(group("")), nothing()),
        one("arbitrary: create", "create_secret", None, arbitrary("payload = \"one\"")),
        one(
            "arbitrary: patch",
            "update_secret_metadata",
            Some(arbitrary("payload = \"one\"")),
            arbitrary("payload = \"one\"\n  labels = [\"blue\"]"),
        ),
        one(
            "arbitrary: new version",
            "create_secret_version",
            Some(arbitrary("payload = \"one\"")),
            arbitrary("payload = \"two\""),
        ),
        one("arbitrary: delete", "delete_secret", Some(arbitrary("payload = \"one\"")), nothing()),
        one("lease: open", "create_secret", None, lease.clone()),
        one("lease: value read", "get_secret", None, lease.clone()),
        Operation { nth: Some(2), ..one("lease: first use", "create_token", None, lease.clone()) },
        one("lease: close", "delete_secret", None, lease),
        one("ephemeral: open", "get_secret", Some(dynamic.clone()), opened.clone()),
        one("ephemeral: close", "delete_secret_version_data", Some(dynamic), opened),
        one(
            "orphan: remove",
            "delete_service_id",
            Some(format!("{CLEANUP}{}", plain())),
            CLEANUP.to_owned(),
        ),
    ]
}

/// The row that the checks of the matrix itself use.
pub(crate) fn secret_patch() -> Operation {
    let labelled = secret("ttl = \"30d\"\n  labels = [\"blue\"]\n  description = \"changed\"");
    let plain = secret("ttl = \"30d\"");
    Operation::new("secret: patch", "update_secret_metadata", Some(plain), labelled)
}

fn resource(kind: &str, arguments: &str) -> String {
    format!(
        "resource \"{kind}\" \"it\" {{\n  instance_id = var.instance_id\n  {arguments}\n  \
         {TIMEOUTS}\n}}\n"
    )
}

fn secret(more: &str) -> String {
    let owner = "access_groups = [var.access_group_id]";
    resource("ibm_sm_iam_credentials_secret", &format!("name = \"app\"\n  {owner}\n  {more}"))
}

fn group(more: &str) -> String {
    resource("ibm_sm_secret_group", &format!("name = \"team\"\n  {more}"))
}

fn arbitrary(more: &str) -> String {
    resource("ibm_sm_arbitrary_secret", &format!("name = \"word\"\n  {more}"))
}

fn configuration(more: &str) -> String {
    let key = "api_key = var.engine_api_key";
    resource(
        "ibm_sm_iam_credentials_configuration",
        &format!("name = \"engine\"\n  {key}\n  {more}"),
    )
}

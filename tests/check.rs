//! The command `check`, as a process on workspaces of all shapes.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

const OFFICIAL: &str = r#"terraform {
  required_providers {
    ibm = { source = "IBM-Cloud/ibm", version = ">= 1.70.0" }
  }
}
"#;
const GROUP: &str = "resource \"ibm_sm_secret_group\" \"g\" {\n  name = \"g\"\n}\n";

fn workspace(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn check(folder: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_terraform-provider-ibm"));
    command.arg("check").arg(folder).args(more).env_clear().output().unwrap()
}

fn verdict(folder: &Path) -> (i32, Value) {
    let output = check(folder, &["--json"]);
    let text = String::from_utf8(output.stdout).unwrap();
    let code = output.status.code().unwrap();
    (code, serde_json::from_str(&text).unwrap_or_else(|_| panic!("{code}: {text}")))
}

fn state(resources: &[Value]) -> String {
    json!({ "version": 4, "resources": resources }).to_string()
}

fn held(type_name: &str, name: &str, source: &str) -> Value {
    let provider = format!("provider[\"registry.terraform.io/{source}\"]");
    json!({"mode": "managed", "type": type_name, "name": name, "provider": provider,
           "instances": [{"schema_version": 0, "attributes": {"api_key": "s3cr3t-of-a-state"}}]})
}

/// Names and contents.
type Files<'a> = &'a [(&'a str, &'a str)];

fn lines(verdict: &Value, sign: char) -> Vec<&str> {
    let patch = verdict["patch"].as_str().unwrap().lines();
    let patch = patch.filter(|line| !line.starts_with("+++") && !line.starts_with("---"));
    patch.filter_map(|line| line.strip_prefix(sign)).collect()
}

#[test]
fn the_official_fixtures_fit_in_place() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("acceptance-tests/fixtures/official");
    let configuration = fs::read_to_string(fixtures.join("step-1-and-2.tf")).unwrap();
    for step in ["step-1.tfstate", "step-2.tfstate"] {
        let state = fs::read_to_string(fixtures.join(step)).unwrap();
        let state = state.replace("REGISTRY_HOST", "registry.terraform.io");
        let files = [
            ("main.tf", configuration.as_str()),
            ("versions.tf", OFFICIAL),
            ("terraform.tfstate", state.as_str()),
        ];
        let folder = workspace(&files);
        let (code, verdict) = verdict(folder.path());
        assert_eq!((code, &verdict["way"]), (0, &json!("in_place")), "{verdict:#}");
        assert_eq!(verdict["moves"].as_array().unwrap().len(), 6);
        assert_eq!(verdict["constraints"][0]["version"], ">= 1.70.0");
        let text = String::from_utf8(check(folder.path(), &[]).stdout).unwrap();
        let parsed: Value = serde_json::from_str(&state).unwrap();
        let keys = parsed["resources"].as_array().unwrap().iter();
        let keys = keys.filter_map(|it| it["instances"][0]["attributes"]["api_key"].as_str());
        let keys: Vec<&str> = keys.collect();
        assert_eq!(keys.len(), 4, "keys were planted");
        assert!(keys.iter().all(|key| !text.contains(key)), "{text}");
    }
}

#[test]
fn each_shape_of_a_workspace_gets_its_way() {
    let other = "data \"ibm_resource_group\" \"x\" {\n  name = \"x\"\n}\n";
    let beside = format!("{OFFICIAL}{GROUP}{other}");
    let counted =
        beside.replace("  name = \"g\"", "  for_each = toset([\"a\"])\n  name = each.key");
    let alias = "provider \"ibm\" {\n  alias  = \"eu\"\n  region = var.region\n}\n";
    let aliased =
        format!("{beside}{alias}").replace("  name = \"g\"", "  provider = ibm.eu\n  name = \"g\"");
    let module = format!("{OFFICIAL}{GROUP}");
    let nested = format!("{OFFICIAL}module \"b\" {{\n  source = \"./b\"\n}}\n");
    let call = format!("{OFFICIAL}{other}module \"a\" {{\n  source = \"./a\"\n}}\n");
    let remote = call.replace("./a", "acme/secrets/ibm");
    let installed = r#"{"Modules":[{"Key":"","Source":"","Dir":"."},
        {"Key":"a","Source":"acme/secrets/ibm","Dir":".terraform/modules/a"}]}"#;
    let json_syntax = r#"{"resource": {"ibm_sm_secret_group": {"g": [{"name": "g"}]}}}"#;
    let root = format!("{OFFICIAL}{other}");
    let ours = module.replace("IBM-Cloud/ibm", "ibm-sm/ibm");
    let with_own = ours.replace("  name = \"g\"", "  name = \"g\"\n  timeouts {\n  }");
    let moved = format!(
        "{beside}moved {{\n  from = ibm_sm_secret_group.old\n  to   = ibm_sm_secret_group.g\n}}\n"
    );
    let old = state(&[held("ibm_sm_secret_group", "old", "ibm-cloud/ibm")]);
    let newer = old.replace("\"schema_version\":0", "\"schema_version\":3");
    let newer = newer.replace("\"old\"", "\"g\"");
    let in_state_only = state(&[held("ibm_is_vpc", "v", "ibm-cloud/ibm")]);
    let backend = format!("{beside}terraform {{\n  backend \"s3\" {{\n  }}\n}}\n");
    let line = "  provider = ibmsm";
    let cases: &[(&str, Files, i32, &str, &[&str])] = &[
        ("only ours", &[("m.tf", &module)], 0, "in_place", &[]),
        ("other services", &[("m.tf", &beside)], 0, "beside", &[line]),
        (
            "other services in the state",
            &[("m.tf", &module), ("terraform.tfstate", &in_state_only)],
            0,
            "beside",
            &[line],
        ),
        ("for_each", &[("m.tf", &counted)], 0, "beside", &[line]),
        (
            "an alias",
            &[("m.tf", &aliased)],
            0,
            "beside",
            &["  provider = ibmsm.eu", "  alias = \"eu\"", "  region = var.region"],
        ),
        (
            "nested modules",
            &[("m.tf", &call), ("a/m.tf", &nested), ("a/b/m.tf", &module)],
            0,
            "beside",
            &[line],
        ),
        (
            "a module from elsewhere",
            &[
                ("m.tf", &remote),
                (".terraform/modules/modules.json", installed),
                (".terraform/modules/a/m.tf", &module),
            ],
            1,
            "beside",
            &[],
        ),
        (
            "a module that is not installed",
            &[("m.tf", &format!("{remote}{GROUP}"))],
            1,
            "beside",
            &[line],
        ),
        (
            "JSON syntax",
            &[("m.tf", &root), ("g.tf.json", json_syntax)],
            0,
            "beside",
            &["resource \"ibm_sm_secret_group\" \"g\" {", line],
        ),
        ("of OpenTofu", &[("m.tofu", &module)], 0, "in_place", &[]),
        (
            "of OpenTofu, instead of Terraform's",
            &[("m.tf", &beside), ("m.tofu", &module), ("n.tofu.json", json_syntax)],
            0,
            "in_place",
            &[],
        ),
        ("moved already", &[("m.tf", &moved), ("terraform.tfstate", &old)], 0, "beside", &[line]),
        (
            "left in the state",
            &[("m.tf", &beside), ("terraform.tfstate", &old)],
            1,
            "beside",
            &[line],
        ),
        (
            "of a newer version",
            &[("m.tf", &beside), ("terraform.tfstate", &newer)],
            1,
            "beside",
            &[line],
        ),
        ("a state elsewhere", &[("m.tf", &backend)], 1, "beside", &[line]),
        ("ours", &[("m.tf", &ours)], 0, "back", &[]),
        ("ours, with our own", &[("m.tf", &with_own)], 0, "back", &[]),
        ("nothing", &[("m.tf", &root)], 0, "nothing", &[]),
    ];
    for (name, files, code, way, added) in cases {
        let folder = workspace(files);
        let (found, verdict) = verdict(folder.path());
        assert_eq!((found, &verdict["way"]), (*code, &json!(way)), "{name}: {verdict:#}");
        let lines = lines(&verdict, '+');
        for line in *added {
            assert!(lines.contains(line), "{name}: {line:?} is not in {lines:#?}");
        }
        let text = String::from_utf8(check(folder.path(), &[]).stdout).unwrap();
        assert!(!text.contains("s3cr3t"), "{name}: {text}");
        assert!(text.ends_with(verdict["patch"].as_str().unwrap()), "{name}: {text}");
    }
}

const OURS: &str = r#"terraform {
  required_providers {
    ibmsm = { source = "ibm-sm/ibm" }
  }
}
"#;

/// A configuration that uses all that there is only here, with literal values.
const OWN: &str = r#"
provider "ibmsm" {
  store_api_key = false
}
resource "ibm_sm_iam_credentials_secret" "s" {
  count         = 1
  provider      = ibmsm
  name          = "s"
  ttl           = "30d"
  early_renewal = "7d"
  timeouts {
  }
}
resource "ibm_sm_iam_credentials_secret" "dynamic" {
  provider      = ibmsm
  name          = "dynamic"
  ttl           = 1800
  reuse_api_key = false
}
data "ibm_sm_secret_group" "g" {
  provider        = ibmsm
  secret_group_id = "default"
}
ephemeral "ibm_sm_iam_credentials_lease" "l" {
  provider = ibmsm
}
action "ibm_sm_iam_credentials_rotate" "r" {
  provider = ibmsm
}
output "o" {
  value = "${ibm_sm_iam_credentials_secret.s[0].key_version} ${data.ibm_sm_secret_group.g.created_by}"
}
output "f" {
  value = [for it in [1] : provider::ibmsm::duration_to_seconds(ibm_sm_iam_credentials_secret.s[*].early_renewal)]
}
output "fine" {
  value = [ibm_sm_iam_credentials_secret.s[0].api_key, provider::other::f(1), data.ibm_sm_secret_group.g.name]
}
"#;

/// `ADDRESS ARGUMENT AT` of what the way back has to remove, and of what it has to change.
fn way_back(files: Files<'_>) -> (Vec<String>, Vec<String>) {
    let folder = workspace(files);
    let (code, verdict) = verdict(folder.path());
    assert_eq!((code, &verdict["way"]), (0, &json!("back")), "{verdict:#}");
    let listed = |name: &str| {
        let all = verdict[name].as_array().unwrap().iter();
        let text = |it: &Value, name: &str| it[name].as_str().unwrap_or("-").to_owned();
        all.map(|it| ["address", "argument", "at"].map(|name| text(it, name)).join(" ")).collect()
    };
    (listed("only_ours"), listed("refused"))
}

#[test]
fn the_way_back_names_all_that_is_only_here() {
    let (removed, changed) = way_back(&[("m.tf", &format!("{OURS}{OWN}"))]);
    let secret = "ibm_sm_iam_credentials_secret";
    let expected = [
        "action.ibm_sm_iam_credentials_rotate.r - m.tf:32".to_owned(),
        "data.ibm_sm_secret_group.g created_by m.tf:36".to_owned(),
        "ephemeral.ibm_sm_iam_credentials_lease.l - m.tf:29".to_owned(),
        format!("{secret}.s early_renewal m.tf:10"),
        format!("{secret}.s timeouts m.tf:10"),
        format!("{secret}.s key_version m.tf:36"),
        format!("{secret}.s early_renewal m.tf:39"),
        "provider.ibmsm store_api_key m.tf:7".to_owned(),
        "provider::ibmsm::duration_to_seconds - m.tf:39".to_owned(),
    ];
    assert_eq!(removed, expected);
    let expected =
        [format!("{secret}.dynamic reuse_api_key m.tf:19"), format!("{secret}.s ttl m.tf:10")];
    assert_eq!(changed, expected);
    let folder = workspace(&[("m.tf", &format!("{OURS}{OWN}"))]);
    let text = String::from_utf8(check(folder.path(), &[]).stdout).unwrap();
    for line in [
        "  the call of provider::ibmsm::duration_to_seconds  m.tf:39\n",
        "  the whole block action.ibm_sm_iam_credentials_rotate.r  m.tf:32\n",
        "  ttl in ibm_sm_iam_credentials_secret.s  m.tf:10\n    write \"2592000\", which is the same\n",
    ] {
        assert!(text.contains(line), "{line:?} is not in {text}");
    }
}

#[test]
fn the_way_back_reads_json_and_what_the_state_says_of_an_expression() {
    let secret = |ttl: &str| {
        json!({
            "resource": { "ibm_sm_iam_credentials_secret": { "s": { "provider": "ibmsm", "ttl": ttl } } },
            "output": { "o": { "value": "${ibm_sm_iam_credentials_secret.s.key_version}" } },
        })
        .to_string()
    };
    let state = |ttl: &str| {
        let mut held = held("ibm_sm_iam_credentials_secret", "s", "ibm-sm/ibm");
        held["instances"][0]["attributes"]["ttl"] = json!(ttl);
        state(&[held])
    };
    let listed = ["ibm_sm_iam_credentials_secret.s ttl s.tf.json".to_owned()];
    for (written, held, expected) in [
        ("30d", "1800", &listed[..]),
        ("${var.ttl}", "30d", &listed),
        ("${var.ttl}", "1800", &[]),
        ("1800", "30m", &[]),
    ] {
        let (json, state) = (secret(written), state(held));
        let files = [("m.tf", OURS), ("s.tf.json", &*json), ("terraform.tfstate", &*state)];
        let (removed, changed) = way_back(&files);
        assert_eq!(changed, expected, "{written} {held}");
        assert_eq!(removed, ["ibm_sm_iam_credentials_secret.s key_version s.tf.json"]);
    }
}

#[test]
fn the_root_requires_what_it_configures_for_its_modules_alone() {
    let block =
        "provider \"ibm\" {\n  region = \"eu-de\"\n}\nprovider \"ibm\" {\n  alias = \"x\"\n}\n";
    let call = "module \"a\" {\n  source = \"./a\"\n}\n";
    let passed = call.replace("\n}", "\n  providers = { ibm = ibm.x }\n}");
    let other = "data \"ibm_resource_group\" \"x\" {\n}\n";
    let module = format!("{OFFICIAL}{GROUP}");
    for call in [call, &passed] {
        let root = format!("{OFFICIAL}{block}{other}{call}");
        let folder = workspace(&[("m.tf", &root), ("a/m.tf", &module)]);
        let (code, verdict) = verdict(folder.path());
        assert_eq!(code, 0, "{verdict:#}");
        let patch = verdict["patch"].as_str().unwrap();
        for file in ["m.tf", "a/m.tf"] {
            let entry = format!(
                "--- {file}\n+++ {file}\n@@ -2,0 +3,1 @@ required_providers\n+    ibmsm = "
            );
            assert!(patch.contains(&entry), "{file}: {patch}");
        }
        assert!(patch.contains("+provider \"ibmsm\" {\n+  region"), "{patch}");
    }
}

#[test]
fn a_module_that_stays_behind_is_named_with_its_line() {
    let root = format!("{OFFICIAL}module \"a\" {{\n  source = \"acme/secrets/ibm\"\n}}\n");
    let module = format!("{OFFICIAL}{GROUP}");
    let folder = workspace(&[
        ("m.tf", &root),
        (".terraform/modules/a/m.tf", &module),
        (
            ".terraform/modules/modules.json",
            r#"{"Modules":[{"Key":"a","Dir":".terraform/modules/a"}]}"#,
        ),
    ]);
    let (code, verdict) = verdict(folder.path());
    assert_eq!(code, 1);
    assert_eq!(verdict["stays"][0]["module"], "module.a");
    assert_eq!(verdict["stays"][0]["at"], ".terraform/modules/a/m.tf:3");
    assert_eq!(verdict["stays"][0]["objects"][0]["address"], "module.a.ibm_sm_secret_group.g");
}

#[test]
fn a_key_in_a_provider_block_is_not_repeated() {
    let other = "data \"ibm_resource_group\" \"x\" {\n  name = \"x\"\n}\n";
    let provider = "provider \"ibm\" {\n  ibmcloud_api_key = \"s3cr3t\"\n  region = \"eu-de\"\n}\n";
    let folder = workspace(&[("m.tf", &format!("{OFFICIAL}{GROUP}{other}{provider}"))]);
    for more in [&[][..], &["--json"]] {
        let output = check(folder.path(), more);
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(!text.contains("s3cr3t") && text.contains("region = "), "{text}");
    }
}

#[test]
fn what_cannot_be_read_is_said_on_stderr_with_what_to_do() {
    let good = format!("{OFFICIAL}{GROUP}");
    let cases: &[(&str, Files, &[&str], &str)] = &[
        ("syntax", &[("m.tf", "a = \"s3cr3t")], &[], "m.tf:1:"),
        ("JSON", &[("m.tf.json", "{\"s3cr3t\"")], &[], "m.tf.json:1:"),
        ("empty", &[], &[], "has no configuration"),
        (
            "state format",
            &[("m.tf", &good), ("terraform.tfstate", "{\"version\":5}")],
            &[],
            "use a newer one",
        ),
        ("no state", &[("m.tf", &good), ("terraform.tfstate", "s3cr3t")], &[], "neither a state"),
        ("no such state", &[("m.tf", &good)], &["--state", "absent"], "cannot read absent"),
        ("usage", &[("m.tf", &good)], &["--nonsense"], "check --help"),
    ];
    for (name, files, more, expected) in cases {
        let folder = workspace(files);
        let output = check(folder.path(), more);
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{name}: {text}");
        assert!(text.contains(expected) && !text.contains("s3cr3t"), "{name}: {text}");
    }
}

#[test]
fn a_patch_leads_there_and_back_whatever_ends_the_lines() {
    let own = concat!(
        "ibmsm = { source = \"ibm-sm/ibm\", version = \">= ",
        env!("CARGO_PKG_VERSION"),
        "\" }"
    );
    let crlf = |text: &str| text.replace('\n', "\r\n");
    let written = GROUP.replace("{\n", "{\n  provider = ibm\n");
    let others = "data \"ibm_resource_group\" \"x\" {\n}\n";
    let open_end = "resource \"ibm_sm_secret_group\" \"e\" { name = \"e\" }";
    let before = [
        ("versions.tf", crlf(OFFICIAL)),
        ("provider.tf", "provider \"ibm\" {\n}\n".to_owned()),
        ("inserted.tf", crlf(&GROUP.replace("\"g\" {", "\"i\" {"))),
        ("replaced.tf", crlf(&written)),
        ("open_end.tf", open_end.to_owned()),
        ("other.tf", others.to_owned()),
        ("ibmsm.tf", "# ours, without an end".to_owned()),
    ];
    let after = [
        (
            "versions.tf",
            crlf(&OFFICIAL.replace("providers {\n", &format!("providers {{\n    {own}\n"))),
        ),
        ("provider.tf", before[1].1.clone()),
        ("inserted.tf", before[2].1.replace("{\r\n", "{\r\n  provider = ibmsm\r\n")),
        ("replaced.tf", before[3].1.replace("= ibm\r", "= ibmsm\r")),
        (
            "open_end.tf",
            "resource \"ibm_sm_secret_group\" \"e\" {\n  provider = ibmsm\n  name = \"e\"\n}\n"
                .to_owned(),
        ),
        ("other.tf", others.to_owned()),
        ("ibmsm.tf", "provider \"ibmsm\" {\n}\n\n# ours, without an end".to_owned()),
    ];
    let files: Vec<(&str, &str)> = before.iter().map(|(name, text)| (*name, &**text)).collect();
    let folder = workspace(&files);
    let (_, verdict) = verdict(folder.path());
    fs::write(folder.path().join("p.patch"), verdict["patch"].as_str().unwrap()).unwrap();
    for (options, expected) in [(&["-p0"][..], &after), (&["-R", "-p0"], &before)] {
        let patched = Command::new("patch")
            .args(options)
            .args(["-i", "p.patch"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(patched.status.success(), "{}", String::from_utf8_lossy(&patched.stdout));
        for (name, text) in expected {
            let found = fs::read_to_string(folder.path().join(name)).unwrap();
            assert_eq!(found, *text, "{name} after {options:?}");
        }
    }
}

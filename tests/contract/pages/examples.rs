//! The examples of `examples/`, by the registry's convention, and their blocks as values.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use hcl::eval::{Context, Evaluate as _};
use ibm_sm_provider::framework::provider::Provider;
use ibm_sm_provider::framework::schema::Schema;
use serde_json::{Map, Value};

use super::files::root;

/// One example: its path below `examples/`, and its text.
pub(super) struct Example {
    pub(super) path: PathBuf,
    pub(super) text: String,
}

/// The examples in a folder, the one that is named after the folder's kind first.
pub(super) fn in_folder(folder: &Path) -> Vec<Example> {
    let named = |path: &Path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        let stem = name.split('.').next().unwrap();
        folder.iter().next().unwrap().to_str().unwrap().trim_end_matches('s') == stem
    };
    let entries = fs::read_dir(root().join("examples").join(folder));
    let entries = entries.unwrap_or_else(|error| panic!("examples/{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> =
        entries.map(|entry| folder.join(entry.unwrap().file_name())).collect();
    paths.sort_by_key(|path| (!named(path), path.clone()));
    let example = |path: PathBuf| Example {
        text: fs::read_to_string(root().join("examples").join(&path)).unwrap(),
        path,
    };
    paths.into_iter().map(example).collect()
}

impl Example {
    /// Whether it shows an import.
    pub(super) fn is_import(&self) -> bool {
        self.path.file_name().unwrap().to_str().unwrap().starts_with("import")
    }
}

/// A block of an example.
pub(super) struct Block {
    /// Its last label.
    pub(super) name: String,
    /// What is in it.
    pub(super) body: hcl::Body,
}

/// The blocks `keyword "type" …` in the examples of a folder. The `config` of a list or of an
/// action stands for the whole.
pub(super) fn blocks(folder: &Path, keyword: &str, of_type: &str) -> Vec<Block> {
    let mut found = Vec::new();
    for example in in_folder(folder).iter().filter(|example| !example.text.starts_with("# The id"))
    {
        let body = hcl::parse(&example.text)
            .unwrap_or_else(|error| panic!("{}: {error}", example.path.display()));
        for block in body.blocks() {
            let labels: Vec<&str> = block.labels().iter().map(hcl::BlockLabel::as_str).collect();
            if block.identifier() != keyword || labels.first() != Some(&of_type) {
                continue;
            }
            let config = block.body().blocks().find(|inner| inner.identifier() == "config");
            let body = config.map_or(block.body(), hcl::Block::body).clone();
            found.push(Block { name: (*labels.last().unwrap()).to_owned(), body });
        }
    }
    found
}

fn context(variables: &Value) -> Context<'static> {
    let mut context = Context::new();
    context.declare_var("var", hcl::value::to_value(variables).unwrap());
    context
}

/// The identity in the example of an import by it.
pub(super) fn identity(resource: &str, variables: &Value) -> Value {
    let path = root().join("examples/resources").join(resource).join("import-by-identity.tf");
    let body = hcl::parse(&fs::read_to_string(path).unwrap()).unwrap();
    let import = body.blocks().next().expect("an import block").body();
    let identity = import.attributes().find(|one| one.key() == "identity").expect("an identity");
    let identity = identity.expr().evaluate(&context(variables)).unwrap();
    serde_json::to_value(identity).unwrap()
}

/// The value of a block whose expressions refer to these variables alone.
pub(super) fn value(body: &hcl::Body, schema: &Schema, variables: &Value) -> Value {
    let context = context(variables);
    let attributes = |body: &hcl::Body| -> Map<String, Value> {
        let known = |attribute: &hcl::Attribute| {
            let value = attribute.expr().evaluate(&context).unwrap();
            (attribute.key().to_owned(), serde_json::to_value(value).unwrap())
        };
        body.attributes().map(known).collect()
    };
    let mut object = attributes(body);
    for block in body.blocks() {
        let inner = Value::Object(attributes(block.body()));
        let declared = schema.get(block.identifier()).expect("a block that is declared");
        let inner = if declared.block { inner } else { Value::Array(vec![inner]) };
        object.insert(block.identifier().to_owned(), inner);
    }
    Value::Object(object)
}

/// Every place where arguments are written: how it is called, the folder of its examples, the
/// block, and the arguments.
fn places(served: &impl Provider) -> Vec<(String, &'static str, &'static str, &Schema)> {
    let registry = served.registry();
    let mut places = vec![("ibm".to_owned(), "provider", "provider", served.schema())];
    macro_rules! all {
        ($list:ident, $folder:literal, $keyword:literal) => {
            for one in &registry.$list {
                places.push((one.type_name().to_owned(), $folder, $keyword, one.schema()));
            }
        };
    }
    all!(resources, "resources", "resource");
    all!(data_sources, "data-sources", "data");
    all!(ephemeral_resources, "ephemeral-resources", "ephemeral");
    all!(list_resources, "list-resources", "list");
    all!(actions, "actions", "action");
    places
}

/// The number of arguments, and those that occur in no example.
pub(super) fn missing(served: &impl Provider) -> (usize, Vec<String>) {
    let (mut count, mut missing) = (0, Vec::new());
    for (name, folder, keyword, schema) in places(served) {
        let folder = if folder == "provider" {
            PathBuf::from(folder)
        } else {
            Path::new(folder).join(&name)
        };
        let mut written = BTreeSet::new();
        for Block { body, .. } in blocks(&folder, keyword, &name) {
            written.extend(body.attributes().map(|one| one.key().to_owned()));
            for block in body.blocks() {
                let inner = block.body().attributes();
                let path = |one: &hcl::Attribute| format!("{}.{}", block.identifier(), one.key());
                written.extend(inner.map(path));
                written.insert(block.identifier().to_owned());
            }
        }
        for argument in schema.iter().filter(|one| one.is_configurable()) {
            let members =
                argument.members.iter().map(|(member, _)| format!("{}.{member}", argument.name));
            for path in members.chain([argument.name.to_owned()]) {
                count += 1;
                if !written.contains(&path) {
                    missing.push(format!("{keyword} {name}: {path}"));
                }
            }
        }
    }
    (count, missing)
}

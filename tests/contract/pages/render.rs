//! Renders the pages, in the layout that the registry shows.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use ibm_sm_provider::client::Operation;
use ibm_sm_provider::framework::function::Function;
use ibm_sm_provider::framework::provider::Provider;
use ibm_sm_provider::framework::resource::AnyResource;
use ibm_sm_provider::framework::schema::{Attribute, AttributeConstraint, Schema, Type};

use super::costs::{Cost, Costs};
use super::examples::{Example, in_folder};
use super::files::root;

/// The heading under which the registry lists every type.
const SUBCATEGORY: &str = "Secrets Manager";

/// The title of the guide to messages.
pub(super) const MESSAGES: &str = "Troubleshooting by message";

/// What one page is about.
struct Subject<'a> {
    folder: &'static str,
    kind: &'static str,
    name: &'a str,
    schema: &'a Schema,
}

/// Every page by its path below `docs/`, but for those of the guides.
pub(super) fn pages(served: &impl Provider, costs: &Costs) -> BTreeMap<String, String> {
    let registry = served.registry();
    let mut pages = BTreeMap::from([("index.md".to_owned(), index(served))]);
    let mut add = |subject: &Subject<'_>, more: String| {
        let rows = costs[&(subject.folder, subject.name.to_owned())].as_slice();
        let page = typed(subject, &more, rows);
        // The registry leaves the provider's name out of the names of pages.
        let name = subject.name.trim_start_matches("ibm_");
        pages.insert(format!("{}/{name}.md", subject.folder), page);
    };
    macro_rules! all {
        ($list:ident, $folder:literal, $kind:literal, $more:expr) => {
            for one in &registry.$list {
                let subject = Subject {
                    folder: $folder,
                    kind: $kind,
                    name: one.type_name(),
                    schema: one.schema(),
                };
                add(&subject, $more(one.as_ref()));
            }
        };
    }
    all!(resources, "resources", "Resource", import);
    all!(data_sources, "data-sources", "Data Source", |_| String::new());
    all!(ephemeral_resources, "ephemeral-resources", "Ephemeral Resource", |_| String::new());
    all!(list_resources, "list-resources", "List Resource", |_| String::new());
    all!(actions, "actions", "Action", |_| String::new());
    for one in &registry.functions {
        pages.insert(format!("functions/{}.md", one.name), function(one));
    }
    pages
}

/// The number of attributes and members, and those without a description.
pub(super) fn undescribed(served: &impl Provider) -> (usize, Vec<String>) {
    let registry = served.registry();
    let (mut count, mut bare) = (0, Vec::new());
    let mut look = |name: &str, schema: &Schema| {
        for one in schema.iter() {
            let members = match &one.value_type {
                Type::Object(members) => members.as_slice(),
                Type::List(element) => match &**element {
                    Type::Object(members) => members.as_slice(),
                    _ => &[],
                },
                _ => &[],
            };
            count += 1 + members.len();
            let described = |member: &str| {
                one.members.iter().any(|(name, text)| *name == member && text.len() > 10)
            };
            let missing = members.iter().filter(|(member, _)| !described(member));
            bare.extend(missing.map(|(member, _)| format!("{name}.{}.{member}", one.name)));
            if one.description.len() <= 10 {
                bare.push(format!("{name}.{}", one.name));
            }
        }
    };
    look("provider", served.schema());
    registry.resources.iter().for_each(|one| look(one.type_name(), one.schema()));
    registry.data_sources.iter().for_each(|one| look(one.type_name(), one.schema()));
    registry.ephemeral_resources.iter().for_each(|one| look(one.type_name(), one.schema()));
    registry.list_resources.iter().for_each(|one| look(one.type_name(), one.schema()));
    registry.actions.iter().for_each(|one| look(one.type_name(), one.schema()));
    (count, bare)
}

/// The front matter, and the note for whoever wants to change the page.
pub(super) fn front_matter(title: &str, subcategory: &str, description: &str) -> String {
    let first = description.split_inclusive(". ").next().unwrap_or_default().trim();
    format!(
        "---\npage_title: \"{title}\"\nsubcategory: \"{subcategory}\"\ndescription: |-\n  {first}\n\
         ---\n\n<!-- `make docs` makes this page of the declarations and the examples. -->\n\n"
    )
}

fn fenced(example: &Example) -> String {
    let language = match example.path.extension().and_then(|extension| extension.to_str()) {
        Some("sh") => "shell",
        _ => "terraform",
    };
    format!("```{language}\n{}\n```\n\n", example.text.trim_end())
}

fn usage(folder: &Path) -> String {
    let examples = in_folder(folder);
    let shown = examples.iter().filter(|example| !example.is_import()).map(fenced);
    format!("## Example Usage\n\n{}", shown.collect::<String>())
}

fn typed(subject: &Subject<'_>, more: &str, costs: &[Cost]) -> String {
    let Subject { folder, kind, name, schema } = subject;
    let description = schema.description();
    format!(
        "{}# {name} ({kind})\n\n{description}\n\n{}{}{more}{}",
        front_matter(&format!("{name} {kind} - ibm"), SUBCATEGORY, description),
        usage(&Path::new(folder).join(name)),
        arguments(schema),
        requests(costs),
    )
    .trim_end()
    .to_owned()
        + "\n"
}

fn type_name(value_type: &Type) -> String {
    match value_type {
        Type::String => "String".to_owned(),
        Type::Number => "Number".to_owned(),
        Type::Bool => "Boolean".to_owned(),
        Type::List(element) => format!("List of {}", type_name(element)),
        Type::Map(element) => format!("Map of {}", type_name(element)),
        Type::Object(_) => "Object".to_owned(),
    }
}

fn line(attribute: &Attribute) -> String {
    let mut kind =
        if attribute.block { "Block".to_owned() } else { type_name(&attribute.value_type) };
    for (is, mark) in [
        (attribute.sensitive, "Sensitive"),
        (attribute.write_only, "Write-only"),
        (attribute.deprecated, "Deprecated"),
    ] {
        if is {
            kind = format!("{kind}, {mark}");
        }
    }
    let mut text = attribute.documentation();
    if attribute.requires_replace && attribute.is_configurable() {
        text += " A change makes a new object.";
    }
    if attribute.reset_when_removed.is_some() {
        text += " Removed from the configuration, it is reset.";
    }
    if !attribute.members.is_empty() {
        let name = attribute.name;
        text = format!("{text} See [below](#nestedatt--{name}).");
    }
    format!("- `{}` ({kind}) {text}\n", attribute.name)
}

fn arguments(schema: &Schema) -> String {
    use AttributeConstraint::{Computed, Optional, OptionalComputed, Required};
    let mut page = "## Schema\n\n".to_owned();
    for (heading, constraints) in [
        ("Required", &[Required][..]),
        ("Optional", &[Optional, OptionalComputed]),
        ("Read-Only", &[Computed]),
    ] {
        let mut lines: Vec<&Attribute> =
            schema.iter().filter(|one| constraints.contains(&one.constraint)).collect();
        lines.sort_by_key(|one| one.name);
        if !lines.is_empty() {
            let lines: String = lines.into_iter().map(line).collect();
            write!(page, "### {heading}\n\n{lines}\n").unwrap();
        }
    }
    let mut nested: Vec<&Attribute> = schema.iter().filter(|one| !one.members.is_empty()).collect();
    nested.sort_by_key(|one| one.name);
    for Attribute { name, value_type, members, .. } in nested {
        write!(page, "<a id=\"nestedatt--{name}\"></a>\n\n### Nested Schema for `{name}`\n\n")
            .unwrap();
        for (member, text) in *members {
            let of_type = match value_type {
                Type::List(element) => member_type(element, member),
                object => member_type(object, member),
            };
            writeln!(page, "- `{member}` ({of_type}) {text}").unwrap();
        }
        page += "\n";
    }
    page
}

fn member_type(object: &Type, member: &str) -> String {
    let Type::Object(members) = object else { panic!("{member} is a member of an object") };
    type_name(&members.iter().find(|(name, _)| *name == member).expect("a declared member").1)
}

fn import(resource: &dyn AnyResource) -> String {
    let of = |name: &str| {
        let examples = in_folder(&Path::new("resources").join(resource.type_name()));
        let found = examples.iter().find(|example| example.path.ends_with(name));
        fenced(found.unwrap_or_else(|| panic!("{} has no {name}", resource.type_name())))
    };
    let parts = resource.identity().iter().map(|part| {
        let attribute = resource.schema().get(part.name).expect("an attribute of the resource");
        let optional = if part.optional { ", Optional" } else { "" };
        format!(
            "- `{}` ({}{optional}) {}\n",
            part.name,
            type_name(&attribute.value_type),
            attribute.description
        )
    });
    format!(
        "## Import\n\nBy a block with the id:\n\n{}By a block with the identity, from Terraform \
         1.12 on:\n\n{}The identity consists of:\n\n{}\nBy a command:\n\n{}",
        of("import-by-string-id.tf"),
        of("import-by-identity.tf"),
        parts.collect::<String>(),
        of("import.sh")
    )
}

/// What it costs, and what the caller must be allowed to do.
fn requests(costs: &[Cost]) -> String {
    let mut page = "## Requests and roles\n\nMeasured with the examples above, changed as a line says. A run sends one \
                    request more, for its token.\n\n| Operation | Requests |\n|---|---|\n"
        .to_owned();
    let mut used: Vec<Operation> = Vec::new();
    for (what, requests) in costs {
        let names: Vec<String> = requests.iter().map(|one| format!("`{}`", one.name())).collect();
        let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        writeln!(page, "| {what} | {names} |").unwrap();
        for one in requests {
            if !used.contains(one) {
                used.push(*one);
            }
        }
    }
    page += "\n| Request | Needs at least |\n|---|---|\n";
    for one in used {
        writeln!(page, "| `{}` | {} |", one.name(), one.role()).unwrap();
    }
    page
}

fn function(function: &Function) -> String {
    let Function { name, summary, description, parameters, returns, .. } = function;
    let shown: Vec<String> = parameters
        .iter()
        .map(|one| format!("{} {}", one.name, type_name(&one.value_type).to_lowercase()))
        .collect();
    let lines: String = parameters
        .iter()
        .map(|one| {
            format!("- `{}` ({}) {}\n", one.name, type_name(&one.value_type), one.description)
        })
        .collect();
    format!(
        "{}# {name} (Function)\n\n{description}\n\n{}## Signature\n\n```text\n{name}({}) {}\n```\n\n\
         ## Arguments\n\n{lines}",
        front_matter(&format!("{name} Function - ibm"), "", &format!("{summary}.")),
        usage(&Path::new("functions").join(name)),
        shown.join(", "),
        type_name(returns).to_lowercase(),
    )
}

/// The guides: their files and titles. Only that on messages is made here.
fn guides() -> BTreeMap<String, String> {
    let mut guides = BTreeMap::from([("troubleshooting".to_owned(), MESSAGES.to_owned())]);
    for entry in fs::read_dir(root().join("docs/guides")).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.ends_with("troubleshooting.md") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let title = text.lines().find_map(|line| line.strip_prefix("page_title: "));
        let title = title.unwrap_or_else(|| panic!("{} has no page_title", path.display()));
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        guides.insert(name, title.trim_matches('"').to_owned());
    }
    guides
}

fn index(served: &impl Provider) -> String {
    let description = served.schema().description();
    let guides: String =
        guides().iter().map(|(name, title)| format!("- [{title}](guides/{name}.md)\n")).collect();
    format!(
        "{}# ibm Provider\n\n{description}\n\n{}## Guides\n\n{guides}\n{}",
        front_matter("ibm Provider", "", description),
        usage(Path::new("provider")),
        arguments(served.schema()),
    )
    .trim_end()
    .to_owned()
        + "\n"
}

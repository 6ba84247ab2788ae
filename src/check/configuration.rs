//! What a module's configuration says of providers, in both of Terraform's syntaxes.

use std::collections::BTreeMap;
use std::ops::Range;

use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, TraversalOperator};
use hcl_edit::structure::{Attribute, Block, Body};
use hcl_edit::template::Template;
use hcl_edit::visit::Visit as _;
use serde_json::{Map, Value};

use super::place::Place;
use super::uses::{Use, Uses};

/// What a source address of a provider means here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// `IBM-Cloud/ibm`.
    Official,
    /// This provider, also under its former address.
    Ours,
    /// Any other.
    Other,
}

impl Source {
    /// Reads `[HOST/]NAMESPACE/TYPE`.
    pub(super) fn of(address: &str) -> Source {
        let address = address.to_lowercase();
        let mut parts = address.rsplit('/');
        match (parts.next(), parts.next()) {
            (Some("ibm"), Some("ibm-cloud")) => Source::Official,
            (Some("ibm" | "ibm-sm"), Some("ibm-sm")) => Source::Ours,
            _ => Source::Other,
        }
    }
}

/// An entry of `required_providers`.
#[derive(Clone, Debug)]
pub(super) struct Required {
    /// What `source` means.
    pub(super) source: Source,
    /// The version constraint.
    pub(super) version: Option<String>,
    /// Whether the module takes further configurations from its caller.
    pub(super) has_aliases: bool,
    /// The entry.
    pub(super) place: Place,
    /// The whole `required_providers` block.
    pub(super) block: Place,
}

/// A provider configuration as the language names it: `ibm` or `ibm.eu`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reference {
    /// The local name.
    pub(super) local: String,
    /// The alias.
    pub(super) alias: Option<String>,
}

impl Reference {
    fn parse(text: &str) -> Reference {
        match text.split_once('.') {
            Some((local, alias)) => {
                Reference { local: local.to_owned(), alias: Some(alias.to_owned()) }
            }
            None => Reference { local: text.to_owned(), alias: None },
        }
    }

    /// The same configuration of another provider.
    pub(super) fn of(&self, local: &str) -> String {
        match &self.alias {
            Some(alias) => format!("{local}.{alias}"),
            None => local.to_owned(),
        }
    }
}

/// An argument or a block within a block.
#[derive(Clone, Debug)]
pub(super) struct Argument {
    /// Its name.
    pub(super) name: String,
    /// Its expression as it is written; none of a block.
    pub(super) text: Option<String>,
    /// Whether the value itself is written there, and not where it comes from.
    pub(super) is_literal: bool,
}

impl Argument {
    /// The value, if it is written there.
    pub(super) fn literal(&self) -> Option<&str> {
        let text = self.text.as_deref().filter(|_| self.is_literal)?;
        Some(text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text))
    }
}

/// A `provider` block.
#[derive(Clone, Debug)]
pub(super) struct ProviderBlock {
    /// Which configuration it is.
    pub(super) reference: Reference,
    /// Its arguments, without `alias`.
    pub(super) arguments: Vec<Argument>,
    /// The block.
    pub(super) place: Place,
}

/// A block that is about one object of a provider.
#[derive(Clone, Debug)]
pub(super) struct Object {
    /// `resource`, `data`, `ephemeral` or `action`.
    pub(super) kind: &'static str,
    /// Its type.
    pub(super) type_name: String,
    /// Its name.
    pub(super) name: String,
    /// Its `provider`, written or by its type.
    pub(super) provider: Reference,
    /// The written `provider` argument.
    pub(super) written: Option<Place>,
    /// Its arguments and blocks.
    pub(super) arguments: Vec<Argument>,
    /// The block.
    pub(super) place: Place,
}

impl Object {
    /// The address in its module.
    pub(super) fn address(&self) -> String {
        let Object { kind, type_name, name, .. } = self;
        match *kind {
            "resource" => format!("{type_name}.{name}"),
            kind => format!("{kind}.{type_name}.{name}"),
        }
    }
}

/// A `module` block.
#[derive(Clone, Debug)]
pub(super) struct Call {
    /// Its name.
    pub(super) name: String,
    /// Where the module comes from.
    pub(super) source: String,
    /// What is passed under which name.
    pub(super) providers: Vec<(Reference, Reference)>,
    /// The object of `providers`.
    pub(super) passed: Option<Place>,
    /// The block.
    pub(super) place: Place,
}

/// The configuration of one module.
#[derive(Debug, Default)]
pub(super) struct Module {
    /// `required_providers`, by local name.
    pub(super) required: BTreeMap<String, Required>,
    /// `provider` blocks.
    pub(super) providers: Vec<ProviderBlock>,
    /// Objects of providers.
    pub(super) objects: Vec<Object>,
    /// Module calls.
    pub(super) calls: Vec<Call>,
    /// What its expressions use of providers.
    pub(super) uses: Vec<Use>,
    /// `moved` blocks within this module: from, to.
    pub(super) moved: Vec<(String, String)>,
    /// Whether the state is kept elsewhere.
    pub(super) has_backend: bool,
    /// Every file, by its path relative to the workspace.
    pub(super) files: BTreeMap<String, String>,
}

/// A file that is not in its syntax; the text of the line is not repeated, since it may hold a
/// secret.
#[derive(Debug)]
pub(super) struct SyntaxError {
    /// Line and column.
    pub(super) at: (usize, usize),
    /// What is wrong.
    pub(super) message: String,
}

impl Module {
    /// What the local name stands for.
    pub(super) fn source(&self, local: &str) -> Source {
        self.required.get(local).map_or(Source::Other, |required| required.source)
    }

    /// The local name and the entry of this source.
    pub(super) fn local(&self, source: Source) -> Option<(&String, &Required)> {
        self.required.iter().find(|(_, required)| required.source == source)
    }

    /// Adds a file. Override files come last, as Terraform merges them.
    pub(super) fn add(&mut self, file: &str, text: String) -> Result<(), SyntaxError> {
        if file.ends_with(".json") {
            let body: Value = serde_json::from_str(&text).map_err(|error| SyntaxError {
                at: (error.line(), error.column()),
                message: "not valid JSON".to_owned(),
            })?;
            let json = Json { file };
            json.module(&body, self);
            json.uses(&body, &mut self.uses);
        } else {
            let body = hcl_edit::parser::parse_body(&text).map_err(|error| SyntaxError {
                at: (error.location().line(), error.location().column()),
                message: error.message().replace('\n', ", "),
            })?;
            let native = Native { file, text: &text };
            native.module(&body, self);
            Uses { found: &mut self.uses, place: &|bytes| native.place(bytes) }.visit_body(&body);
        }
        self.files.insert(file.to_owned(), text);
        Ok(())
    }

    fn add_object(&mut self, new: Object) {
        let same = |old: &&mut Object| {
            (old.kind, &old.type_name, &old.name) == (new.kind, &new.type_name, &new.name)
        };
        match self.objects.iter_mut().find(same) {
            Some(old) if new.written.is_some() => {
                old.provider = new.provider;
                old.written = new.written;
            }
            Some(_) => {}
            None => self.objects.push(new),
        }
    }
}

const KINDS: [&str; 4] = ["resource", "data", "ephemeral", "action"];

/// Terraform names the provider of a type by its first word.
fn by_type(type_name: &str) -> Reference {
    Reference::parse(type_name.split('_').next().unwrap_or(type_name))
}

/// Reads the native syntax.
struct Native<'a> {
    file: &'a str,
    text: &'a str,
}

impl Native<'_> {
    fn module(&self, body: &Body, module: &mut Module) {
        for block in body.blocks() {
            let labels: Vec<&str> = block.labels.iter().map(|label| label.as_str()).collect();
            match (block.ident.as_str(), labels.as_slice()) {
                ("terraform", []) => self.terraform(block, module),
                ("provider", [local]) => module.providers.push(self.provider(block, local)),
                ("module", [name]) => module.calls.push(self.call(block, name)),
                ("moved", []) => {
                    let side = |name| Some(self.slice(&block.body.get_attribute(name)?.value));
                    module.moved.extend(side("from").zip(side("to")));
                }
                (kind, [type_name, name]) => {
                    if let Some(kind) = KINDS.into_iter().find(|known| *known == kind) {
                        module.add_object(self.object(block, kind, type_name, name));
                    }
                }
                _ => {}
            }
        }
    }

    fn terraform(&self, block: &Block, module: &mut Module) {
        for inner in block.body.blocks() {
            match inner.ident.as_str() {
                "backend" | "cloud" => module.has_backend = true,
                "required_providers" => {
                    for entry in inner.body.attributes() {
                        module.required.insert(
                            entry.key.as_str().to_owned(),
                            Required {
                                source: text_of(&entry.value, "source")
                                    .map_or(Source::Other, |address| Source::of(&address)),
                                version: text_of(&entry.value, "version"),
                                has_aliases: member(&entry.value, "configuration_aliases")
                                    .is_some(),
                                place: self.place(entry.span()),
                                block: self.place(inner.span()),
                            },
                        );
                    }
                }
                _ => {}
            }
        }
    }

    fn provider(&self, block: &Block, local: &str) -> ProviderBlock {
        let alias = block.body.get_attribute("alias").and_then(|alias| alias.value.as_str());
        ProviderBlock {
            reference: Reference { local: local.to_owned(), alias: alias.map(str::to_owned) },
            arguments: block
                .body
                .attributes()
                .filter(|attribute| !matches!(attribute.key.as_str(), "alias" | "version"))
                .map(|attribute| self.argument(attribute))
                .collect(),
            place: self.place(block.span()),
        }
    }

    fn object(&self, block: &Block, kind: &'static str, type_name: &str, name: &str) -> Object {
        let written = block.body.get_attribute("provider");
        let attributes = block.body.attributes().map(|attribute| self.argument(attribute));
        let blocks = block.body.blocks().map(|block| Argument {
            name: block.ident.as_str().to_owned(),
            text: None,
            is_literal: false,
        });
        Object {
            kind,
            type_name: type_name.to_owned(),
            name: name.to_owned(),
            provider: written
                .and_then(|written| reference(&written.value))
                .unwrap_or_else(|| by_type(type_name)),
            written: written.map(|written| self.place(written.span())),
            arguments: attributes.chain(blocks).collect(),
            place: self.place(block.span()),
        }
    }

    fn argument(&self, attribute: &Attribute) -> Argument {
        Argument {
            name: attribute.key.as_str().to_owned(),
            text: Some(self.slice(&attribute.value)),
            is_literal: is_literal(&attribute.value),
        }
    }

    fn call(&self, block: &Block, name: &str) -> Call {
        let providers = block.body.get_attribute("providers");
        let passed = providers.and_then(|passed| passed.value.as_object());
        let pair = |(key, value): (&hcl_edit::expr::ObjectKey, &hcl_edit::expr::ObjectValue)| {
            let key = match (key.as_ident(), key.as_expr()) {
                (Some(ident), _) => Reference::parse(ident.as_str()),
                (None, Some(key)) => reference(key)?,
                (None, None) => return None,
            };
            Some((key, reference(value.expr())?))
        };
        let source = block.body.get_attribute("source").and_then(|source| source.value.as_str());
        Call {
            name: name.to_owned(),
            source: source.unwrap_or_default().to_owned(),
            providers: passed
                .into_iter()
                .flat_map(|passed| passed.iter())
                .filter_map(pair)
                .collect(),
            passed: passed.map(|passed| self.place(passed.span())),
            place: self.place(block.span()),
        }
    }

    fn place(&self, bytes: Option<Range<usize>>) -> Place {
        let before = bytes.as_ref().and_then(|bytes| self.text.get(..bytes.start));
        Place {
            file: self.file.to_owned(),
            line: before.map(|before| before.matches('\n').count() + 1),
            bytes,
        }
    }

    fn slice(&self, value: &Expression) -> String {
        let text = value.span().and_then(|bytes| self.text.get(bytes));
        text.unwrap_or_default().trim().to_owned()
    }
}

/// `ibm`, `ibm.eu`, or either in quotes, as old configurations have it.
fn reference(value: &Expression) -> Option<Reference> {
    match value {
        Expression::Variable(local) => Some(Reference::parse(local.value().as_str())),
        Expression::String(text) => Some(Reference::parse(text.value())),
        Expression::Traversal(path) => {
            let local = path.expr.as_variable()?.as_str().to_owned();
            let alias = path.operators.iter().find_map(|operator| match operator.value() {
                TraversalOperator::GetAttr(alias) => Some(alias.value().as_str().to_owned()),
                _ => None,
            });
            Some(Reference { local, alias })
        }
        _ => None,
    }
}

fn member<'a>(value: &'a Expression, name: &str) -> Option<&'a Expression> {
    let named = |key: &hcl_edit::expr::ObjectKey| {
        key.as_ident().is_some_and(|ident| ident.as_str() == name)
            || key.as_expr().and_then(Expression::as_str) == Some(name)
    };
    let mut members = value.as_object()?.iter();
    members.find(|(key, _)| named(key)).map(|(_, value)| value.expr())
}

fn text_of(value: &Expression, name: &str) -> Option<String> {
    member(value, name)?.as_str().map(str::to_owned)
}

/// Whether the text is the value: anything but a path such as `var.key`.
fn is_literal(value: &Expression) -> bool {
    !matches!(value, Expression::Traversal(_) | Expression::Variable(_))
}

/// Reads the JSON syntax.
struct Json<'a> {
    file: &'a str,
}

/// The objects at a place where one or many may be written.
fn blocks(value: Option<&Value>) -> Vec<&Map<String, Value>> {
    match value {
        Some(Value::Object(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().flat_map(|one| blocks(Some(one))).collect(),
        _ => Vec::new(),
    }
}

/// The same, one level deeper, with the label.
fn labelled(value: Option<&Value>) -> Vec<(&str, &Value)> {
    let all = blocks(value).into_iter().flatten();
    all.map(|(label, inner)| (label.as_str(), inner)).collect()
}

fn string(of: &Map<String, Value>, name: &str) -> Option<String> {
    of.get(name)?.as_str().map(str::to_owned)
}

impl Json<'_> {
    fn place(&self) -> Place {
        Place { file: self.file.to_owned(), bytes: None, line: None }
    }

    fn module(&self, body: &Value, module: &mut Module) {
        for terraform in blocks(body.get("terraform")) {
            module.has_backend |=
                terraform.contains_key("backend") || terraform.contains_key("cloud");
            for (local, entry) in labelled(terraform.get("required_providers")) {
                module.required.insert(local.to_owned(), self.required(entry));
            }
        }
        for (local, inner) in labelled(body.get("provider")) {
            for block in blocks(Some(inner)) {
                module.providers.push(self.provider(local, block));
            }
        }
        for kind in KINDS {
            for (type_name, inner) in labelled(body.get(kind)) {
                for (name, inner) in labelled(Some(inner)) {
                    for block in blocks(Some(inner)) {
                        module.add_object(self.object(kind, type_name, name, block));
                    }
                }
            }
        }
        for (name, inner) in labelled(body.get("module")) {
            for block in blocks(Some(inner)) {
                module.calls.push(self.call(name, block));
            }
        }
        for block in blocks(body.get("moved")) {
            module.moved.extend(string(block, "from").zip(string(block, "to")));
        }
    }

    fn required(&self, entry: &Value) -> Required {
        let text = |name: &str| entry.get(name).and_then(Value::as_str);
        Required {
            source: text("source").map_or(Source::Other, Source::of),
            version: text("version").map(str::to_owned),
            has_aliases: entry.get("configuration_aliases").is_some(),
            place: self.place(),
            block: self.place(),
        }
    }

    fn provider(&self, local: &str, block: &Map<String, Value>) -> ProviderBlock {
        let arguments =
            block.iter().filter(|(name, _)| !matches!(name.as_str(), "alias" | "version"));
        ProviderBlock {
            reference: Reference { local: local.to_owned(), alias: string(block, "alias") },
            arguments: arguments.map(Self::argument).collect(),
            place: self.place(),
        }
    }

    fn argument((name, value): (&String, &Value)) -> Argument {
        let path = value.as_str().and_then(|text| text.strip_prefix("${")?.strip_suffix('}'));
        Argument {
            name: name.clone(),
            text: Some(path.map_or_else(|| value.to_string(), str::to_owned)),
            is_literal: path.is_none(),
        }
    }

    /// Every string may be a template.
    fn uses(&self, value: &Value, found: &mut Vec<Use>) {
        match value {
            Value::String(text) => {
                if let Ok(template) = text.parse::<Template>() {
                    Uses { found, place: &|_| self.place() }.visit_template(&template);
                }
            }
            Value::Array(inner) => inner.iter().for_each(|inner| self.uses(inner, found)),
            Value::Object(inner) => inner.values().for_each(|inner| self.uses(inner, found)),
            _ => {}
        }
    }

    fn object(
        &self,
        kind: &'static str,
        type_name: &str,
        name: &str,
        block: &Map<String, Value>,
    ) -> Object {
        let written = string(block, "provider");
        Object {
            kind,
            type_name: type_name.to_owned(),
            name: name.to_owned(),
            provider: written.as_deref().map_or_else(|| by_type(type_name), Reference::parse),
            written: written.map(|_| self.place()),
            arguments: block.iter().map(Self::argument).collect(),
            place: self.place(),
        }
    }

    fn call(&self, name: &str, block: &Map<String, Value>) -> Call {
        let passed = labelled(block.get("providers")).into_iter();
        Call {
            name: name.to_owned(),
            source: string(block, "source").unwrap_or_default(),
            providers: passed
                .filter_map(|(key, value)| {
                    Some((Reference::parse(key), Reference::parse(value.as_str()?)))
                })
                .collect(),
            passed: block.contains_key("providers").then(|| self.place()),
            place: self.place(),
        }
    }
}

//! The declaration of attributes: each said once, every schema a view of it.

use std::collections::HashMap;

use tf_provider::schema::{
    Attribute, AttributeConstraint, AttributeType, Block, Description, NestedBlock, Schema,
};

use super::check::Rule;
use super::diag::{AttributePath, Diagnostics, diagnostic};
use super::value::{Object, ValueAny, attribute};

/// The type of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A string.
    Text,
    /// A whole number; no attribute of ours has a fraction.
    Number,
    /// A boolean.
    Flag,
    /// A list of elements of one type.
    List(Box<Kind>),
    /// A map with string keys.
    Map(Box<Kind>),
    /// An object with these attributes. As an attribute only inside a list,
    /// which is what lets users write block syntax (plugin-protocol.md 5.3).
    Object(Vec<(&'static str, Kind)>),
}

impl Kind {
    /// The type constraint as JSON, as schemas and functions carry it.
    pub fn type_json(&self) -> String {
        type_json(&self.attribute_type())
    }

    fn attribute_type(&self) -> AttributeType {
        match self {
            Kind::Text => AttributeType::String,
            Kind::Number => AttributeType::Number,
            Kind::Flag => AttributeType::Bool,
            Kind::List(element) => AttributeType::List(Box::new(element.attribute_type())),
            Kind::Map(element) => AttributeType::Map(Box::new(element.attribute_type())),
            Kind::Object(attributes) => AttributeType::Object(
                attributes
                    .iter()
                    .map(|(name, kind)| ((*name).to_owned(), kind.attribute_type()))
                    .collect::<HashMap<_, _>>(),
            ),
        }
    }
}

/// A type constraint as JSON, the attributes of an object in order of their
/// names: `tf-provider` writes them in any order.
pub fn type_json(constraint: &AttributeType) -> String {
    let text = constraint.to_string();
    // The object of a JSON value is sorted.
    serde_json::from_str::<serde_json::Value>(&text).map_or(text, |json| json.to_string())
}

/// What a plan knows of a computed attribute that the configuration leaves out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum OnUpdate {
    /// Anything may happen to it: unknown whenever the plan changes anything.
    Unknown,
    /// The service never changes it by itself during an update: prior value.
    Keep,
    /// Prior value, unless one of these attributes changes in the same plan.
    KeepUnless(&'static [&'static str]),
}

/// One attribute.
pub struct Field {
    /// Its name in the schema.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// Who may give it a value.
    pub constraint: AttributeConstraint,
    /// Whether Terraform hides the value.
    pub sensitive: bool,
    /// Set, with the advice to the user, when the attribute should not be used.
    pub deprecated: bool,
    /// Whether Terraform keeps the value out of plan and state: the provider
    /// sees it in the configuration only.
    pub write_only: bool,
    /// Whether it is written as a block. Only for [`Kind::Object`].
    pub block: bool,
    /// Whether a change makes a new object.
    pub requires_replace: bool,
    /// The value when the configuration leaves it out.
    pub default: Option<ValueAny>,
    /// The value to plan when the configuration had the attribute before and
    /// has it no more. Without it the value of the service is kept.
    pub when_dropped: Option<ValueAny>,
    /// What an update does to it.
    pub on_update: OnUpdate,
    /// Whether two values mean the same, so that the one in the state stays.
    pub same: Option<fn(&ValueAny, &ValueAny) -> bool>,
    /// Rules on the value.
    pub rules: Vec<Rule>,
    /// Rules on each element of a list or map.
    pub element_rules: Vec<Rule>,
    /// What it is, for documentation and editors.
    pub description: &'static str,
}

/// Declares a string attribute. It is optional until said otherwise.
pub fn text(name: &'static str) -> Field {
    Field::new(name, Kind::Text)
}

/// Declares a whole-number attribute.
pub fn number(name: &'static str) -> Field {
    Field::new(name, Kind::Number)
}

/// Declares a boolean attribute.
pub fn flag(name: &'static str) -> Field {
    Field::new(name, Kind::Flag)
}

/// Declares a list.
pub fn list(name: &'static str, element: Kind) -> Field {
    Field::new(name, Kind::List(Box::new(element)))
}

/// Declares a block that may be given once, of optional strings.
pub fn block(name: &'static str, attributes: &[&'static str]) -> Field {
    let attributes = attributes.iter().map(|name| (*name, Kind::Text)).collect();
    Field { block: true, ..Field::new(name, Kind::Object(attributes)) }
}

/// Declares a map.
pub fn map(name: &'static str, element: Kind) -> Field {
    Field::new(name, Kind::Map(Box::new(element)))
}

impl Field {
    fn new(name: &'static str, kind: Kind) -> Self {
        Field {
            name,
            kind,
            constraint: AttributeConstraint::Optional,
            sensitive: false,
            deprecated: false,
            write_only: false,
            block: false,
            requires_replace: false,
            default: None,
            when_dropped: None,
            on_update: OnUpdate::Unknown,
            same: None,
            rules: Vec::new(),
            element_rules: Vec::new(),
            description: "",
        }
    }

    /// The user must give it.
    pub fn required(mut self) -> Self {
        self.constraint = AttributeConstraint::Required;
        self
    }

    /// The user may give it, and nobody else does.
    pub fn optional(mut self) -> Self {
        self.constraint = AttributeConstraint::Optional;
        self
    }

    /// Only the provider gives it.
    pub fn computed(mut self) -> Self {
        self.constraint = AttributeConstraint::Computed;
        self
    }

    /// The user may give it; the provider fills it in otherwise.
    pub fn optional_computed(mut self) -> Self {
        self.constraint = AttributeConstraint::OptionalComputed;
        self
    }

    /// Filled in when the configuration leaves it out. Terraform allows that
    /// only for computed attributes, so it becomes optional and computed.
    pub fn default(mut self, value: ValueAny) -> Self {
        self.default = Some(value);
        self.optional_computed()
    }

    /// See [`Field::when_dropped`].
    pub fn when_dropped(mut self, value: ValueAny) -> Self {
        self.when_dropped = Some(value);
        self
    }

    /// Terraform hides the value.
    pub fn sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }

    /// The value stays out of plan and state: see [`Field::write_only`].
    pub fn write_only(mut self) -> Self {
        self.write_only = true;
        self
    }

    /// The same attribute where nothing is managed: the user may give it, and
    /// else it is filled in.
    pub fn unmanaged(self) -> Self {
        Field { requires_replace: false, on_update: OnUpdate::Unknown, ..self }.optional_computed()
    }

    /// The same attribute where only the provider gives it, as in a data source.
    pub fn read_only(self) -> Self {
        Field {
            constraint: AttributeConstraint::Computed,
            requires_replace: false,
            default: None,
            when_dropped: None,
            rules: Vec::new(),
            element_rules: Vec::new(),
            ..self
        }
    }

    /// Editors and documentation advise against it.
    pub fn deprecated(mut self) -> Self {
        self.deprecated = true;
        self
    }

    /// A change makes a new object.
    pub fn requires_replace(mut self) -> Self {
        self.requires_replace = true;
        self
    }

    /// An update leaves it alone: see [`OnUpdate::Keep`].
    pub fn keeps(mut self) -> Self {
        self.on_update = OnUpdate::Keep;
        self
    }

    /// See [`OnUpdate::KeepUnless`].
    pub fn keeps_unless(mut self, changed: &'static [&'static str]) -> Self {
        self.on_update = OnUpdate::KeepUnless(changed);
        self
    }

    /// Two values for which `same` is true are never a difference.
    pub fn same_when(mut self, same: fn(&ValueAny, &ValueAny) -> bool) -> Self {
        self.same = Some(same);
        self
    }

    /// Adds a rule on the value.
    pub fn check(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// Adds a rule on each element.
    pub fn check_each(mut self, rule: Rule) -> Self {
        self.element_rules.push(rule);
        self
    }

    /// What the attribute is.
    pub fn about(mut self, description: &'static str) -> Self {
        self.description = description;
        self
    }

    /// Whether the provider may give the attribute a value.
    pub fn is_computed(&self) -> bool {
        matches!(
            self.constraint,
            AttributeConstraint::Computed | AttributeConstraint::OptionalComputed
        )
    }

    /// Whether the two values are equal or mean the same.
    pub fn same(&self, left: &ValueAny, right: &ValueAny) -> bool {
        left == right || self.same.is_some_and(|same| same(left, right))
    }

    fn check_value(&self, value: &ValueAny, diagnostics: &mut Diagnostics) {
        for rule in &self.rules {
            self.apply_rule(rule, value, AttributePath::new(self.name), diagnostics);
        }
        let elements: Vec<(AttributePath, &ValueAny)> = match (&self.kind, value) {
            (Kind::List(_), ValueAny::List(items)) => (0_i64..)
                .zip(items)
                .map(|(index, item)| (AttributePath::new(self.name).index(index), item))
                .collect(),
            (Kind::Map(_), ValueAny::Map(entries)) => entries
                .iter()
                .map(|(key, item)| (AttributePath::new(self.name).key(key.clone()), item))
                .collect(),
            _ => return,
        };
        for (path, element) in elements {
            if *element == ValueAny::Null {
                diagnostics.add_error(diagnostic(
                    path,
                    format!("Invalid value for {}", self.name),
                    "An element must not be null: leave it out instead.",
                ));
                continue;
            }
            for rule in &self.element_rules {
                self.apply_rule(rule, element, path.clone(), diagnostics);
            }
        }
    }

    fn apply_rule(
        &self,
        rule: &Rule,
        value: &ValueAny,
        path: AttributePath,
        diagnostics: &mut Diagnostics,
    ) {
        let Err(must) = rule(value) else { return };
        let detail = match value {
            ValueAny::String(text) if !self.sensitive => {
                format!("The value must {must}. It is {text:?}.")
            }
            ValueAny::Number(number) if !self.sensitive => {
                format!("The value must {must}. It is {number}.")
            }
            _ => format!("The value must {must}."),
        };
        diagnostics.add_error(diagnostic(path, format!("Invalid value for {}", self.name), detail));
    }
}

/// All attributes of a block, in the order of their declaration.
pub struct FieldSet {
    fields: Vec<Field>,
    description: &'static str,
}

impl FieldSet {
    /// A block of these attributes; `description` says what the block is.
    pub fn new(description: &'static str, fields: Vec<Field>) -> Self {
        FieldSet { fields, description }
    }

    /// The attributes, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter()
    }

    /// The attribute of this name.
    pub fn get(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    fn plain(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| !field.block)
    }

    fn blocks(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| field.block)
    }

    /// The schema that Terraform sees. Version 0: state can go back and forth
    /// between this provider and the official one (plugin-protocol.md 5.4).
    pub fn schema(&self) -> Schema {
        Schema {
            version: 0,
            block: Block {
                version: 0,
                attributes: self.plain().map(schema_attribute).collect(),
                blocks: self.blocks().map(schema_block).collect(),
                description: Description::markdown(self.description),
                deprecated: false,
            },
        }
    }

    /// Errors for every rule that a known value breaks.
    pub fn check(&self, config: &Object) -> Diagnostics {
        let mut diagnostics = Diagnostics::default();
        for field in &self.fields {
            field.check_value(attribute(config, field.name), &mut diagnostics);
        }
        diagnostics
    }
}

impl IntoIterator for FieldSet {
    type Item = Field;
    type IntoIter = std::vec::IntoIter<Field>;

    fn into_iter(self) -> Self::IntoIter {
        self.fields.into_iter()
    }
}

fn schema_attribute(field: &Field) -> (String, Attribute) {
    let attribute = Attribute {
        attr_type: field.kind.attribute_type(),
        description: Description::markdown(field.description),
        constraint: field.constraint.clone(),
        sensitive: field.sensitive,
        deprecated: field.deprecated,
    };
    (field.name.to_owned(), attribute)
}

/// A block that may be given once. Inside it everything is an optional string.
fn schema_block(field: &Field) -> (String, NestedBlock) {
    let attributes = match &field.kind {
        Kind::Object(attributes) => attributes.as_slice(),
        _ => &[],
    };
    let block = Block {
        version: 0,
        attributes: attributes
            .iter()
            .map(|(name, kind)| schema_attribute(&Field::new(name, kind.clone())))
            .collect(),
        blocks: HashMap::new(),
        description: Description::markdown(field.description),
        deprecated: field.deprecated,
    };
    (field.name.to_owned(), NestedBlock::Single(block))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::check;
    use super::*;

    fn fields() -> FieldSet {
        FieldSet::new(
            "A thing.",
            vec![
                text("name").required().check(check::length(2, 4)),
                text("api_key").sensitive().check(check::length(5, 60)),
                list("labels", Kind::Text)
                    .check(check::count(0, 2))
                    .check_each(check::length(2, 4)),
                map("tags", Kind::Text),
                flag("reuse").default(ValueAny::Bool(true)),
                block("timeouts", &["create"]),
            ],
        )
    }

    fn config(entries: &[(&str, ValueAny)]) -> Object {
        entries.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    }

    fn string(text: &str) -> ValueAny {
        ValueAny::String(text.to_owned())
    }

    fn said(diagnostics: &Diagnostics) -> Vec<(String, String)> {
        diagnostics
            .errors
            .iter()
            .map(|error| (error.attribute.to_string(), error.detail.to_string()))
            .collect()
    }

    #[test]
    fn an_element_is_reported_on_its_own_path() {
        let config = config(&[("labels", ValueAny::List(vec![string("dev"), string("x")]))]);
        assert_eq!(
            said(&fields().check(&config)),
            [(
                "labels[1]".to_owned(),
                "The value must have 2 to 4 characters, and has 1. It is \"x\".".to_owned()
            )]
        );
    }

    #[test]
    fn null_elements_are_refused_and_unknown_ones_pass() {
        let tags =
            BTreeMap::from([("a".to_owned(), ValueAny::Null), ("b".to_owned(), ValueAny::Unknown)]);
        let timeouts = BTreeMap::from([("create".to_owned(), ValueAny::Null)]);
        let config = config(&[
            ("tags", ValueAny::Map(tags)),
            ("name", ValueAny::Unknown),
            ("timeouts", ValueAny::Map(timeouts)),
        ]);
        assert_eq!(
            said(&fields().check(&config)),
            [(
                "tags[\"a\"]".to_owned(),
                "An element must not be null: leave it out instead.".to_owned()
            )]
        );
    }

    #[test]
    fn a_sensitive_value_is_not_repeated() {
        let config = config(&[("api_key", string("hush"))]);
        assert_eq!(
            said(&fields().check(&config)),
            [(
                "api_key".to_owned(),
                "The value must have 5 to 60 characters, and has 4.".to_owned()
            )]
        );
    }

    #[test]
    fn a_default_makes_an_attribute_optional_and_computed() {
        let schema = fields().schema();
        let reuse = &schema.block.attributes["reuse"];
        assert_eq!(reuse.constraint, AttributeConstraint::OptionalComputed);
        assert_eq!(schema.block.attributes["name"].constraint, AttributeConstraint::Required);
        assert_eq!(schema.version, 0);
    }

    #[test]
    fn a_type_is_always_written_the_same() {
        let names = ["e", "c", "a", "d", "b"];
        let kind = Kind::Object(names.map(|name| (name, Kind::Text)).into());
        assert_eq!(
            Kind::List(Box::new(kind)).type_json(),
            r#"["list",["object",{"a":"string","b":"string","c":"string","d":"string","e":"string"}]]"#
        );
    }
}

//! Declares attributes: each once, with every schema a view of them.

use std::borrow::Cow;

pub use tf_provider::schema::AttributeConstraint;

use super::diag::{AttributePath, Diagnostic, Diagnostics, diagnostic};
use super::validators::Validator;
use super::value::{Object, ValueAny, attribute, both_blank};

/// The type of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    /// A string.
    String,
    /// A whole number; no attribute of this provider has a fraction.
    Number,
    /// A boolean.
    Bool,
    /// A list of elements of one type.
    List(Box<Type>),
    /// A map with string keys.
    Map(Box<Type>),
    /// An object with these attributes. As an attribute only inside a list,
    /// which is what lets users write block syntax (plugin-protocol.md 5.3).
    Object(Vec<(&'static str, Type)>),
}

impl Type {
    /// The type constraint as JSON, the form in schemas and functions. An object's
    /// attributes are sorted by name.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::{Value, json};
        match self {
            Type::String => json!("string"),
            Type::Number => json!("number"),
            Type::Bool => json!("bool"),
            Type::List(element) => json!(["list", element.to_json()]),
            Type::Map(element) => json!(["map", element.to_json()]),
            Type::Object(attributes) => {
                // serde_json's map is sorted.
                let attributes: serde_json::Map<String, Value> = attributes
                    .iter()
                    .map(|(name, of)| ((*name).to_owned(), of.to_json()))
                    .collect();
                json!(["object", attributes])
            }
        }
    }
}

/// What an update plans for a computed attribute that the configuration omits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PlanModifier {
    /// Unknown, if the plan changes anything.
    Unknown,
    /// The prior value: no update changes it.
    UseStateForUnknown,
    /// The prior value, unless one of these attributes changes in the same plan.
    UseStateForUnknownUnless(&'static [&'static str]),
}

/// One attribute.
pub struct Attribute {
    /// Its name in the schema.
    pub name: &'static str,
    /// Its type.
    pub value_type: Type,
    /// Who may set it.
    pub constraint: AttributeConstraint,
    /// Whether Terraform hides the value.
    pub sensitive: bool,
    /// Whether the attribute should no longer be used; the description says what to
    /// use instead.
    pub deprecated: bool,
    /// Whether the value is in neither plan nor state: the provider sees it only in
    /// the configuration.
    pub write_only: bool,
    /// Whether it is written as a block. Only for [`Type::Object`].
    pub block: bool,
    /// Whether a change requires replacement.
    pub requires_replace: bool,
    /// The planned value if the configuration omits the attribute.
    pub default: Option<ValueAny>,
    /// The planned value if the attribute is removed from the configuration.
    /// Without it, the value in the service stays.
    pub reset_when_removed: Option<ValueAny>,
    /// Whether an empty value means the same as none. The state keeps the spelling that
    /// it has, whichever the configuration uses.
    pub blank_is_absent: bool,
    /// What an update plans for it if the configuration omits it.
    pub plan_modifier: PlanModifier,
    /// Whether two different values are semantically equal, so that the one in the
    /// state stays.
    pub semantic_equality: Option<fn(&ValueAny, &ValueAny) -> bool>,
    /// Validators of the value.
    pub validators: Vec<Validator>,
    /// Validators of each element of a list or map.
    pub element_validators: Vec<Validator>,
    /// What each attribute of the object, or of the objects in the list, is.
    pub members: &'static [(&'static str, &'static str)],
    /// What it is, without its limits and its default: see [`Attribute::documentation`].
    pub description: Cow<'static, str>,
}

/// Declares a string attribute. Attributes are optional by default.
pub fn string(name: &'static str) -> Attribute {
    Attribute::new(name, Type::String)
}

/// Declares a whole-number attribute.
pub fn number(name: &'static str) -> Attribute {
    Attribute::new(name, Type::Number)
}

/// Declares a boolean attribute.
pub fn boolean(name: &'static str) -> Attribute {
    Attribute::new(name, Type::Bool)
}

/// Declares a list.
pub fn list(name: &'static str, element: Type) -> Attribute {
    Attribute::new(name, Type::List(Box::new(element)))
}

/// Declares a block that may be given once, of optional strings, each with its description.
pub fn block(name: &'static str, members: &'static [(&'static str, &'static str)]) -> Attribute {
    let attributes = members.iter().map(|(name, _)| (*name, Type::String)).collect();
    Attribute { block: true, members, ..Attribute::new(name, Type::Object(attributes)) }
}

/// Declares a map.
pub fn map(name: &'static str, element: Type) -> Attribute {
    Attribute::new(name, Type::Map(Box::new(element)))
}

impl Attribute {
    fn new(name: &'static str, value_type: Type) -> Self {
        Attribute {
            name,
            value_type,
            constraint: AttributeConstraint::Optional,
            sensitive: false,
            deprecated: false,
            write_only: false,
            block: false,
            requires_replace: false,
            default: None,
            reset_when_removed: None,
            blank_is_absent: false,
            plan_modifier: PlanModifier::Unknown,
            semantic_equality: None,
            validators: Vec::new(),
            element_validators: Vec::new(),
            members: &[],
            description: Cow::Borrowed(""),
        }
    }

    /// The user must set it.
    pub fn required(mut self) -> Self {
        self.constraint = AttributeConstraint::Required;
        self
    }

    /// Only the user may set it.
    pub fn optional(mut self) -> Self {
        self.constraint = AttributeConstraint::Optional;
        self
    }

    /// Only the provider sets it.
    pub fn computed(mut self) -> Self {
        self.constraint = AttributeConstraint::Computed;
        self
    }

    /// The user may set it; otherwise the provider does.
    pub fn optional_computed(mut self) -> Self {
        self.constraint = AttributeConstraint::OptionalComputed;
        self
    }

    /// The value if the configuration omits it. Terraform allows that only for
    /// computed attributes, so it becomes optional and computed.
    pub fn default(mut self, value: ValueAny) -> Self {
        self.default = Some(value);
        self.optional_computed()
    }

    /// See the field [`Attribute::reset_when_removed`].
    pub fn reset_when_removed(mut self, value: ValueAny) -> Self {
        self.reset_when_removed = Some(value);
        self
    }

    /// See the field [`Attribute::blank_is_absent`]. Terraform accepts the empty value of
    /// a state where the configuration has none only from a computed attribute.
    pub fn blank_is_absent(mut self) -> Self {
        self.blank_is_absent = true;
        self.semantic_equality(both_blank).optional_computed()
    }

    /// Terraform hides the value.
    pub fn sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }

    /// The value is in neither plan nor state: see the field [`Attribute::write_only`].
    pub fn write_only(mut self) -> Self {
        self.write_only = true;
        self
    }

    /// The same attribute where nothing is managed: the user may set it; otherwise
    /// the provider does.
    pub fn unmanaged(self) -> Self {
        Attribute { requires_replace: false, plan_modifier: PlanModifier::Unknown, ..self }
            .optional_computed()
    }

    /// The same attribute where only the provider sets it, as in a data source.
    pub fn read_only(self) -> Self {
        Attribute {
            constraint: AttributeConstraint::Computed,
            requires_replace: false,
            default: None,
            reset_when_removed: None,
            blank_is_absent: false,
            validators: Vec::new(),
            element_validators: Vec::new(),
            ..self
        }
    }

    /// Editors and documentation advise against it.
    pub fn deprecated(mut self) -> Self {
        self.deprecated = true;
        self
    }

    /// A change requires replacement.
    pub fn requires_replace(mut self) -> Self {
        self.requires_replace = true;
        self
    }

    /// See [`PlanModifier::UseStateForUnknown`].
    pub fn use_state_for_unknown(mut self) -> Self {
        self.plan_modifier = PlanModifier::UseStateForUnknown;
        self
    }

    /// See [`PlanModifier::UseStateForUnknownUnless`].
    pub fn use_state_for_unknown_unless(mut self, changed: &'static [&'static str]) -> Self {
        self.plan_modifier = PlanModifier::UseStateForUnknownUnless(changed);
        self
    }

    /// Two values for which `equal` is true count as no change.
    pub fn semantic_equality(mut self, equal: fn(&ValueAny, &ValueAny) -> bool) -> Self {
        self.semantic_equality = Some(equal);
        self
    }

    /// Adds a validator of the value.
    pub fn validator(mut self, validator: Validator) -> Self {
        self.validators.push(validator);
        self
    }

    /// Adds a validator of each element.
    pub fn element_validator(mut self, validator: Validator) -> Self {
        self.element_validators.push(validator);
        self
    }

    /// What the attribute is.
    pub fn description(mut self, description: impl Into<Cow<'static, str>>) -> Self {
        self.description = description.into();
        self
    }

    /// See the field [`Attribute::members`].
    pub fn members(mut self, members: &'static [(&'static str, &'static str)]) -> Self {
        self.members = members;
        self
    }

    /// What editors show: the documentation, and that of the members, which have none of their own
    /// on the wire.
    pub fn documentation_with_members(&self) -> String {
        let members = self.members.iter().map(|(name, text)| format!(" `{name}`: {text}"));
        members.fold(self.documentation(), |text, member| text + &member)
    }

    /// What documentation shows: what it is, its limits, and its default.
    pub fn documentation(&self) -> String {
        let mut text = self.description.to_string();
        for (subject, validators) in
            [("It", &self.validators), ("Each element", &self.element_validators)]
        {
            let rules: Vec<&str> = validators.iter().map(|one| &*one.rule).collect();
            if !rules.is_empty() {
                // Documentation is Markdown, in which `<` would begin a tag.
                let rules = rules.join(", and ").replace('<', "\\<");
                text = format!("{text} {subject} must {rules}.");
            }
        }
        if let Some(ValueAny::Bool(value)) = &self.default {
            text = format!("{text} Default: `{value}`.");
        }
        text
    }

    /// Whether the user may set it.
    pub fn is_configurable(&self) -> bool {
        self.constraint != AttributeConstraint::Computed
    }

    /// Whether the provider may set it.
    pub fn is_computed(&self) -> bool {
        matches!(
            self.constraint,
            AttributeConstraint::Computed | AttributeConstraint::OptionalComputed
        )
    }

    /// Whether the two values are equal or semantically equal.
    pub fn semantically_equal(&self, left: &ValueAny, right: &ValueAny) -> bool {
        left == right || self.semantic_equality.is_some_and(|equal| equal(left, right))
    }

    fn validate(&self, value: &ValueAny, diagnostics: &mut Diagnostics) {
        if self.constraint == AttributeConstraint::Required && *value == ValueAny::Null {
            diagnostics.add_error(self.missing());
            return;
        }
        self.run(&self.validators, value, AttributePath::new(self.name), diagnostics);
        let elements: Vec<(AttributePath, &ValueAny)> = match (&self.value_type, value) {
            (Type::List(_), ValueAny::List(items)) => (0_i64..)
                .zip(items)
                .map(|(index, item)| (AttributePath::new(self.name).index(index), item))
                .collect(),
            (Type::Map(_), ValueAny::Map(entries)) => entries
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
                    "An element must not be null: omit it instead.",
                ));
                continue;
            }
            self.run(&self.element_validators, element, path, diagnostics);
        }
    }

    /// Terraform itself notices only an argument that is not written; one that is written can still
    /// be null, as when a module hands on a variable that was not set.
    fn missing(&self) -> Diagnostic {
        diagnostic(
            AttributePath::new(self.name),
            "Missing required argument",
            format!(
                "The argument {} is required, and its value is null here. If it comes from a \
                 variable or from another object, check that it is set there.",
                self.name
            ),
        )
    }

    /// Reports the first rule that the value breaks: what breaks several has one cause as a rule.
    fn run(
        &self,
        validators: &[Validator],
        value: &ValueAny,
        path: AttributePath,
        diagnostics: &mut Diagnostics,
    ) {
        let broken = validators.iter().find_map(|validator| validator.check(value).err());
        let Some(rule) = broken else { return };
        let detail = match value {
            ValueAny::String(text) if !self.sensitive => {
                format!("The value must {rule}. It is {text:?}.")
            }
            ValueAny::Number(number) if !self.sensitive => {
                format!("The value must {rule}. It is {number}.")
            }
            _ => format!("The value must {rule}."),
        };
        diagnostics.add_error(diagnostic(path, format!("Invalid value for {}", self.name), detail));
    }
}

/// One attribute of an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdentityAttribute {
    /// The attribute of the resource.
    pub name: &'static str,
    /// Whether an import may omit it, because the provider can fill it in.
    pub optional: bool,
}

/// All attributes of a block, in the order of declaration.
pub struct Schema {
    attributes: Vec<Attribute>,
    description: &'static str,
}

impl Schema {
    /// The version of every schema. It stays 0, like the official provider's, so that a state can go
    /// back and forth between the two (plugin-protocol.md 5.4).
    pub const VERSION: i64 = 0;

    /// A block of these attributes; `description` says what the block is.
    pub fn new(description: &'static str, attributes: Vec<Attribute>) -> Self {
        Schema { attributes, description }
    }

    /// The attributes, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Attribute> {
        self.attributes.iter()
    }

    /// The attribute of this name.
    pub fn get(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|declared| declared.name == name)
    }

    /// The block with every attribute null.
    pub fn nulls(&self) -> Object {
        self.iter().map(|attribute| (attribute.name.to_owned(), ValueAny::Null)).collect()
    }

    /// What the block is.
    pub fn description(&self) -> &'static str {
        self.description
    }

    /// An error for every required attribute that is null, and for every value that breaks a rule.
    pub fn validate(&self, config: &Object) -> Diagnostics {
        let mut diagnostics = Diagnostics::default();
        for declared in &self.attributes {
            declared.validate(attribute(config, declared.name), &mut diagnostics);
        }
        diagnostics
    }
}

impl IntoIterator for Schema {
    type Item = Attribute;
    type IntoIter = std::vec::IntoIter<Attribute>;

    fn into_iter(self) -> Self::IntoIter {
        self.attributes.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::validators;
    use super::*;

    fn schema() -> Schema {
        Schema::new(
            "A thing.",
            vec![
                string("name").required().validator(validators::length(2, 4)),
                string("api_key").sensitive().validator(validators::length(5, 60)),
                list("labels", Type::String)
                    .validator(validators::count(0, 2))
                    .element_validator(validators::length(2, 4)),
                map("tags", Type::String),
                boolean("reuse").default(ValueAny::Bool(true)),
                block("timeouts", &[("create", "The limit of a create.")]),
            ],
        )
    }

    fn config(entries: &[(&str, ValueAny)]) -> Object {
        entries.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    }

    fn text(text: &str) -> ValueAny {
        ValueAny::String(text.to_owned())
    }

    fn errors(diagnostics: &Diagnostics) -> Vec<(String, String)> {
        diagnostics
            .errors
            .iter()
            .map(|error| (error.attribute.to_string(), error.detail.to_string()))
            .collect()
    }

    #[test]
    fn a_required_attribute_must_not_be_null_and_may_be_unknown() {
        let null = errors(&schema().validate(&config(&[("name", ValueAny::Null)])));
        let [(path, detail)] = &null[..] else { panic!("one error: {null:?}") };
        assert_eq!(path, "name");
        assert!(detail.starts_with("The argument name is required, and its value is null"));
        assert_eq!(errors(&schema().validate(&config(&[("name", ValueAny::Unknown)]))), []);
    }

    #[test]
    fn a_value_that_breaks_two_rules_is_one_error() {
        let odd = || validators::matching("be odd", |_| false);
        let name = string("name").validator(validators::length(2, 4)).validator(odd());
        let names = list("names", Type::String)
            .element_validator(odd())
            .element_validator(validators::length(2, 4));
        let schema = Schema::new("A thing.", vec![name, names]);
        let config =
            config(&[("name", text("x")), ("names", ValueAny::List(vec![text("x"), text("y")]))]);
        let paths: Vec<String> =
            errors(&schema.validate(&config)).into_iter().map(|(path, _)| path).collect();
        assert_eq!(paths, ["name", "names[0]", "names[1]"]);
    }

    #[test]
    fn an_element_is_reported_on_its_own_path() {
        let labels = ValueAny::List(vec![text("dev"), text("x")]);
        let config = config(&[("name", text("abc")), ("labels", labels)]);
        assert_eq!(
            errors(&schema().validate(&config)),
            [(
                "labels[1]".to_owned(),
                "The value must have 2 to 4 characters, and has 1. It is \"x\".".to_owned()
            )]
        );
    }

    #[test]
    fn null_elements_are_errors_and_unknown_ones_pass() {
        let tags =
            BTreeMap::from([("a".to_owned(), ValueAny::Null), ("b".to_owned(), ValueAny::Unknown)]);
        let timeouts = BTreeMap::from([("create".to_owned(), ValueAny::Null)]);
        let config = config(&[
            ("tags", ValueAny::Map(tags)),
            ("name", ValueAny::Unknown),
            ("timeouts", ValueAny::Map(timeouts)),
        ]);
        assert_eq!(
            errors(&schema().validate(&config)),
            [(
                "tags[\"a\"]".to_owned(),
                "An element must not be null: omit it instead.".to_owned()
            )]
        );
    }

    #[test]
    fn a_sensitive_value_is_not_repeated() {
        let config = config(&[("name", text("abc")), ("api_key", text("hush"))]);
        assert_eq!(
            errors(&schema().validate(&config)),
            [(
                "api_key".to_owned(),
                "The value must have 5 to 60 characters, and has 4.".to_owned()
            )]
        );
    }

    #[test]
    fn a_default_makes_an_attribute_optional_and_computed() {
        let constraint = |name| schema().get(name).map(|declared| declared.constraint.clone());
        assert_eq!(constraint("reuse"), Some(AttributeConstraint::OptionalComputed));
        assert_eq!(constraint("name"), Some(AttributeConstraint::Required));
    }

    #[test]
    fn the_json_of_a_type_is_sorted() {
        let names = ["e", "c", "a", "d", "b"];
        let object = Type::Object(names.map(|name| (name, Type::String)).into());
        assert_eq!(
            Type::List(Box::new(object)).to_json().to_string(),
            r#"["list",["object",{"a":"string","b":"string","c":"string","d":"string","e":"string"}]]"#
        );
    }
}

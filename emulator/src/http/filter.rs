//! Filters of IAM's lists, in the language of SCIM (RFC 7644, section 3.4.2.2).

use crate::error::{ApiError, Result};
use scim_v2::filter::{AttrExp, AttrPath, CompValue, CompareOp, Filter as Parsed};

/// The longest filter.
const LONGEST: usize = 2_048;

/// A condition on the attributes of an item.
#[derive(Debug)]
pub struct Filter(Parsed);

impl Filter {
    /// Parses a filter on some of these attributes.
    pub fn parse(text: &str, attributes: &[&str]) -> Result<Self> {
        if text.chars().count() > LONGEST {
            return Err(refused(&format!("must have at most {LONGEST} characters")));
        }
        let parsed: Parsed = text
            .parse()
            .map_err(|error| refused(&format!("must be a filter of SCIM (RFC 7644): {error}")))?;
        check(&parsed, attributes)?;
        Ok(Self(parsed))
    }

    /// Whether an item has what is asked for; `value_of` gives its attributes.
    pub fn accepts(&self, value_of: &impl Fn(&str) -> Option<String>) -> bool {
        accepts(&self.0, value_of)
    }
}

/// Refuses attributes that there are not; all of them are plain ones.
fn check(filter: &Parsed, attributes: &[&str]) -> Result<()> {
    let is_known = |path: &AttrPath| {
        let is_plain = path.uri.is_none() && path.sub_attr.is_none();
        is_plain && attributes.iter().any(|known| known.eq_ignore_ascii_case(&path.name))
    };
    match filter {
        Parsed::Attr(AttrExp::Present(path) | AttrExp::Comparison(path, ..)) if is_known(path) => {
            Ok(())
        }
        Parsed::Attr(_) | Parsed::ValuePath(_) => {
            Err(refused(&format!("must be on one of {}", attributes.join(", "))))
        }
        Parsed::Not(inner) => check(inner, attributes),
        Parsed::And(all) | Parsed::Or(all) => all.iter().try_for_each(|it| check(it, attributes)),
    }
}

fn accepts(filter: &Parsed, value_of: &impl Fn(&str) -> Option<String>) -> bool {
    match filter {
        Parsed::And(all) => all.iter().all(|it| accepts(it, value_of)),
        Parsed::Or(any) => any.iter().any(|it| accepts(it, value_of)),
        Parsed::Not(inner) => !accepts(inner, value_of),
        Parsed::Attr(AttrExp::Present(path)) => {
            value_of(&path.name.to_lowercase()).is_some_and(|value| !value.is_empty())
        }
        Parsed::Attr(AttrExp::Comparison(path, operator, wanted)) => {
            let actual = value_of(&path.name.to_lowercase()).unwrap_or_default().to_lowercase();
            compares(operator, &actual, &text_of(wanted))
        }
        // Refused by `check`.
        Parsed::ValuePath(_) => false,
    }
}

/// Greater is later for times, which are texts that sort.
fn compares(operator: &CompareOp, actual: &str, wanted: &str) -> bool {
    match operator {
        CompareOp::Eq => actual == wanted,
        CompareOp::Ne => actual != wanted,
        CompareOp::Co => actual.contains(wanted),
        CompareOp::Sw => actual.starts_with(wanted),
        CompareOp::Ew => actual.ends_with(wanted),
        CompareOp::Gt => actual > wanted,
        CompareOp::Ge => actual >= wanted,
        CompareOp::Lt => actual < wanted,
        CompareOp::Le => actual <= wanted,
    }
}

/// A value as the attributes have it, in small letters: case does not count.
fn text_of(value: &CompValue) -> String {
    match value {
        CompValue::True => "true".to_owned(),
        CompValue::False => "false".to_owned(),
        // An attribute that is not there is empty.
        CompValue::Null => String::new(),
        CompValue::Number(number) => number.to_string(),
        CompValue::Str(text) => text.to_lowercase(),
    }
}

fn refused(rule: &str) -> ApiError {
    ApiError::query("filter", rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(filter: &str) -> Option<bool> {
        let value_of = |name: &str| match name {
            "name" => Some("App \"One\"".to_owned()),
            "created_at" => Some("2026-01-10T09:00:00Z".to_owned()),
            "locked" => Some("true".to_owned()),
            _ => None,
        };
        let attributes = ["name", "created_at", "locked", "description"];
        Filter::parse(filter, &attributes).ok().map(|filter| filter.accepts(&value_of))
    }

    #[test]
    fn filters() {
        let deep = format!("{}name pr{}", "not (".repeat(16), ")".repeat(16));
        let deeper = format!("{}name pr{}", "not (".repeat(300), ")".repeat(300));
        let long = format!("name eq \"{}\"", "a".repeat(LONGEST));
        for (filter, expected) in [
            (r#"name co "app""#, Some(true)),
            (r#"NAME SW "App""#, Some(true)),
            (r#"name eq "App \"One\"""#, Some(true)),
            (r#"name ew "one\"""#, Some(true)),
            (r#"name ne "app""#, Some(true)),
            (r#"name eq "app""#, Some(false)),
            (r#"created_at gt "2026-01-10T08:59:59Z""#, Some(true)),
            (r#"created_at ge "2026-01-10T09:00:00Z""#, Some(true)),
            (r#"created_at lt "2026-01-10T09:00:00Z""#, Some(false)),
            (r#"created_at le "2026-01-10T09:00:00Z""#, Some(true)),
            ("locked eq true", Some(true)),
            ("description pr", Some(false)),
            (r#"description eq """#, Some(true)),
            (r#"name eq "x" or name co "one" and locked eq true"#, Some(true)),
            (r#"(name eq "x" or name co "one") and locked eq false"#, Some(false)),
            (r#"not (name eq "x")"#, Some(true)),
            ("not not locked eq true", None),
            ("not (not (locked eq true))", Some(true)),
            ("description eq null", Some(true)),
            (r#"name.first eq "x""#, None),
            (r#"name[first eq "x"]"#, None),
            (&deep, Some(true)),
            (&deeper, None),
            (&long, None),
            ("", None),
            ("name", None),
            ("name eq", None),
            (r#"name eq "x"#, None),
            (r#"name like "x""#, None),
            (r#"colour eq "x""#, None),
            (r#"(name eq "x""#, None),
            (r#"name eq "x")"#, None),
            (r#"name eq "x" name eq "y""#, None),
            (r#"and name eq "x""#, None),
        ] {
            assert_eq!(accepts(filter), expected, "{filter}");
        }
    }
}

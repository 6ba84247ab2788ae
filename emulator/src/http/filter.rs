//! Filters of IAM's lists, in the language of SCIM (RFC 7644, section 3.4.2.2).

use crate::error::{ApiError, Result};
use std::iter::Peekable;
use std::vec::IntoIter;

/// How deep parentheses may be nested.
const DEPTH: usize = 16;
/// The longest filter.
const LONGEST: usize = 2_048;

/// A condition on the attributes of an item.
#[derive(Debug)]
pub enum Filter {
    /// Both hold.
    And(Box<Filter>, Box<Filter>),
    /// At least one holds.
    Or(Box<Filter>, Box<Filter>),
    /// It does not hold.
    Not(Box<Filter>),
    /// The attribute is there and not empty.
    Present(&'static str),
    /// The attribute compares with the value, ignoring case.
    Compare(&'static str, Operator, String),
}

/// How an attribute is compared.
#[derive(Clone, Copy, Debug)]
pub enum Operator {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Contains.
    Co,
    /// Starts with.
    Sw,
    /// Ends with.
    Ew,
    /// Greater, for times later.
    Gt,
    /// Greater or equal.
    Ge,
    /// Less.
    Lt,
    /// Less or equal.
    Le,
}

#[derive(Debug, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    Word(String),
    Text(String),
}

impl Filter {
    /// Parses a filter on some of these attributes.
    pub fn parse(text: &str, attributes: &[&'static str]) -> Result<Self> {
        if text.chars().count() > LONGEST {
            return Err(refused(&format!("must have at most {LONGEST} characters")));
        }
        let mut parser = Parser { tokens: tokens(text)?.into_iter().peekable(), attributes };
        let filter = parser.either(0)?;
        match parser.tokens.next() {
            None => Ok(filter),
            Some(_) => Err(refused("has something after its end")),
        }
    }

    /// Whether an item has what is asked for; `value_of` gives its attributes.
    pub fn accepts(&self, value_of: &impl Fn(&str) -> Option<String>) -> bool {
        match self {
            Self::And(one, other) => one.accepts(value_of) && other.accepts(value_of),
            Self::Or(one, other) => one.accepts(value_of) || other.accepts(value_of),
            Self::Not(inner) => !inner.accepts(value_of),
            Self::Present(name) => value_of(name).is_some_and(|value| !value.is_empty()),
            Self::Compare(name, operator, wanted) => {
                let actual = value_of(name).unwrap_or_default().to_lowercase();
                match operator {
                    Operator::Eq => actual == *wanted,
                    Operator::Ne => actual != *wanted,
                    Operator::Co => actual.contains(wanted.as_str()),
                    Operator::Sw => actual.starts_with(wanted.as_str()),
                    Operator::Ew => actual.ends_with(wanted.as_str()),
                    Operator::Gt => actual > *wanted,
                    Operator::Ge => actual >= *wanted,
                    Operator::Lt => actual < *wanted,
                    Operator::Le => actual <= *wanted,
                }
            }
        }
    }
}

struct Parser<'a> {
    tokens: Peekable<IntoIter<Token>>,
    attributes: &'a [&'static str],
}

impl Parser<'_> {
    fn either(&mut self, depth: usize) -> Result<Filter> {
        let mut filter = self.both(depth)?;
        while self.takes_word("or") {
            filter = Filter::Or(Box::new(filter), Box::new(self.both(depth)?));
        }
        Ok(filter)
    }

    fn both(&mut self, depth: usize) -> Result<Filter> {
        let mut filter = self.one(depth)?;
        while self.takes_word("and") {
            filter = Filter::And(Box::new(filter), Box::new(self.one(depth)?));
        }
        Ok(filter)
    }

    fn one(&mut self, depth: usize) -> Result<Filter> {
        if depth > DEPTH {
            return Err(refused("has too many parentheses in one another"));
        }
        if self.takes_word("not") {
            return Ok(Filter::Not(Box::new(self.one(depth + 1)?)));
        }
        match self.tokens.next() {
            Some(Token::Open) => {
                let filter = self.either(depth + 1)?;
                match self.tokens.next() {
                    Some(Token::Close) => Ok(filter),
                    _ => Err(refused("lacks a closing parenthesis")),
                }
            }
            Some(Token::Word(name)) => self.comparison(&name),
            _ => Err(refused("must have the form: attribute operator \"value\"")),
        }
    }

    fn comparison(&mut self, name: &str) -> Result<Filter> {
        let known = self.attributes.iter().find(|known| known.eq_ignore_ascii_case(name));
        let name = *known
            .ok_or_else(|| refused(&format!("must be on one of {}", self.attributes.join(", "))))?;
        let Some(Token::Word(operator)) = self.tokens.next() else {
            return Err(refused("lacks an operator"));
        };
        let operator = match operator.to_ascii_lowercase().as_str() {
            "pr" => return Ok(Filter::Present(name)),
            "eq" => Operator::Eq,
            "ne" => Operator::Ne,
            "co" => Operator::Co,
            "sw" => Operator::Sw,
            "ew" => Operator::Ew,
            "gt" => Operator::Gt,
            "ge" => Operator::Ge,
            "lt" => Operator::Lt,
            "le" => Operator::Le,
            _ => return Err(refused("has an operator that is unknown")),
        };
        match self.tokens.next() {
            // Booleans and numbers have no quotes.
            Some(Token::Text(value) | Token::Word(value)) => {
                Ok(Filter::Compare(name, operator, value.to_lowercase()))
            }
            _ => Err(refused("lacks a value")),
        }
    }

    fn takes_word(&mut self, wanted: &str) -> bool {
        let is_it =
            |token: &Token| matches!(token, Token::Word(word) if word.eq_ignore_ascii_case(wanted));
        self.tokens.next_if(is_it).is_some()
    }
}

fn tokens(text: &str) -> Result<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(first) = rest.next() {
        match first {
            '(' => tokens.push(Token::Open),
            ')' => tokens.push(Token::Close),
            '"' => {
                let mut value = String::new();
                loop {
                    match rest.next() {
                        Some('"') => break,
                        Some('\\') => value.extend(rest.next()),
                        Some(other) => value.push(other),
                        None => return Err(refused("has a quote that is not closed")),
                    }
                }
                tokens.push(Token::Text(value));
            }
            space if space.is_whitespace() => {}
            other => {
                let mut word = other.to_string();
                while let Some(next) =
                    rest.next_if(|it| !it.is_whitespace() && !"()\"".contains(*it))
                {
                    word.push(next);
                }
                tokens.push(Token::Word(word));
            }
        }
    }
    Ok(tokens)
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
        let deep = format!("{}name pr{}", "(".repeat(16), ")".repeat(16));
        let deeper = format!("({deep})");
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
            ("not not locked eq true", Some(true)),
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

//! Cloud resource names (CRNs): ten parts of the characters that IBM allows
//! (ibm-api.md 2.2).

/// The characters besides letters and digits that a part may contain unescaped.
const MARKS: &str = "-._~!$&'()*+,;=@/";

const FORM: &str = "crn:version:cname:ctype:service-name:location:scope:service-instance:\
                    resource-type:resource";

/// A parsed name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crn<'a> {
    segments: [&'a str; 9],
    account_id: Option<&'a str>,
}

impl<'a> Crn<'a> {
    /// The names of the parts, in order; `account_id` is a part of `scope`.
    pub const NAMES: [&'static str; 10] = [
        "version",
        "cname",
        "ctype",
        "service_name",
        "region",
        "scope",
        "instance_id",
        "resource_type",
        "resource",
        "account_id",
    ];

    /// Parses a name; the error says which rule it breaks. It does not repeat the text, which could
    /// be anything that a user hands to a function, a key too.
    pub fn parse(text: &'a str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split(':').collect();
        let [
            "crn",
            version,
            cname,
            ctype,
            service,
            region,
            scope,
            instance,
            resource_type,
            resource,
        ] = parts[..]
        else {
            let found = match parts.len() {
                10 => "begins otherwise".to_owned(),
                count => format!("has {count}"),
            };
            return Err(format!(
                "A CRN has 10 parts with colons between them, and begins with crn: {FORM}. This \
                 one {found}."
            ));
        };
        let digit = version.strip_prefix('v').unwrap_or_default();
        if digit.len() != 1 || !digit.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(format!("The version of a CRN is v and a digit, such as v1: {FORM}."));
        }
        let segments =
            [version, cname, ctype, service, region, scope, instance, resource_type, resource];
        match Self::NAMES.into_iter().zip(segments).find(|(_, part)| !is_part(part)) {
            None => Ok(Crn { segments, account_id: scope.strip_prefix("a/") }),
            Some((name, _)) => Err(format!(
                "A part of a CRN consists of letters, digits, percent-encoded bytes and {MARKS}. \
                 The part {name} does not."
            )),
        }
    }

    /// The id in Terraform of the same object; `object` stands for a part that the name lacks.
    pub(super) fn as_id(self, object: &str) -> String {
        let [.., region, _, instance, _, resource] = self.segments;
        match resource {
            "" => format!("{region}/{instance}/<{object}>"),
            resource => format!("{region}/{instance}/{resource}"),
        }
    }

    /// The parts by name; an empty one is `None`.
    pub fn parts(self) -> impl Iterator<Item = (&'static str, Option<&'a str>)> {
        let segments = self.segments.into_iter().map(Some).chain([self.account_id]);
        Self::NAMES.into_iter().zip(segments.map(|part| part.filter(|part| !part.is_empty())))
    }
}

/// The rule that a text breaks, and what it contains if it is a CRN where an id was expected.
pub(super) fn instead_of_an_id(rule: &str, text: &str) -> String {
    let Ok(crn) = Crn::parse(text) else { return rule.to_owned() };
    let [.., region, _, instance, kind, resource] = crn.segments;
    let mut contained: Vec<String> = [("instance_id", instance), ("region", region)]
        .into_iter()
        .filter(|(_, part)| !part.is_empty())
        .map(|(name, part)| format!("{name} {part:?}"))
        .collect();
    if !resource.is_empty() {
        contained.push(format!("{kind} {resource:?}"));
    }
    format!(
        "{rule}, and not a CRN. This CRN contains {}; the function parse_crn splits it",
        contained.join(", ")
    )
}

fn is_part(text: &str) -> bool {
    let mut rest = text.chars();
    while let Some(next) = rest.next() {
        let allowed = match next {
            '%' => [rest.next(), rest.next()].into_iter().all(|digit| {
                digit.is_some_and(|digit| digit.is_ascii_digit() || digit.is_ascii_uppercase())
            }),
            other => other.is_ascii_alphanumeric() || MARKS.contains(other),
        };
        if !allowed {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<(&'static str, Option<&str>)> {
        Crn::parse(text).unwrap().parts().collect()
    }

    #[test]
    fn a_secret_has_every_part() {
        let crn = "crn:v1:bluemix:public:secrets-manager:us-south:a/0123456789abcdef:\
                   11111111-2222-4333-8444-555555555555:secret:fedcba98-7654";
        assert_eq!(
            parts(crn),
            [
                ("version", Some("v1")),
                ("cname", Some("bluemix")),
                ("ctype", Some("public")),
                ("service_name", Some("secrets-manager")),
                ("region", Some("us-south")),
                ("scope", Some("a/0123456789abcdef")),
                ("instance_id", Some("11111111-2222-4333-8444-555555555555")),
                ("resource_type", Some("secret")),
                ("resource", Some("fedcba98-7654")),
                ("account_id", Some("0123456789abcdef")),
            ]
        );
    }

    #[test]
    fn empty_parts_are_none() {
        for (crn, name, part) in [
            ("crn:v1:bluemix:public:secrets-manager:us-south:a/1:i::", "resource", None),
            ("crn:v1:bluemix:public:secrets-manager:us-south:a/1:i::", "instance_id", Some("i")),
            ("crn:v1:bluemix:public:iam::::role:Operator", "account_id", None),
            ("crn:v1:bluemix:public:iam::::role:Operator", "scope", None),
            ("crn:v1:bluemix:public:is:us-south:o/org-1::x:y", "scope", Some("o/org-1")),
            ("crn:v1:bluemix:public:is:us-south:o/org-1::x:y", "account_id", None),
            ("crn:v1:bluemix:public:is:us-south:a/::x:y", "account_id", None),
            ("crn:v1:a:b:c:d:e:f:g:two%20words%2F", "resource", Some("two%20words%2F")),
        ] {
            let found = parts(crn).into_iter().find(|(found, _)| *found == name);
            assert_eq!(found, Some((name, part)), "{crn}");
        }
    }

    #[test]
    fn a_malformed_name_is_an_error_with_the_rule() {
        for (crn, rule) in [
            ("", "This one has 1."),
            ("ServiceId-1", "This one has 1."),
            ("crn:v1:bluemix:public:secrets-manager:us-south:a/1:i", "This one has 8"),
            ("crn:v1:bluemix:public:secrets-manager:us-south:a/1:i:secret:s:v", "This one has 11"),
            ("arn:v1:b:p:s:r:a/1:i:secret:s", "This one begins otherwise."),
            ("crn:1:b:p:s:r:a/1:i:secret:s", "The version of a CRN is v and a digit"),
            ("crn:v12:b:p:s:r:a/1:i:secret:s", "The version of a CRN is v and a digit"),
            ("crn:v1:b:p:s:r:a/1:i:secret:a b", "The part resource does not."),
            ("crn:v1:b:p:s:r:a/1:i:secret:50%", "The part resource does not."),
            ("crn:v1:b:p:s:ré:a/1:i:secret:s", "The part region does not."),
        ] {
            let error = Crn::parse(crn).unwrap_err();
            assert!(error.contains(rule), "{crn}: {error}");
        }
    }
}

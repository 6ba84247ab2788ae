//! Parses the file of `endpoints_file_path`: addresses by variable, visibility and
//! region, in the format of the official provider (ibm-api.md 5.1).

use std::collections::BTreeMap;

/// Addresses by region.
pub(super) type ByRegion = BTreeMap<String, String>;
type ByVisibility = BTreeMap<String, ByRegion>;

/// The parsed file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct EndpointsFile(BTreeMap<String, ByVisibility>);

impl EndpointsFile {
    /// Parses `{"VARIABLE": {"public": {"us-south": "https://…"}, "private": {…}}}`.
    pub(super) fn parse(json: &str) -> Result<EndpointsFile, serde_json::Error> {
        serde_json::from_str(json).map(EndpointsFile)
    }

    /// The addresses for `variable`; only the visibilities `public` and `private` have
    /// any.
    pub(super) fn addresses(&self, variable: &str, visibility: &str) -> Option<&ByRegion> {
        self.0.get(variable)?.get(visibility)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_by_variable_and_visibility() {
        let file = EndpointsFile::parse(
            r#"{"IBMCLOUD_IAM_API_ENDPOINT": {"public": {"us-south": "https://iam.example"},
                                              "private": {"eu-de": "https://p.example"}}}"#,
        )
        .unwrap();
        let by_region =
            |region: &str, address: &str| ByRegion::from([(region.to_owned(), address.to_owned())]);
        let iam = "IBMCLOUD_IAM_API_ENDPOINT";
        for (variable, visibility, found) in [
            (iam, "public", Some(by_region("us-south", "https://iam.example"))),
            (iam, "private", Some(by_region("eu-de", "https://p.example"))),
            (iam, "public-and-private", None),
            ("OTHER", "public", None),
        ] {
            assert_eq!(file.addresses(variable, visibility), found.as_ref(), "{visibility}");
        }
    }

    #[test]
    fn a_file_of_another_format_is_an_error() {
        assert!(EndpointsFile::parse("[]").is_err());
        assert!(EndpointsFile::parse(r#"{"A": {"public": "https://x"}}"#).is_err());
    }
}

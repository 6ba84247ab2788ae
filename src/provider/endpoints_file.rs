//! The file of `endpoints_file_path`: addresses by variable, visibility and
//! region, in the form that the official provider reads (ibm-api.md 5.1).

use std::collections::BTreeMap;

type ByRegion = BTreeMap<String, String>;
type ByVisibility = BTreeMap<String, ByRegion>;

/// The parsed file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct EndpointsFile(BTreeMap<String, ByVisibility>);

impl EndpointsFile {
    /// Parses `{"VARIABLE": {"public": {"us-south": "https://…"}, "private": {…}}}`.
    pub(super) fn parse(json: &str) -> Result<EndpointsFile, serde_json::Error> {
        serde_json::from_str(json).map(EndpointsFile)
    }

    /// The address for `variable`. The file is not consulted for other
    /// visibilities than `public` and `private`.
    pub(super) fn address(&self, variable: &str, visibility: &str, region: &str) -> Option<&str> {
        self.0.get(variable)?.get(visibility)?.get(region).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_by_variable_visibility_and_region() {
        let file = EndpointsFile::parse(
            r#"{"IBMCLOUD_IAM_API_ENDPOINT": {"public": {"us-south": "https://iam.example"},
                                              "private": {"eu-de": "https://p.example"}}}"#,
        )
        .unwrap();
        let iam = "IBMCLOUD_IAM_API_ENDPOINT";
        assert_eq!(file.address(iam, "public", "us-south"), Some("https://iam.example"));
        assert_eq!(file.address(iam, "private", "eu-de"), Some("https://p.example"));
        assert_eq!(file.address(iam, "private", "us-south"), None);
        assert_eq!(file.address(iam, "public-and-private", "us-south"), None);
        assert_eq!(file.address("OTHER", "public", "us-south"), None);
    }

    #[test]
    fn a_file_of_another_shape_is_an_error() {
        assert!(EndpointsFile::parse("[]").is_err());
        assert!(EndpointsFile::parse(r#"{"A": {"public": "https://x"}}"#).is_err());
    }
}

//! The provider without an environment, and everything that it declares.

use ibm_sm_provider::framework::provider::{Provider as _, Registry};
use ibm_sm_provider::framework::schema::Schema;
use ibm_sm_provider::provider::IbmSm;

/// A provider in an empty environment.
pub(crate) fn provider() -> IbmSm {
    IbmSm::new(Box::new(|_| None))
}

/// Every schema that Terraform sends values for.
pub(crate) fn schemas(provider: &IbmSm) -> Vec<&Schema> {
    let Registry { resources, data_sources, ephemeral_resources, list_resources, actions, .. } =
        provider.registry();
    let mut schemas = vec![provider.schema()];
    schemas.extend(resources.iter().map(|served| served.schema()));
    schemas.extend(data_sources.iter().map(|served| served.schema()));
    schemas.extend(ephemeral_resources.iter().map(|served| served.schema()));
    schemas.extend(list_resources.iter().map(|served| served.schema()));
    schemas.extend(actions.iter().map(|served| served.schema()));
    schemas
}

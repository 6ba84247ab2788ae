//! Values as Terraform sends and stores them, MessagePack and JSON, for every schema.

use std::sync::LazyLock;

use ibm_sm_provider::framework::codec::{Encoded, decode, encode};
use ibm_sm_provider::framework::provider::Provider as _;
use ibm_sm_provider::framework::schema::Schema;
use ibm_sm_provider::framework::value::{Object, ValueAny, wholly_known};
use ibm_sm_provider::provider::IbmSm;

use crate::checks::{HIDDEN, Said};
use crate::input::Input;
use crate::served::{provider, schemas};

static PROVIDER: LazyLock<IbmSm> = LazyLock::new(provider);

/// The first byte chooses a schema, the second an encoding; the rest is the value.
pub(crate) fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let schemas = schemas(&PROVIDER);
    let index = usize::from(input.byte()) % schemas.len();
    let schema = schemas[index];
    let decoded = match input.byte() % 4 {
        0 => decode(schema, Encoded::MsgPack(input.rest())),
        1 => decode(schema, Encoded::Json(input.rest())),
        _ => Ok(Some(input.object(schema))),
    };
    let object = match decoded {
        Ok(Some(object)) => object,
        Ok(None) => return,
        Err(error) => {
            assert!(error.reason().len() <= 500, "{:.500}", error.reason());
            assert!(!error.reason().contains(HIDDEN), "{}", error.reason());
            return;
        }
    };
    survives(schema, &object);
    let mut said =
        if hidden_in_place(schema, &object) { Said::hiding(data) } else { Said::about(data) };
    judge(index, &object, &mut said);
}

/// What was decoded once is the same after any further encoding and decoding.
fn survives(schema: &Schema, object: &Object) {
    let bytes = encode(schema, Some(object)).expect("what was decoded can be encoded");
    let again = decode(schema, Encoded::MsgPack(&bytes)).expect("what was encoded can be decoded");
    assert_eq!(again.as_ref(), Some(object), "MessagePack");
    if object.values().all(wholly_known) {
        let bytes = serde_json::to_vec(object).unwrap();
        let again = decode(schema, Encoded::Json(&bytes)).expect("its JSON can be decoded");
        assert_eq!(again.as_ref(), Some(object), "JSON");
    }
}

/// Whether every recognisable secret is in an attribute that is marked as one.
fn hidden_in_place(schema: &Schema, object: &Object) -> bool {
    schema
        .iter()
        .filter(|attribute| !attribute.sensitive && !attribute.write_only)
        .all(|attribute| !format!("{:?}", object.get(attribute.name)).contains(HIDDEN))
}

/// Validates the object, and plans it as well where it can be planned.
fn judge(index: usize, object: &Object, said: &mut Said<'_>) {
    let registry = PROVIDER.registry();
    let Some(index) = index.checked_sub(1) else {
        return said.diagnostics(&PROVIDER.validate(object));
    };
    let Some(resource) = registry.resources.get(index) else {
        let index = index - registry.resources.len();
        if let Some(source) = registry.data_sources.get(index) {
            return said.diagnostics(&source.validate(object));
        }
        let index = index - registry.data_sources.len();
        if let Some(ephemeral) = registry.ephemeral_resources.get(index) {
            return said.diagnostics(&ephemeral.validate(object));
        }
        let index = index - registry.ephemeral_resources.len();
        if let Some(list) = registry.list_resources.get(index) {
            return said.diagnostics(&list.validate(object));
        }
        let action = &registry.actions[index - registry.list_resources.len()];
        return said.diagnostics(&action.schema().validate(object));
    };
    said.diagnostics(&resource.validate(object));
    let known = object.values().all(wholly_known).then(|| object.clone());
    for prior in [None, known] {
        let updates = prior.is_some();
        let config = Some(object.clone());
        let report = resource.plan(prior.clone(), config.clone(), config.clone(), &[]);
        said.diagnostics(&report.diagnostics);
        let Some(planned) = report.value.state else { continue };
        survives(resource.schema(), &planned);
        for attribute in resource.schema().iter().filter(|attribute| attribute.write_only) {
            assert_eq!(planned[attribute.name], ValueAny::Null, "a plan holds {}", attribute.name);
        }
        // Terraform plans again during the apply, and both plans must agree.
        let again = resource.plan(prior, config.clone(), config, &[]);
        assert_eq!(again.value.state.as_ref(), Some(&planned), "a second plan, updates: {updates}");
    }
}

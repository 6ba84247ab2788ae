//! Texts with a meaning: ids, names, durations, times, addresses, and files of the user's.

use std::cell::RefCell;
use std::io::{Seek as _, Write as _};
use std::sync::LazyLock;

use ibm_sm_provider::client::{Credentials, Endpoint, ExtraRoots, IamUrl, ProxyUrl, Timestamp};
use ibm_sm_provider::framework::private_state::PrivateState;
use ibm_sm_provider::framework::provider::Provider as _;
use ibm_sm_provider::framework::value::{Object, ValueAny};
use ibm_sm_provider::provider::IbmSm;
use ibm_sm_provider::units::crn::Crn;
use ibm_sm_provider::units::duration::Span;
use ibm_sm_provider::units::id::ObjectId;
use ibm_sm_provider::units::name;
use ibm_sm_provider::units::rotation::RotationUnit;
use ibm_sm_provider::units::ttl::Ttl;
use tempfile::NamedTempFile;

use crate::api::INSTANCE;
use crate::checks::{HIDDEN, Said};
use crate::input::Input;
use crate::responses::{connect, show_time};
use crate::served::provider;

static PROVIDER: LazyLock<IbmSm> = LazyLock::new(provider);

thread_local! {
    static FILE: RefCell<NamedTempFile> = RefCell::new(NamedTempFile::new().unwrap());
}

/// The first byte chooses a meaning; the rest is the text.
pub(crate) fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let meaning = input.byte();
    let bytes = input.rest();
    let mut said = Said::about(data);
    let text = String::from_utf8_lossy(bytes).into_owned();
    match meaning % 12 {
        0 => durations(&text),
        1 => crn(&text, &mut said),
        2 => id(&text, &mut said),
        3 => names(&text),
        4 => time(&text),
        5 => functions(&text, &mut said),
        6 => import(&text, &mut said),
        11 => private_state(bytes),
        7 => addresses(&text, &mut Said::hiding(data)),
        8 => file("endpoints_file_path", &text, &mut said),
        9 => file("ca_cert_file", &text, &mut said),
        _ => {
            for argument in ["iam_token", "proxy_url", "iam_endpoint", "secrets_manager_endpoint"] {
                configure(argument, &text, &mut Said::hiding(data));
            }
        }
    }
}

fn durations(text: &str) {
    if let Ok(span) = text.parse::<Span>() {
        assert_eq!(span.to_string().parse(), Ok(span), "{text}");
        assert_eq!(span.as_duration().as_secs(), span.seconds());
    }
    if let Ok(ttl) = text.parse::<Ttl>() {
        assert_eq!(ttl.to_string().parse(), Ok(ttl), "{text}");
        assert!((60..=7_776_000).contains(&ttl.seconds()), "{text}");
        assert_eq!(text.parse().map(Span::seconds), Ok(ttl.seconds()), "{text}");
    }
    if let Ok(unit) = serde_json::from_value::<RotationUnit>(text.into()) {
        assert_eq!(unit.as_str(), text);
        for interval in [i64::MIN, -1, 0, 1, i64::MAX] {
            assert!(unit.at_least(interval) <= unit.at_most(interval), "{interval} {text}");
        }
    }
}

fn crn(text: &str, said: &mut Said<'_>) {
    match Crn::parse(text) {
        Ok(crn) => {
            let parts: Vec<_> = crn.parts().map(|(_, part)| part.unwrap_or_default()).collect();
            assert_eq!(format!("crn:{}", parts[..9].join(":")), text);
        }
        Err(rule) => said.text(&rule),
    }
}

fn id(text: &str, said: &mut Said<'_>) {
    match ObjectId::parse(text, "secret_id") {
        Ok(id) => assert_eq!(id.to_string(), text),
        Err(rule) => said.text(&rule),
    }
}

fn names(text: &str) {
    let plain = |text: &str| text.chars().all(|c| c.is_ascii_graphic() && !"/?#%".contains(c));
    for (is, kind) in [
        (name::is_name(text), "name"),
        (name::is_object_id(text), "object"),
        (name::is_access_group_id(text), "access group"),
        (name::is_service_id(text), "service id"),
        (name::is_account_id(text), "account"),
    ] {
        assert!(!is || plain(text), "a {kind} that is not safe in a path: {text:?}");
    }
}

fn time(text: &str) {
    if let Ok(time) = Timestamp::try_from(text.to_owned()) {
        show_time(time);
    }
}

fn functions(text: &str, said: &mut Said<'_>) {
    let number = text.len().try_into().unwrap_or(i64::MAX);
    for function in &PROVIDER.registry().functions {
        for argument in [ValueAny::String(text.to_owned()), ValueAny::Number(number)] {
            if let Err(failure) = (function.call)(&[argument]) {
                said.text(&failure.message);
            }
        }
    }
}

fn import(text: &str, said: &mut Said<'_>) {
    for resource in &PROVIDER.registry().resources {
        match resource.import(text) {
            Ok(state) => {
                let planned = resource.plan(None, Some(state.clone()), Some(state), &[]);
                said.diagnostics(&planned.diagnostics);
            }
            Err(diagnostics) => said.diagnostics(&diagnostics),
        }
    }
}

/// No message repeats an address, since it may hold a password.
fn addresses(text: &str, said: &mut Said<'_>) {
    let iam = IamUrl::parse(text);
    if let Err(error) = &iam {
        said.text(&error.to_string());
    }
    let template = Endpoint::template(text);
    if let Err(error) = &template {
        said.text(&error.to_string());
    }
    for endpoint in [Endpoint::Public, Endpoint::Private].into_iter().chain(template) {
        let iam_url = IamUrl::ibm(false).unwrap();
        for instance_id in [text, INSTANCE] {
            let credentials = Credentials::ApiKey(HIDDEN.into());
            let found = connect(credentials, iam_url.clone(), endpoint.clone(), instance_id);
            if let Err(error) = found {
                said.text(&error.to_string());
            }
        }
    }
    match ProxyUrl::parse(text) {
        Ok(proxy) => said.text(&format!("{proxy:?}")),
        Err(error) => said.text(&error.to_string()),
    }
    if let Err(error) = ExtraRoots::from_pem(text) {
        said.text(&error.to_string());
    }
}

/// Configures the provider with a file that has this text.
fn file(argument: &str, text: &str, said: &mut Said<'_>) {
    FILE.with_borrow_mut(|file| {
        let handle = file.as_file_mut();
        handle.set_len(0).unwrap();
        handle.rewind().unwrap();
        handle.write_all(text.as_bytes()).unwrap();
        configure(argument, file.path().to_str().unwrap(), said);
    });
}

fn configure(argument: &str, given: &str, said: &mut Said<'_>) {
    let text = |text: &str| ValueAny::String(text.to_owned());
    let config = Object::from([
        ("ibmcloud_api_key".to_owned(), text(HIDDEN)),
        ("region".to_owned(), text("eu-de")),
        (argument.to_owned(), text(given)),
    ]);
    said.diagnostics(&PROVIDER.validate(&config));
    said.diagnostics(&provider().configure(&config));
}

/// Private state of ours is read as it was written; that of others is not ours.
fn private_state(bytes: &[u8]) {
    if let Some(state) = PrivateState::parse(bytes, "key") {
        assert_eq!(PrivateState::parse(&state.to_bytes("key"), "key"), Some(state));
    }
}

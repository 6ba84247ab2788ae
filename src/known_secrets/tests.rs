//! Each form of a secret, and what stays as it is.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

use super::*;

/// An API key as IBM makes them.
const KEY: &str = "pQ7_xW2-kLm9Zt4RbN8vYc3HdJ6sFg1AuEo5TiXyKzUe";

fn knowing(secrets: &[&str]) -> KnownSecrets {
    let known = KnownSecrets::default();
    secrets.iter().for_each(|secret| known.add(secret));
    known
}

/// What is shown of a text of ours.
fn shown(known: &KnownSecrets, text: &str) -> String {
    let mut text = text.to_owned();
    known.remove_from(&mut [&mut text]);
    text
}

/// What is shown of the texts of a server.
fn answered(known: &KnownSecrets, texts: &[&str]) -> Vec<String> {
    let mut texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
    let mut each: Vec<&mut String> = texts.iter_mut().collect();
    known.remove_from_answer(&mut each);
    texts
}

fn percent_encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[test]
fn a_secret_is_removed_in_each_of_its_forms() {
    let odd = "pä\"ss/w\\örd <&> ?=+ 7";
    let lines = "-----BEGIN KEY-----\nMIIEpQ+/7x\r\n-----END KEY-----\n";
    for secret in [KEY, odd, lines, "s3cret", "correct horse battery staple"] {
        let known = knowing(&[secret]);
        let json = serde_json::to_string(secret).unwrap();
        let escaped = json.trim_matches('"').to_owned();
        let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        let unicode: String = secret.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
        for form in [
            secret.to_owned(),
            escaped.clone(),
            escaped.replace('/', "\\/"),
            unicode,
            format!("{secret:?}").trim_matches('"').to_owned(),
            percent_encoded(secret),
            percent_encoded(secret).to_lowercase(),
            form,
            STANDARD.encode(secret).replace('=', "%3D"),
            percent_encoded(&STANDARD.encode(secret)),
            STANDARD.encode(&escaped),
            secret.chars().map(|c| format!("{c}\u{200b}")).collect(),
            secret.chars().map(|c| format!("{c} ")).collect(),
        ] {
            let text = shown(&known, &format!("Bad value <{form}>!"));
            let (before, after) = ("Bad value <", ">!");
            assert!(text.starts_with(before) && text.ends_with(after), "{form}: {text}");
            let left = text.replace(MARK, "");
            assert!(left.chars().count() <= "Bad value <>!".len() + 8, "{form}: {text}");
            assert!(text.contains(MARK), "{form}: {text}");
        }
    }
}

#[test]
fn a_secret_is_removed_from_base64_wherever_it_begins_there() {
    let known = knowing(&[KEY]);
    for engine in [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD] {
        for before in 0..7 {
            for after in 0..7 {
                let text = format!("{}{KEY}{}", "x".repeat(before), "y".repeat(after));
                for word in ["", "key", "the key: ", "id=1,"] {
                    let encoded = engine.encode(&text);
                    let text = shown(&known, &format!("{word}{encoded}"));
                    assert!(text.contains(MARK), "{before} {after} {word}: {text}");
                    // What is left around the mark holds no byte of the secret.
                    let left = text.replace(MARK, "").len() - word.len();
                    assert!(left <= (before + after + 4) * 4 / 3 + 4, "{before} {after}: {text}");
                }
                // In lines, as MIME has it, and twice.
                let lines = engine.encode(&text);
                let lines: Vec<&str> =
                    lines.as_bytes().chunks(20).map(|it| str::from_utf8(it).unwrap()).collect();
                assert!(shown(&known, &lines.join("\n")).contains(MARK));
                assert!(shown(&known, &engine.encode(engine.encode(&text))).contains(MARK));
            }
        }
    }
}

#[test]
fn a_secret_that_is_given_back_in_pieces_is_removed() {
    let known = knowing(&[KEY, "s3cr3t-pw"]);
    for cut in 1..KEY.len() {
        let (first, second) = KEY.split_at(cut);
        let joined = answered(&known, &[&format!("E1: {first}"), &format!("{second} is bad")]);
        assert_eq!(joined, [format!("E1: {MARK}"), format!("{MARK} is bad")], "{cut}");
        let apart = answered(&known, &[&format!("{first}?"), "what", &format!("no {second}")]);
        for (part, text) in [(first, &apart[0]), (second, &apart[2])] {
            assert_eq!(text.contains(part), part.len() < PART, "{cut}: {text}");
        }
    }
    assert_eq!(answered(&known, &["s3c", "r3t", "-pw"]), [MARK, MARK, MARK]);
    let mut texts = [format!("one {}", &KEY[..20]), format!("{} two", &KEY[20..])];
    let [one, two] = &mut texts;
    known.remove_from(&mut [one, two]);
    assert_eq!(texts, [format!("one {MARK}"), format!("{MARK} two")]);
    // Our own words may be part of a payload.
    let known = knowing(&["https://sm.example.test/instances?token=7"]);
    let words = "no answer from sm.example.test/instances";
    assert_eq!(shown(&known, words), words);
    assert_eq!(answered(&known, &[words]), [format!("no answer from {MARK}")]);
}

#[test]
fn several_secrets_and_overlaps_are_removed_and_the_rest_stays() {
    let known = knowing(&[KEY, "s3cr3t-pw", "s3cr3t-pw-longer", "t-pw-longer7"]);
    for (text, expected) in [
        (format!("{KEY}{KEY} ä s3cr3t-pw."), format!("{MARK} ä {MARK}.")),
        ("s3cr3t-pw-longer7".to_owned(), MARK.to_owned()),
        ("s3cr3t-p w-longer".to_owned(), MARK.to_owned()),
        (
            "nothing here: %zz \\q \\u12 \\u{ %4 +".to_owned(),
            "nothing here: %zz \\q \\u12 \\u{ %4 +".to_owned(),
        ),
        (String::new(), String::new()),
    ] {
        assert_eq!(shown(&known, &text), expected);
    }
}

#[test]
fn what_could_be_an_ordinary_word_is_not_removed() {
    for (secret, hidden) in [
        ("", false),
        ("a", false),
        ("k3y-1", false),
        ("secret", false),
        ("terraform", false),
        ("PASSWORD", false),
        ("20260110", false),
        ("aaaaaaaaaaaaaaaa", false),
        ("1-1-1-1-1", false),
        ("token-1", true),
        ("Secret7", true),
        ("correcthorsebattery", true),
        ("202601101530", true),
    ] {
        let text = format!("The value {secret} is wrong.");
        assert_eq!(shown(&knowing(&[secret]), &text) != text, hidden, "{secret}");
    }
}

#[test]
fn nothing_that_a_terminal_obeys_is_shown() {
    let known = KnownSecrets::default();
    let hostile =
        "a\u{1b}[31m\u{7}\u{9b}b\u{202e}c\u{2066}d\u{200b}e\u{feff}f\u{2028}g\u{e0041}\n\th";
    assert_eq!(shown(&known, hostile), "a [31m  b c d e f g \n\th");
    assert_eq!(answered(&known, &[hostile]), ["a [31m  b c d e f g   h"]);
    let script = "می\u{200c}خواهم";
    assert_eq!(shown(&known, script), script);
}

#[test]
fn a_large_secret_and_a_long_text_cost_little() {
    let payload: String = (0..100_000).map(|number| format!("{number:x},")).collect();
    let known = knowing(&[&payload, &payload]);
    let index = known.0.read().unwrap();
    assert_eq!(index.secrets.len(), 1);
    let places: usize = index.places.values().map(Vec::len).sum();
    assert_eq!(places, (LONGEST - GRAM).div_ceil(STRIDE));
    drop(index);
    // The server cuts off what it repeats, and so do we.
    assert_eq!(answered(&known, &[&payload[..100]]), [MARK]);
    let long = answered(&known, &[&"é".repeat(10_000), "more"]);
    assert_eq!((long[0].len(), long[1].as_str()), (LONGEST_ANSWER, ""));
}

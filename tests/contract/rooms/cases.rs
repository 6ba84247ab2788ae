//! Tests the checks themselves on crates of a few lines.

use super::cycles::cycles;
use super::modules::Sources;
use super::table::{differences, first_sentence, table};
use super::uses::Uses;

/// Reads a crate with these files, whose roots are `lib.rs` and, if given, `main.rs`.
fn read(files: &[(&str, &str)]) -> Uses {
    let sources: Sources =
        files.iter().map(|(file, text)| (format!("src/{file}"), (*text).to_owned())).collect();
    let roots = ["src/lib.rs", "src/main.rs"];
    let roots: Vec<&str> = roots.into_iter().filter(|root| sources.contains_key(*root)).collect();
    Uses::of(&sources, &roots, "library")
}

/// Each name that a file uses from another, as `from:line to name`.
fn used(uses: &Uses) -> Vec<String> {
    let mut found = Vec::new();
    for ((from, to), names) in &uses.between {
        let (from, to) = (from.trim_start_matches("src/"), to.trim_start_matches("src/"));
        found.extend(names.iter().map(|(name, line)| format!("{from}:{line} {to} {name}")));
    }
    found
}

/// A description, the files of a crate, and what they use from one another.
type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a [&'a str]);

#[test]
fn a_path_resolves_to_the_file_that_defines_the_item() {
    let cases: &[Case<'_>] = &[
        (
            "a group with self, over several lines",
            &[
                ("lib.rs", "mod a;\nmod b;"),
                ("a.rs", "use crate::b::{\n    self,\n    One, Two,\n};\nfn f() { b::three() }"),
                ("b.rs", "pub struct One;\npub struct Two;\npub fn three() {}"),
            ],
            &["a.rs:3 b.rs One", "a.rs:3 b.rs Two", "a.rs:5 b.rs three"],
        ),
        (
            "a glob, of which only the names in use count",
            &[
                ("lib.rs", "mod a;\nmod b;"),
                ("a.rs", "use crate::b::*;\nfn f(_: One) { let two = 2; two; }"),
                ("b.rs", "pub struct One;\npub fn two() {}\npub fn three() {}"),
            ],
            &["a.rs:2 b.rs One"],
        ),
        (
            "a glob of an enum's variants",
            &[
                ("lib.rs", "mod a;\nmod b;"),
                ("a.rs", "use crate::b::Kind::*;"),
                ("b.rs", "pub enum Kind { A, B }"),
            ],
            &["a.rs:1 b.rs Kind"],
        ),
        (
            "renames of a module, of an item, and of a trait to `_`",
            &[
                ("lib.rs", "mod a;\nmod b;"),
                (
                    "a.rs",
                    "use crate::b as c;\nuse c::One as Two;\nuse super::b::Three as _;\n\
                     fn f() -> c::Four { Two::new() }",
                ),
                ("b.rs", "pub struct One;\npub trait Three {}\npub struct Four;"),
            ],
            &["a.rs:4 b.rs Four", "a.rs:2 b.rs One", "a.rs:3 b.rs Three"],
        ),
        (
            "re-exports, by name and by glob",
            &[
                ("lib.rs", "mod a;\nmod b;"),
                ("a.rs", "use crate::b::{One, Two};"),
                ("b/mod.rs", "mod one;\nmod two;\npub use one::One;\npub use self::two::*;"),
                ("b/one.rs", "pub struct One;"),
                ("b/two.rs", "pub struct Two;"),
            ],
            &["a.rs:1 b/one.rs One", "a.rs:1 b/two.rs Two"],
        ),
        (
            "a re-export from elsewhere, which is a use",
            &[
                ("lib.rs", "mod a;\nmod b;\npub use a::One;"),
                ("a.rs", "pub use crate::b::One;"),
                ("b.rs", "pub struct One;"),
            ],
            &["a.rs:1 b.rs One"],
        ),
        (
            "a module that also uses what it re-exports",
            &[
                ("lib.rs", "mod a;\npub use a::{One, one};\nfn f(_: One) { let one = 1; one; }"),
                ("a.rs", "pub struct One;\npub fn one() {}"),
            ],
            &["lib.rs:3 a.rs One"],
        ),
        (
            "super, super::super, and an item in the parent's file",
            &[
                ("lib.rs", "mod a;\nmod b;"),
                ("a/mod.rs", "mod c;\npub struct OfParent;"),
                ("a/c.rs", "use super::OfParent;\nfn f(_: super::super::b::One) {}"),
                ("b.rs", "pub struct One;"),
            ],
            &["a/c.rs:1 a/mod.rs OfParent", "a/c.rs:2 b.rs One"],
        ),
        (
            "an import of the parent, used by its child",
            &[
                ("lib.rs", "mod a;\nmod b;"),
                ("a.rs", "mod c;\nuse crate::b::One;"),
                ("a/c.rs", "use super::One;"),
                ("b.rs", "pub struct One;"),
            ],
            &["a.rs:2 b.rs One", "a/c.rs:1 b.rs One"],
        ),
        (
            "nested inline modules, with a file below",
            &[
                ("lib.rs", "mod a;\nmod b;"),
                (
                    "a.rs",
                    "mod x {\n    pub struct Own;\n    mod y {\n        mod z;\n        \
                     fn f(_: super::super::super::b::One, _: super::Own) {}\n    }\n}",
                ),
                ("a/x/y/z.rs", "fn f(_: super::super::Own) {}"),
                ("b.rs", "pub struct One;"),
            ],
            &["a.rs:5 b.rs One", "a/x/y/z.rs:1 a.rs Own"],
        ),
        (
            "a file given by #[path]",
            &[
                ("lib.rs", "mod a;\n#[path = \"odd/b_for_unix.rs\"]\nmod b;"),
                ("a.rs", "use crate::b::One;"),
                ("odd/b_for_unix.rs", "pub struct One;"),
            ],
            &["a.rs:1 odd/b_for_unix.rs One"],
        ),
        (
            "a use inside a function",
            &[
                ("lib.rs", "mod a;\nmod b;\nmod c;"),
                (
                    "a.rs",
                    "use crate::c::One;\nfn f() {\n    use crate::b;\n    b::two();\n    \
                     { use b::*; three() }\n}",
                ),
                ("b.rs", "pub fn two() {}\npub fn three() {}"),
                ("c.rs", "pub struct One;"),
            ],
            &["a.rs:5 b.rs three", "a.rs:4 b.rs two", "a.rs:1 c.rs One"],
        ),
        (
            "expressions, types, patterns, bounds and impls",
            &[
                ("lib.rs", "mod a;\nmod b;"),
                (
                    "a.rs",
                    "use crate::b;\nimpl b::Trait for Vec<b::Type> {}\n\
                     fn f<T: b::Bound>() { match 1 { b::CONSTANT => {} _ => b::call::<T>() } }",
                ),
                (
                    "b.rs",
                    "pub trait Trait {}\npub trait Bound {}\npub struct Type;\n\
                     pub const CONSTANT: u8 = 1;\npub fn call<T>() {}",
                ),
            ],
            &[
                "a.rs:3 b.rs Bound",
                "a.rs:3 b.rs CONSTANT",
                "a.rs:2 b.rs Trait",
                "a.rs:2 b.rs Type",
                "a.rs:3 b.rs call",
            ],
        ),
        (
            "macros, their tokens, and those of attributes",
            &[
                ("lib.rs", "mod a;\nmod b;"),
                (
                    "a.rs",
                    "use crate::b;\nfn f() { vec![super::b::one(), x.one(), ..b::SEVEN]; }\n\
                     fn g() { b::two!(b::Three { four: 1 }) }\n\
                     #[serde(with = \"super::b::five\")]\nstruct S;\n\
                     macro_rules! six { ($x:expr) => { $crate::b::six($x::one) } }",
                ),
                (
                    "b.rs",
                    "macro_rules! two { () => {} }\npub(crate) use two;\npub fn one() {}\n\
                     pub struct Three;\npub mod five {}\npub fn six() {}\n\
                     pub const SEVEN: u8 = 7;",
                ),
            ],
            &[
                "a.rs:2 b.rs SEVEN",
                "a.rs:3 b.rs Three",
                "a.rs:4 b.rs five",
                "a.rs:2 b.rs one",
                "a.rs:6 b.rs six",
                "a.rs:3 b.rs two",
            ],
        ),
        (
            "a module and a function of one name, of which only the module has members",
            &[
                ("lib.rs", "mod a;\nmod b;\nmod c;"),
                ("a.rs", "mod d;\nuse crate::b;\nuse crate::c::b;\nfn f() { b() }"),
                ("a/d.rs", "fn f() { super::b::one() }"),
                ("b.rs", "pub fn one() {}"),
                ("c.rs", "pub fn b() {}"),
            ],
            &["a.rs:3 c.rs b", "a/d.rs:1 b.rs one"],
        ),
        (
            "items that a macro call defines",
            &[
                ("lib.rs", "mod a;\nmod wire;"),
                ("a.rs", "use crate::wire::v6::server::Server;"),
                ("wire.rs", "pub mod v6 { tonic::include_proto!(\"v6\"); }"),
            ],
            &["a.rs:1 wire.rs server"],
        ),
        (
            "two modules of one name, each for a platform",
            &[
                ("lib.rs", "mod a;\nmod b;\nmod c;"),
                (
                    "a.rs",
                    "#[cfg(unix)]\nmod x { use crate::b as y; pub use y::One; }\n\
                     #[cfg(windows)]\nmod x { use crate::c as y; pub use y::One; }\nuse x::One;",
                ),
                ("b.rs", "pub struct One;"),
                ("c.rs", "pub struct One;"),
            ],
            &["a.rs:2 b.rs One", "a.rs:4 c.rs One"],
        ),
        (
            "code for tests, which is left out",
            &[
                ("lib.rs", "mod a;\nmod b;\n#[cfg(test)]\nmod tests;"),
                (
                    "a.rs",
                    "#[cfg(test)]\nuse crate::b::One;\n\
                     #[cfg(all(test, unix))]\nmod tests { use crate::b::One; }\n\
                     #[cfg(any(windows, test))]\nuse crate::b::Two;\n\
                     impl S { #[cfg(test)]\nfn f(_: crate::b::One) {} }\n\
                     fn g() { #[cfg(test)]\nlet a = crate::b::One; }",
                ),
                ("b.rs", "pub struct One;\npub struct Two;"),
                ("tests.rs", "use crate::b::One;\nmod more;"),
                ("tests/more.rs", "use crate::b::One;"),
            ],
            &["a.rs:6 b.rs Two"],
        ),
        (
            "the library, used by its name in the binary",
            &[
                ("lib.rs", "pub mod a;"),
                ("a.rs", "pub struct One;"),
                ("main.rs", "mod b;\nuse library::a::One;"),
                ("b.rs", "fn f(_: library::a::One, _: other::Two) {}"),
            ],
            &["b.rs:1 a.rs One", "main.rs:2 a.rs One"],
        ),
    ];
    for (case, files, expected) in cases {
        let uses = read(files);
        assert_eq!(used(&uses), *expected, "{case}");
        assert_eq!(uses.unknown.len(), 0, "{case}: {:?}", uses.unknown);
        let all: Vec<String> = files.iter().map(|(file, _)| format!("src/{file}")).collect();
        assert!(all.iter().all(|file| uses.files.contains(file)), "{case}: {:?}", uses.files);
    }
}

#[test]
fn a_path_that_does_not_resolve_is_reported() {
    let uses = read(&[
        ("lib.rs", "mod a;\nmod b;"),
        ("a.rs", "use crate::b::Gone;\nfn f() { super::c::gone() }"),
        ("b.rs", ""),
    ]);
    let unknown: Vec<&str> = uses.unknown.iter().map(String::as_str).collect();
    assert_eq!(unknown, ["src/a.rs:1: crate::b::Gone", "src/a.rs:2: super::c::gone"]);
}

#[test]
fn other_crates_are_found_through_imports_and_re_exports() {
    let uses = read(&[
        ("lib.rs", "mod a;\nmod b;"),
        ("a.rs", "use reqwest::Url;\npub use http::Method;\nfn f() { ::tonic::Status::ok(\"\") }"),
        ("b.rs", "use crate::a::Method;"),
    ]);
    let external: Vec<_> =
        uses.external.iter().map(|((file, name), line)| format!("{file}:{line} {name}")).collect();
    assert_eq!(
        external,
        ["src/a.rs:2 http", "src/a.rs:1 reqwest", "src/a.rs:3 tonic", "src/b.rs:1 http"]
    );
}

#[test]
fn a_cycle_is_reported_with_the_names_behind_each_edge() {
    let two = read(&[
        ("lib.rs", "mod a;\nmod b;\nmod c;"),
        ("a.rs", "use crate::b::B;\npub struct A;"),
        ("b.rs", "use crate::{a::A, c::C};\npub struct B;"),
        ("c.rs", "pub struct C;"),
    ]);
    assert_eq!(
        cycles(&two),
        ["a cycle of 2 files:\n    src/a.rs uses src/b.rs: B (line 1)\n    \
          src/b.rs uses src/a.rs: A (line 1)"]
    );
    let three = read(&[
        ("lib.rs", "mod a;"),
        ("a/mod.rs", "mod b;\nmod c;\npub struct A;\nfn f(_: b::B) {}"),
        ("a/b.rs", "use super::c::C;\npub struct B;"),
        ("a/c.rs", "use super::A;\npub struct C;"),
    ]);
    assert_eq!(
        cycles(&three),
        ["a cycle of 3 files:\n    src/a/b.rs uses src/a/c.rs: C (line 1)\n    \
          src/a/c.rs uses src/a/mod.rs: A (line 1)\n    \
          src/a/mod.rs uses src/a/b.rs: B (line 4)"]
    );
}

#[test]
fn a_module_that_only_declares_and_re_exports_is_in_no_cycle() {
    let uses = read(&[
        ("lib.rs", "mod a;"),
        ("a/mod.rs", "mod b;\nmod c;\npub use b::B;\npub(crate) use c::*;"),
        ("a/b.rs", "use super::C;\npub struct B;"),
        ("a/c.rs", "pub struct C;\n#[cfg(test)]\nmod tests { use super::super::B; }"),
    ]);
    assert_eq!(cycles(&uses), [""; 0]);
}

const DESIGN: &str = "\
## Rooms

### The provider: `src/`

| Room | Rule | May use |
|---|---|---|
| `a` | Comes first. | `b`, `c` |
| `b` | Comes second. | |
| `gone` | Was here. | |

### Something else: `other/src/`

| Room | Rule | May use |
|---|---|---|
| `z` | Comes last. | |
";

#[test]
fn every_difference_from_the_table_is_reported() {
    let uses = read(&[
        ("lib.rs", "mod a;\nmod b;\nmod c;\nuse a::A;"),
        ("a/mod.rs", "mod d;\npub struct A;"),
        ("a/d.rs", "use crate::b::B;"),
        ("b.rs", "pub struct B;\nuse crate::c::C;"),
        ("c.rs", "pub struct C;"),
    ]);
    assert_eq!(
        differences("src", &table(DESIGN, "src"), &uses),
        [
            "src: DESIGN.md does not list `c`",
            "src: DESIGN.md lists `gone`, which does not exist",
            "src/b.rs:2 uses C of src/c.rs, but `b` may use nothing",
            "src: `a` may use `c`, but does not",
        ]
    );
    assert_eq!(table(DESIGN, "other/src").keys().collect::<Vec<_>>(), ["z"]);
    assert_eq!(table(DESIGN, "src")["a"].rule, "Comes first.");
}

#[test]
fn a_rule_is_the_first_sentence_of_the_opening_comment() {
    let cases = [
        ("//! One rule.\n\nmod a;", "One rule."),
        (
            "//! A rule over\n//! two lines, see a.rs 4. And more.\n//!\n//! Details.",
            "A rule over two lines, see a.rs 4.",
        ),
        ("mod a;", ""),
    ];
    for (source, sentence) in cases {
        assert_eq!(first_sentence(source), sentence);
    }
}

//! The guide to messages: every summary of an error or a warning that the code makes, with what its
//! detail says, read from the code.
//!
//! A message is made by `diagnostic` or `error` of the framework, or by what only hands its own
//! parameters `summary` and `detail` on to them. A summary that cannot be read is an error here, so
//! that none is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};
use syn::{Expr, ExprCall, ExprMethodCall, Item, ItemFn, Lit, Local, Pat};

use super::files::root;
use super::render::{MESSAGES as TITLE, front_matter};

/// What the user was doing, and the files below `src` whose messages belong there: the first that
/// a path begins with decides.
const GROUPS: [(&str, &[&str]); 9] = [
    ("Configuring the provider", &["provider/"]),
    (
        "Writing a configuration",
        &[
            "arbitrary/rules.rs",
            "configuration/rules.rs",
            "iam_credentials/rules.rs",
            "iam_credentials/mapping.rs",
            "framework/schema.rs",
            "instance/timeouts.rs",
            "instance/connection.rs",
            "secret/lookup.rs",
            "plugin/rpc/resource.rs",
        ],
    ),
    ("Reading a plan", &["iam_credentials/warnings.rs"]),
    ("Importing and moving", &["framework/identity.rs", "framework/move_state.rs"]),
    (
        "Rotating a key, or changing a payload",
        &["secret/new_version.rs", "iam_credentials/rotate.rs"],
    ),
    (
        "Using a key or a payload for one run",
        &[
            "iam_credentials/ephemeral.rs",
            "iam_credentials/lease.rs",
            "iam_credentials/leased_key.rs",
            "iam_credentials/no_key.rs",
            "arbitrary/ephemeral.rs",
        ],
    ),
    ("After an object was deleted outside Terraform", &["iam_credentials/orphans.rs"]),
    (
        "Creating, reading, updating and deleting",
        &[
            "instance/",
            "secret/",
            "secret_group/",
            "configuration/",
            "arbitrary/",
            "iam_credentials/",
        ],
    ),
    ("When Terraform and the provider do not understand each other", &["framework/", "plugin/"]),
];

/// The makers of the framework, each with the places of its summary and its detail.
const MAKERS: [(&str, [usize; 2]); 2] = [("diagnostic", [1, 2]), ("error", [1, 2])];

/// A message, or what a message about a failed request advises.
struct Message {
    severity: &'static str,
    summary: Option<String>,
    detail: Vec<String>,
}

/// A message of the page: its summary, its severity, and what its detail says.
type Listed = (String, &'static str, Vec<String>);

/// What is known of one source file.
#[derive(Default)]
struct Source {
    /// The makers, by name.
    makers: BTreeMap<String, [usize; 2]>,
    /// What makers are known to make.
    severities: BTreeMap<String, &'static str>,
    /// What takes a detail alone, with the summary that it has.
    fixed: BTreeMap<String, String>,
    /// What every message of the file says besides.
    told: Vec<String>,
    /// The texts of constants and of variables.
    texts: BTreeMap<String, Vec<String>>,
    /// Tuples of texts, which a loop may take its summaries from.
    tuples: Vec<Vec<Vec<String>>>,
    /// The names in the loops' patterns.
    loops: Vec<Vec<String>>,
    severity: Option<&'static str>,
    messages: Vec<Message>,
    unread: Vec<String>,
    collecting: bool,
}

/// Every text literal in an expression, a placeholder as `<name>`.
#[derive(Default)]
struct Texts(Vec<String>, Vec<String>);

impl<'ast> Visit<'ast> for Texts {
    fn visit_lit(&mut self, literal: &'ast Lit) {
        if let Lit::Str(text) = literal {
            self.0.push(text.value());
        }
    }

    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        self.1.extend(path.path.get_ident().map(ToString::to_string));
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        let arguments = call
            .parse_body_with(syn::punctuated::Punctuated::<Expr, syn::Token![,]>::parse_terminated);
        if let (true, Ok(arguments)) = (call.path.is_ident("format"), arguments)
            && let Some(Expr::Lit(first)) = arguments.first()
        {
            if let Lit::Str(text) = &first.lit {
                self.0.push(shown(&text.value()));
            }
            // A constant in braces is one of this file's texts.
            let names = self.0.last().cloned().unwrap_or_default();
            let names = names.split('<').skip(1).filter_map(|rest| rest.split('>').next());
            self.1.extend(names.map(str::to_owned));
        }
    }
}

/// A format string for readers: without the braces of its placeholders.
fn shown(text: &str) -> String {
    let escaped = text.replace("{{", "\u{1}").replace("}}", "\u{2}");
    let mut shown = String::new();
    let mut rest = escaped.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, next)) = after.split_once('}') else { break };
        let name = name.split(':').next().unwrap_or_default();
        let name = if name.is_empty() { "…" } else { name };
        write!(shown, "{before}<{name}>").unwrap();
        rest = next;
    }
    (shown + rest).replace('\u{1}', "{").replace('\u{2}', "}")
}

impl Source {
    /// The texts of an expression, also those that it takes from a constant or a variable.
    fn texts(&self, expression: &Expr) -> Vec<String> {
        let mut texts = Texts::default();
        texts.visit_expr(expression);
        let Texts(mut found, names) = texts;
        for name in names {
            let Some(known) = self.texts.get(&name) else { continue };
            let placeholder = format!("<{name}>");
            let replaced = found.iter_mut().filter(|text| text.contains(&placeholder));
            let mut used = false;
            for text in replaced {
                // A constant is part of the sentence; several texts are said apart.
                if let [only] = &known[..] {
                    *text = text.replace(&placeholder, only);
                    used = true;
                }
            }
            if !used && !found.iter().any(|text| text.contains(&placeholder)) {
                found.extend(known.clone());
            }
        }
        found
    }

    fn message(&mut self, name: &str, summary: &Expr, detail: Option<&Expr>) {
        if let Expr::Field(_) = summary {
            // It says again what was said before.
            return;
        }
        let detail = detail.map(|detail| self.texts(detail)).unwrap_or_default();
        let known = self.severities.get(name).copied();
        let severity = known.or(self.severity).unwrap_or("Error or warning");
        if let Expr::Path(path) = summary
            && let Some(name) = path.path.get_ident().map(ToString::to_string)
            && !self.texts.contains_key(&name)
        {
            // The parameter of a maker, or one of the names in a loop.
            let place = self
                .loops
                .iter()
                .find_map(|names| Some((names.iter().position(|one| *one == name)?, names.len())));
            match place {
                Some((place, of)) => {
                    let rows = self.tuples.iter().filter(|row| row.len() == of);
                    let rows = rows.filter(|row| row[place].len() == 1 && !row[of - 1].is_empty());
                    self.messages.extend(rows.map(|row| Message {
                        severity,
                        summary: row[place].first().cloned(),
                        detail: row[of - 1].clone(),
                    }));
                }
                None if name == "summary" => {}
                None => self.unread.push(name),
            }
            return;
        }
        let summaries = self.texts(summary);
        let [summary] = &summaries[..] else {
            self.unread.push(format!("{summaries:?}"));
            return;
        };
        self.messages.push(Message { severity, summary: Some(summary.clone()), detail });
    }
}

fn called(function: &Expr) -> Option<String> {
    let Expr::Path(path) = function else { return None };
    let segments: Vec<String> =
        path.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    match &segments[..] {
        [.., owner, name] if owner == "Advice" => Some(format!("Advice::{name}")),
        [.., name] => Some(name.clone()),
        [] => None,
    }
}

/// What the comment on a function says that it makes.
fn said_to_warn(attributes: &[syn::Attribute]) -> Option<&'static str> {
    let comments = attributes.iter().filter(|one| one.path().is_ident("doc"));
    let says = |word: &str| {
        comments.clone().any(|comment| match &comment.meta {
            syn::Meta::NameValue(text) => {
                let mut texts = Texts::default();
                texts.visit_expr(&text.value);
                texts.0.iter().any(|text| text.contains(word))
            }
            _ => false,
        })
    };
    (says("he warning that") || says("Warns")).then_some("Warning")
}

/// The places of the parameters `summary` and `detail`, if a maker has both or the first.
fn places<'a>(parameters: impl Iterator<Item = &'a Pat>) -> Option<[usize; 2]> {
    let names: Vec<Option<String>> = parameters
        .map(|pattern| match pattern {
            Pat::Ident(name) => Some(name.ident.to_string()),
            Pat::Type(typed) => match &*typed.pat {
                Pat::Ident(name) => Some(name.ident.to_string()),
                _ => None,
            },
            _ => None,
        })
        .collect();
    let place = |wanted: &[&str]| {
        names.iter().position(|name| name.as_deref().is_some_and(|name| wanted.contains(&name)))
    };
    let summary = place(&["summary"])?;
    Some([summary, place(&["detail", "found"]).unwrap_or(usize::MAX)])
}

fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|one| {
        one.path().is_ident("cfg")
            && one.meta.require_list().is_ok_and(|list| list.tokens.to_string() == "test")
    })
}

/// What a closure makes.
#[derive(Default)]
struct Made {
    severity: Option<&'static str>,
    summary: Option<Expr>,
}

impl<'ast> Visit<'ast> for Made {
    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        match call.method.to_string().as_str() {
            "add_error" => self.severity = Some("Error"),
            "add_warning" => self.severity = Some("Warning"),
            _ => {}
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        if called(&call.func).is_some_and(|name| name == "error") {
            self.summary = call.args.iter().nth(1).cloned();
        }
        visit::visit_expr_call(self, call);
    }
}

impl<'ast> Visit<'ast> for Source {
    fn visit_item(&mut self, item: &'ast Item) {
        let skipped = matches!(item, Item::Mod(module) if is_for_tests(&module.attrs));
        if !skipped {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_const(&mut self, constant: &'ast syn::ItemConst) {
        let texts = self.texts(&constant.expr);
        if self.collecting && !texts.is_empty() {
            self.texts.insert(constant.ident.to_string(), texts);
        }
    }

    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        self.note(&function.sig);
        let before = self.severity;
        self.severity = said_to_warn(&function.attrs).or(before);
        visit::visit_item_fn(self, function);
        self.severity = before;
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.note(&function.sig);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_local(&mut self, local: &'ast Local) {
        if let (true, Pat::Ident(name), Some(init)) = (self.collecting, &local.pat, &local.init) {
            let name = name.ident.to_string();
            if let Expr::Closure(closure) = &*init.expr {
                let mut made = Made::default();
                made.visit_expr(&closure.body);
                self.severities.extend(made.severity.map(|severity| (name.clone(), severity)));
                if let (Some(summary), [Pat::Ident(_) | Pat::Type(_)]) =
                    (&made.summary, &closure.inputs.iter().collect::<Vec<_>>()[..])
                {
                    let texts = self.texts(summary);
                    self.fixed.extend(texts.first().map(|text| (name.clone(), text.clone())));
                }
                if let Some(places) = places(closure.inputs.iter()) {
                    self.makers.insert(name, places);
                }
            } else if ["summary", "detail", "advice", "next", "reason"].contains(&name.as_str()) {
                let texts = self.texts(&init.expr);
                if !texts.is_empty() {
                    self.texts.entry(name).or_default().extend(texts);
                }
            }
        }
        visit::visit_local(self, local);
    }

    fn visit_expr_for_loop(&mut self, one: &'ast syn::ExprForLoop) {
        if let (true, Pat::Tuple(names)) = (self.collecting, &*one.pat) {
            let names = names.elems.iter().map(|name| match name {
                Pat::Ident(name) => name.ident.to_string(),
                _ => String::new(),
            });
            self.loops.push(names.collect());
        }
        visit::visit_expr_for_loop(self, one);
    }

    fn visit_expr_tuple(&mut self, tuple: &'ast syn::ExprTuple) {
        if self.collecting {
            let row = tuple.elems.iter().map(|element| self.texts(element)).collect();
            self.tuples.push(row);
        }
        visit::visit_expr_tuple(self, tuple);
    }

    fn visit_expr_struct(&mut self, made: &'ast syn::ExprStruct) {
        if !self.collecting && made.path.is_ident("Told") {
            for field in &made.fields {
                let texts = self.texts(&field.expr);
                let new: Vec<String> =
                    texts.into_iter().filter(|text| !self.told.contains(text)).collect();
                self.told.extend(new);
            }
        }
        visit::visit_expr_struct(self, made);
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        if let (false, Some(name)) = (self.collecting, called(&call.func)) {
            if let (Some(summary), Some(detail)) = (self.fixed.get(&name), call.args.first()) {
                let (summary, detail) = (Some(summary.clone()), self.texts(detail));
                self.messages.push(Message { severity: "Error", summary, detail });
            }
            if let Some([summary, detail]) = self.makers.get(&name).copied()
                && let Some(of) = call.args.iter().nth(summary)
            {
                self.message(&name, of, call.args.iter().nth(detail));
            } else if name.starts_with("Advice::")
                && let Some(advice) = call.args.last()
            {
                let detail = self.texts(advice);
                if !detail.is_empty() {
                    self.messages.push(Message { severity: "", summary: None, detail });
                }
            }
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        let name = call.method.to_string();
        let before = self.severity;
        match name.as_str() {
            "add_warning" => self.severity = Some("Warning"),
            "add_error" => self.severity = Some("Error"),
            "warning" if !self.collecting => {
                if let Some([summary, detail]) = self.makers.get(&name).copied()
                    && let Some(of) = call.args.iter().nth(summary)
                {
                    self.severity = Some("Warning");
                    self.message(&name, of, call.args.iter().nth(detail));
                }
            }
            _ => {}
        }
        visit::visit_expr_method_call(self, call);
        self.severity = before;
    }
}

impl Source {
    /// Notes a function that is a maker.
    fn note(&mut self, signature: &syn::Signature) {
        let inputs = signature.inputs.iter().filter_map(|input| match input {
            syn::FnArg::Typed(typed) => Some(&*typed.pat),
            syn::FnArg::Receiver(_) => None,
        });
        if let (true, Some(places)) = (self.collecting, places(inputs)) {
            self.makers.insert(signature.ident.to_string(), places);
        }
    }

    fn of(file: &syn::File, texts: BTreeMap<String, Vec<String>>) -> Self {
        let makers = MAKERS.map(|(name, places)| (name.to_owned(), places)).into();
        let severities = BTreeMap::from([("error".to_owned(), "Error")]);
        let mut source =
            Source { makers, severities, texts, collecting: true, ..Source::default() };
        source.visit_file(file);
        source.collecting = false;
        source.visit_file(file);
        for message in source.messages.iter_mut().filter(|message| message.summary.is_some()) {
            message.detail.extend(source.told.clone());
        }
        source
    }
}

/// The source files of the provider, without those of tests.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap();
        match path.is_dir() {
            _ if matches!(stem, "tests" | "testing") => {}
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found.sort();
    found
}

/// A text as Markdown, in which `<` begins a tag outside of code.
fn escaped(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let parts = parts.map(|(index, part)| {
        if index % 2 == 0 { part.replace('<', "\\<").replace('*', "\\*") } else { part.to_owned() }
    });
    parts.collect::<Vec<_>>().join("`").replace("\n\n", " ")
}

/// The page.
pub(super) fn page() -> String {
    let mut groups: BTreeMap<usize, Vec<Listed>> = BTreeMap::new();
    let (mut advice, mut unread) = (BTreeSet::new(), Vec::new());
    let mut advised: Vec<String> = Vec::new();
    let source = root().join("src");
    let parsed: Vec<(PathBuf, syn::File)> = files(&source)
        .into_iter()
        .map(|path| {
            let file = syn::parse_file(&fs::read_to_string(&path).unwrap()).unwrap();
            (path, file)
        })
        .collect();
    let mut constants = BTreeMap::new();
    for (_, file) in &parsed {
        let named = Source::of(file, BTreeMap::new()).texts.into_iter();
        constants.extend(named.filter(|(name, texts)| {
            texts.len() == 1 && name.chars().all(|one| one.is_uppercase() || one == '_')
        }));
    }
    for (path, file) in parsed {
        let name = path.strip_prefix(&source).unwrap().to_str().unwrap().to_owned();
        let read = Source::of(&file, constants.clone());
        unread.extend(read.unread.iter().map(|summary| format!("{name}: {summary}")));
        for Message { severity, summary, detail } in read.messages {
            let Some(summary) = summary else {
                for text in detail {
                    if advice.insert(text.clone()) {
                        advised.push(text);
                    }
                }
                continue;
            };
            let group = GROUPS
                .iter()
                .position(|(_, files)| files.iter().any(|file| name.starts_with(file)));
            let group = group.unwrap_or_else(|| panic!("GROUPS does not say where {name} belongs"));
            let messages = groups.entry(group).or_default();
            match messages.iter_mut().find(|(known, ..)| *known == summary) {
                Some((_, of, known)) => {
                    if *of != severity {
                        *of = "Error or warning";
                    }
                    for text in detail {
                        if !known.contains(&text) {
                            known.push(text);
                        }
                    }
                }
                None => messages.push((summary, severity, detail)),
            }
        }
    }
    assert_eq!(unread, [""; 0], "summaries that cannot be read from the code");
    let mut page = format!(
        "{}# {TITLE}\n\nEvery error and warning of the provider by its first line, and what the text \
         below it says. What stands in \\<angle brackets> differs from case to case. Errors about \
         one argument point to its line.\n\n",
        front_matter(
            TITLE,
            "",
            "Every error and warning of the provider, and what to do about it."
        )
    );
    for (group, mut messages) in groups {
        messages.sort();
        write!(page, "## {}\n\n", GROUPS[group].0).unwrap();
        for (summary, severity, detail) in messages {
            write!(page, "### {}\n\n*{severity}.*", escaped(&summary)).unwrap();
            let texts: Vec<String> =
                detail.iter().filter(|text| text.contains(' ')).map(|text| escaped(text)).collect();
            match &texts[..] {
                [] => page += " The text below it says why.\n\n",
                [only] => write!(page, " {only}\n\n").unwrap(),
                several => {
                    let lines: String = several.iter().map(|text| format!("- {text}\n")).collect();
                    write!(page, "\n\n{lines}\n").unwrap();
                }
            }
        }
    }
    page += "## What a failed request advises\n\nAn error \"Cannot create …\", \"Cannot read …\", \
             \"Cannot update …\" or \"Cannot delete …\" says what the service said, with its code \
             and the id of the request, and then one of these:\n\n";
    for text in advised.iter().filter(|text| text.contains(' ')) {
        writeln!(page, "- {}", escaped(text)).unwrap();
    }
    page
}

//! Finds every use of another file, or of another crate, in the files of a crate.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};
use syn::{
    Arm, Attribute, Block, ExprClosure, Field, FieldValue, ImplItem, ImplItemFn, Item, ItemFn,
    ItemMod, ItemUse, Local, Macro, Meta, PatIdent, Stmt, TraitItemFn, Variant, VisRestricted,
    Visibility,
};

use super::modules::{self, Modules, Path, ScopeId, Sources, is_for_tests};
use super::paths::Target;

/// What each file of a crate uses.
#[derive(Default)]
pub(super) struct Uses {
    /// For a file and another one that it uses: the names that it uses, each with the
    /// first line that does.
    pub(super) between: BTreeMap<(String, String), BTreeMap<String, usize>>,
    /// For a file and another crate that it uses: the first line that does.
    pub(super) external: BTreeMap<(String, String), usize>,
    /// Paths that do not resolve.
    pub(super) unknown: BTreeSet<String>,
    /// All files of the crate.
    pub(super) files: BTreeSet<String>,
}

impl Uses {
    /// Reads the crate with these roots, whose `lib.rs` is the crate `library`.
    pub(super) fn of(sources: &Sources, roots: &[&str], library: &str) -> Self {
        let (mut modules, files) = Modules::load(sources, roots, library);
        let mut uses = Self::default();
        uses.files.extend(modules.scopes.iter().map(|scope| scope.file.clone()));
        // The files of tests belong to the crate, but are not read.
        uses.files.extend(sources.keys().filter(|file| modules.is_test(file)).cloned());
        for file in files {
            let variables = BTreeSet::new();
            let mut reader =
                Reader { modules: &mut modules, scope: file.module, variables, uses: &mut uses };
            file.items.iter().for_each(|item| reader.visit_item(item));
        }
        uses
    }
}

struct Reader<'a> {
    modules: &'a mut Modules,
    scope: ScopeId,
    /// The variables of the current function, which hide items of the same name.
    variables: BTreeSet<String>,
    uses: &'a mut Uses,
}

impl Reader<'_> {
    fn file(&self) -> String {
        self.modules.scopes[self.scope].file.clone()
    }

    fn record(&mut self, path: &[String], line: usize) {
        if !matches!(path, [variable] if self.variables.contains(variable)) {
            let targets = self.modules.resolve(self.scope, path);
            targets.into_iter().for_each(|target| self.enter(target, path, line));
        }
    }

    fn enter(&mut self, target: Target, path: &[String], line: usize) {
        let file = self.file();
        match target {
            Target::Item(module, name) => {
                let other = self.modules.scopes[module].file.clone();
                if other != file {
                    let names = self.uses.between.entry((file, other)).or_default();
                    let first = names.entry(name).or_insert(line);
                    *first = line.min(*first);
                }
            }
            // Its members are recorded where they are used.
            Target::Module(_) => {}
            Target::External(name) => {
                let first = self.uses.external.entry((file, name)).or_insert(line);
                *first = line.min(*first);
            }
            Target::Missing => {
                self.uses.unknown.insert(format!("{file}:{line}: {}", path.join("::")));
            }
        }
    }

    /// Calls `inside` with these variables in scope.
    fn with_variables(&mut self, variables: Variables, inside: impl FnOnce(&mut Self)) {
        let before = self.variables.clone();
        self.variables.extend(variables.0);
        inside(self);
        self.variables = before;
    }

    fn within(&mut self, scope: ScopeId, inside: impl FnOnce(&mut Self)) {
        let before = std::mem::replace(&mut self.scope, scope);
        inside(self);
        self.scope = before;
    }

    /// Finds paths in the tokens of a macro call or an attribute.
    fn tokens(&mut self, tokens: TokenStream) {
        let trees: Vec<TokenTree> = tokens.into_iter().collect();
        let is = |at: usize, sign: char| match trees.get(at) {
            Some(TokenTree::Punct(found)) => found.as_char() == sign,
            _ => false,
        };
        let mut at = 0;
        while let Some(tree) = trees.get(at) {
            let is_after = |sign| at > 0 && is(at - 1, sign);
            let is_in_range = is_after('.') && at > 1 && is(at - 2, '.');
            match tree {
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Ident(first) => {
                    // Not a field or method, and of the `$` variables only `$crate`.
                    let is_member = is_after('.') && !is_in_range;
                    let is_path = !is_member && (!is_after('$') || first == "crate");
                    let line = first.span().start().line;
                    let mut path = vec![first.to_string()];
                    while is(at + 1, ':') && is(at + 2, ':') {
                        let Some(TokenTree::Ident(next)) = trees.get(at + 3) else { break };
                        path.push(next.to_string());
                        at += 3;
                    }
                    let is_called = matches!(trees.get(at + 1), Some(TokenTree::Group(_)));
                    if is_path && (path.len() > 1 || is_called || is_capital(&path[0])) {
                        self.record(&path, line);
                    }
                }
                TokenTree::Literal(literal) => {
                    let text = literal.to_string();
                    self.quoted_path(text.trim_matches('"'), literal.span().start().line);
                }
                TokenTree::Punct(_) => {}
            }
            at += 1;
        }
    }

    /// Finds the path in `#[serde(with = "super::seconds")]`, which uses a module whole.
    fn quoted_path(&mut self, text: &str, line: usize) {
        let path: Path = text.split("::").map(str::to_owned).collect();
        if path.len() < 2 || !["crate", "self", "super"].contains(&path[0].as_str()) {
            return;
        }
        for target in self.modules.resolve(self.scope, &path) {
            let target = match target {
                Target::Module(module) => Target::Item(module, path[path.len() - 1].clone()),
                target => target,
            };
            self.enter(target, &path, line);
        }
    }
}

fn is_capital(name: &str) -> bool {
    name.starts_with(char::is_uppercase)
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_for_tests(modules::attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        if let Some((_, items)) = &item.content {
            let module = self.modules.inline(self.scope, &item.ident).expect("it was declared");
            self.within(module, |reader| items.iter().for_each(|item| reader.visit_item(item)));
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let is_exported = !matches!(item.vis, Visibility::Inherited);
        for leaf in modules::leaves(item) {
            if item.leading_colon.is_some() {
                self.enter(Target::External(leaf.path[0].clone()), &leaf.path, leaf.line);
                continue;
            }
            for target in self.modules.resolve(self.scope, &leaf.path) {
                // A module that re-exports what is below it does not use it.
                let is_below = |module| self.modules.is_within(module, self.scope);
                let is_reexport =
                    matches!(&target, Target::Item(module, _) if is_exported && is_below(*module));
                if !is_reexport {
                    self.enter(target, &leaf.path, leaf.line);
                }
            }
        }
    }

    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.with_variables(Variables::of(|all| all.visit_item_fn(item)), |reader| {
            visit::visit_item_fn(reader, item);
        });
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        if !is_for_tests(modules::attributes_in_impl(item)) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.with_variables(Variables::of(|all| all.visit_impl_item_fn(item)), |reader| {
            visit::visit_impl_item_fn(reader, item);
        });
    }

    fn visit_trait_item_fn(&mut self, item: &'ast TraitItemFn) {
        self.with_variables(Variables::of(|all| all.visit_trait_item_fn(item)), |reader| {
            visit::visit_trait_item_fn(reader, item);
        });
    }

    fn visit_expr_closure(&mut self, closure: &'ast ExprClosure) {
        self.with_variables(Variables::of(|all| all.visit_expr_closure(closure)), |reader| {
            visit::visit_expr_closure(reader, closure);
        });
    }

    fn visit_block(&mut self, block: &'ast Block) {
        let items = || {
            block.stmts.iter().filter_map(|statement| match statement {
                Stmt::Item(item) => Some(item),
                _ => None,
            })
        };
        let scope = match items().next() {
            Some(_) => self.modules.block(self.scope, items()),
            None => self.scope,
        };
        self.within(scope, |reader| visit::visit_block(reader, block));
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Path = path.segments.iter().map(|part| part.ident.to_string()).collect();
        if path.leading_colon.is_none() {
            self.record(&names, path.span().start().line);
        } else if let Some(name) = names.first() {
            self.enter(Target::External(name.clone()), &names, path.span().start().line);
        }
        visit::visit_path(self, path);
    }

    fn visit_pat_ident(&mut self, pattern: &'ast PatIdent) {
        // A capital begins a constant or a variant; anything else is a new variable.
        let name = pattern.ident.to_string();
        if is_capital(&name) {
            self.record(&[name], pattern.ident.span().start().line);
        }
        visit::visit_pat_ident(self, pattern);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        self.visit_path(&call.path);
        self.tokens(call.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        match &attribute.meta {
            Meta::List(list) => self.tokens(list.tokens.clone()),
            // Doc comments among them are not code.
            Meta::Path(_) | Meta::NameValue(_) => {}
        }
    }

    fn visit_vis_restricted(&mut self, _: &'ast VisRestricted) {
        // The path in `pub(in crate::client)` is not a use.
    }

    fn visit_field(&mut self, field: &'ast Field) {
        if !is_for_tests(&field.attrs) {
            visit::visit_field(self, field);
        }
    }

    fn visit_field_value(&mut self, field: &'ast FieldValue) {
        if !is_for_tests(&field.attrs) {
            visit::visit_field_value(self, field);
        }
    }

    fn visit_variant(&mut self, variant: &'ast Variant) {
        if !is_for_tests(&variant.attrs) {
            visit::visit_variant(self, variant);
        }
    }

    fn visit_arm(&mut self, arm: &'ast Arm) {
        if !is_for_tests(&arm.attrs) {
            visit::visit_arm(self, arm);
        }
    }

    fn visit_local(&mut self, local: &'ast Local) {
        if !is_for_tests(&local.attrs) {
            visit::visit_local(self, local);
        }
    }
}

/// Collects the variables of a function.
#[derive(Default)]
struct Variables(BTreeSet<String>);

impl Variables {
    fn of(visit: impl FnOnce(&mut Self)) -> Self {
        let mut all = Self::default();
        visit(&mut all);
        all
    }
}

impl<'ast> Visit<'ast> for Variables {
    fn visit_pat_ident(&mut self, pattern: &'ast PatIdent) {
        let name = pattern.ident.to_string();
        if !is_capital(&name) {
            self.0.insert(name);
        }
        visit::visit_pat_ident(self, pattern);
    }
}

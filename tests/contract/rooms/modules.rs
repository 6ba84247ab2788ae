//! The modules of a crate: the file that each is in, and the names that it defines.

use std::collections::BTreeMap;

use proc_macro2::Ident;
use syn::punctuated::Punctuated;
use syn::{
    Attribute, Expr, ExprLit, ImplItem, Item, ItemUse, Lit, Meta, Token, UseName, UseRename,
    UseTree,
};

/// Source files by path, with `/` as the separator.
pub(super) type Sources = BTreeMap<String, String>;
/// The segments of a path in the code, without generic arguments.
pub(super) type Path = Vec<String>;
pub(super) type ScopeId = usize;

/// What a name in a scope refers to.
pub(super) enum Definition {
    Item,
    Module(ScopeId),
    Import(Path),
}

/// A module, or a block of code that contains items.
pub(super) struct Scope {
    pub(super) file: String,
    /// Where an inline module begins: there may be two of the same name, each for a
    /// platform. Zero for all others.
    line: usize,
    /// The parent of a module.
    pub(super) parent: Option<ScopeId>,
    /// The scope that contains a block.
    pub(super) around: Option<ScopeId>,
    /// A name may have several: a type and a function, or one for each platform.
    pub(super) names: BTreeMap<String, Vec<Definition>>,
    pub(super) globs: Vec<Path>,
    /// A macro call defines items that are not in the source.
    pub(super) has_generated_items: bool,
    /// The folder with the files of child modules.
    folder: String,
}

/// The items in the file of a module.
pub(super) struct Parsed {
    pub(super) module: ScopeId,
    pub(super) items: Vec<Item>,
}

/// Every module of a crate, except those for tests.
#[derive(Default)]
pub(super) struct Modules {
    pub(super) scopes: Vec<Scope>,
    /// The name and the root of the library, for the binary in the same package.
    pub(super) library: Option<(String, ScopeId)>,
    /// The paths of modules for tests, without `.rs`.
    pub(super) tests: Vec<String>,
}

impl Modules {
    /// Reads all modules, beginning at these roots. `library` is the crate name of the
    /// root that is a `lib.rs`.
    pub(super) fn load(sources: &Sources, roots: &[&str], library: &str) -> (Self, Vec<Parsed>) {
        let mut modules = Self::default();
        let mut files = Vec::new();
        for root in roots {
            let folder = root.rsplit_once('/').map_or("", |(folder, _)| folder);
            let module = modules.file(sources, &mut files, root, folder, None);
            let module = module.unwrap_or_else(|| panic!("there is no {root}"));
            if root.ends_with("lib.rs") {
                modules.library = Some((library.to_owned(), module));
            }
        }
        (modules, files)
    }

    fn file(
        &mut self,
        sources: &Sources,
        files: &mut Vec<Parsed>,
        path: &str,
        folder: &str,
        parent: Option<ScopeId>,
    ) -> Option<ScopeId> {
        let source = sources.get(path)?;
        let syntax = syn::parse_file(source).unwrap_or_else(|error| panic!("{path}: {error}"));
        let module = self.scope(path, folder, 0);
        self.scopes[module].parent = parent;
        if !is_for_tests(&syntax.attrs) {
            self.declare(module, syntax.items.iter(), &mut |modules, path, folder, parent| {
                modules.file(sources, files, path, folder, Some(parent))
            });
            files.push(Parsed { module, items: syntax.items });
        }
        Some(module)
    }

    fn scope(&mut self, file: &str, folder: &str, line: usize) -> ScopeId {
        self.scopes.push(Scope {
            file: file.to_owned(),
            line,
            parent: None,
            around: None,
            names: BTreeMap::new(),
            globs: Vec::new(),
            has_generated_items: false,
            folder: folder.to_owned(),
        });
        self.scopes.len() - 1
    }

    /// Adds the scope of a block in `around` that contains these items.
    pub(super) fn block<'a>(
        &mut self,
        around: ScopeId,
        items: impl Iterator<Item = &'a Item>,
    ) -> ScopeId {
        let (file, folder) = (self.scopes[around].file.clone(), self.scopes[around].folder.clone());
        let block = self.scope(&file, &folder, 0);
        self.scopes[block].around = Some(around);
        self.declare(block, items, &mut |_, path, _, _| panic!("{file}: module {path} in a block"));
        block
    }

    /// Defines the names of these items. `open` reads the file of a module.
    fn declare<'a>(
        &mut self,
        scope: ScopeId,
        items: impl Iterator<Item = &'a Item>,
        open: &mut dyn FnMut(&mut Self, &str, &str, ScopeId) -> Option<ScopeId>,
    ) {
        for item in items {
            match item {
                item if is_for_tests(attributes(item)) => {
                    if let Item::Mod(inner) = item {
                        let folder = &self.scopes[scope].folder;
                        self.tests.push(join(folder, &inner.ident.to_string()));
                    }
                }
                Item::Mod(inner) => {
                    let name = inner.ident.to_string();
                    let module = match &inner.content {
                        Some((_, items)) => {
                            let file = self.scopes[scope].file.clone();
                            let folder = join(&self.scopes[scope].folder, &name);
                            let module = self.scope(&file, &folder, line(&inner.ident));
                            self.scopes[module].parent = Some(scope);
                            self.declare(module, items.iter(), open);
                            module
                        }
                        None => self.open(scope, &name, &inner.attrs, open),
                    };
                    self.define(scope, name, Definition::Module(module));
                }
                Item::Use(item) => {
                    for leaf in leaves(item) {
                        match leaf.name {
                            Some(name) => self.define(scope, name, Definition::Import(leaf.path)),
                            None if leaf.is_glob => self.scopes[scope].globs.push(leaf.path),
                            None => {}
                        }
                    }
                }
                Item::Macro(item) => match &item.ident {
                    Some(name) => self.define(scope, name.to_string(), Definition::Item),
                    None => self.scopes[scope].has_generated_items = true,
                },
                item => {
                    if let Some(name) = name(item) {
                        self.define(scope, name.to_string(), Definition::Item);
                    }
                }
            }
        }
    }

    fn open(
        &mut self,
        parent: ScopeId,
        name: &str,
        attributes: &[Attribute],
        open: &mut dyn FnMut(&mut Self, &str, &str, ScopeId) -> Option<ScopeId>,
    ) -> ScopeId {
        let Scope { file, folder, line, .. } = &self.scopes[parent];
        // `#[path]` is relative to the file's own folder, but in an inline module to
        // the folder of its child modules.
        let is_inline = *line > 0;
        let beside = if is_inline { folder } else { file.rsplit_once('/').map_or("", |cut| cut.0) };
        let candidates = match path_attribute(attributes) {
            Some(path) => {
                let file = join(beside, &path);
                let folder = file.rsplit_once('/').map_or("", |cut| cut.0).to_owned();
                vec![(file, folder)]
            }
            None => {
                let folder = join(folder, name);
                vec![(format!("{folder}.rs"), folder.clone()), (join(&folder, "mod.rs"), folder)]
            }
        };
        let opened = candidates.iter().find_map(|(file, folder)| open(self, file, folder, parent));
        opened.unwrap_or_else(|| panic!("no file for module {name}: {candidates:?}"))
    }

    fn define(&mut self, scope: ScopeId, name: String, definition: Definition) {
        self.scopes[scope].names.entry(name).or_default().push(definition);
    }

    /// Whether a file belongs to a module for tests.
    pub(super) fn is_test(&self, file: &str) -> bool {
        self.tests.iter().any(|module| {
            file.strip_prefix(module).is_some_and(|rest| rest.starts_with(['.', '/']))
        })
    }

    /// The inline module with exactly this name in `scope`.
    pub(super) fn inline(&self, scope: ScopeId, name: &Ident) -> Option<ScopeId> {
        let definitions = self.scopes[scope].names.get(&name.to_string())?;
        definitions.iter().find_map(|definition| match definition {
            Definition::Module(module) if self.scopes[*module].line == line(name) => Some(*module),
            _ => None,
        })
    }
}

fn join(folder: &str, name: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in name.split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn line(name: &Ident) -> usize {
    name.span().start().line
}

/// One path in the tree of a `use`.
pub(super) struct Leaf {
    pub(super) path: Path,
    /// The name that it defines; none for a glob and for `as _`.
    name: Option<String>,
    pub(super) is_glob: bool,
    pub(super) line: usize,
}

pub(super) fn leaves(item: &ItemUse) -> Vec<Leaf> {
    let mut found = Vec::new();
    branch(&item.tree, &[], &mut found);
    found
}

fn branch(tree: &UseTree, before: &[String], found: &mut Vec<Leaf>) {
    // `use path::{self}` imports the path itself.
    let then = |name: &Ident| match name == "self" && !before.is_empty() {
        true => before.to_vec(),
        false => [before, &[name.to_string()]].concat(),
    };
    match tree {
        UseTree::Path(inner) => branch(&inner.tree, &then(&inner.ident), found),
        UseTree::Group(group) => group.items.iter().for_each(|tree| branch(tree, before, found)),
        UseTree::Glob(glob) => {
            let line = glob.star_token.spans[0].start().line;
            found.push(Leaf { path: before.to_vec(), name: None, is_glob: true, line });
        }
        UseTree::Name(UseName { ident }) => {
            let path = then(ident);
            found.push(Leaf {
                name: path.last().cloned(),
                path,
                is_glob: false,
                line: line(ident),
            });
        }
        UseTree::Rename(UseRename { ident, rename, .. }) => {
            let name = Some(rename.to_string()).filter(|name| name != "_");
            found.push(Leaf { path: then(ident), name, is_glob: false, line: line(ident) });
        }
    }
}

fn path_attribute(attributes: &[Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(path), .. }) => Some(path.value()),
            _ => None,
        },
        _ => None,
    })
}

/// Whether one of these attributes is a `cfg` that holds in tests only.
pub(super) fn is_for_tests(attributes: &[Attribute]) -> bool {
    fn needs_test(meta: &Meta) -> bool {
        let parts = |list: &syn::MetaList| {
            list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
                .unwrap_or_default()
        };
        match meta {
            Meta::Path(path) => path.is_ident("test"),
            Meta::List(list) if list.path.is_ident("all") => parts(list).iter().any(needs_test),
            Meta::List(list) if list.path.is_ident("any") => parts(list).iter().all(needs_test),
            _ => false,
        }
    }
    let mut conditions = attributes.iter().filter(|attribute| attribute.path().is_ident("cfg"));
    conditions.any(|cfg| cfg.parse_args::<Meta>().is_ok_and(|meta| needs_test(&meta)))
}

fn name(item: &Item) -> Option<&Ident> {
    Some(match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    })
}

pub(super) fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

pub(super) fn attributes_in_impl(item: &ImplItem) -> &[Attribute] {
    match item {
        ImplItem::Const(item) => &item.attrs,
        ImplItem::Fn(item) => &item.attrs,
        ImplItem::Type(item) => &item.attrs,
        _ => &[],
    }
}

//! Resolves a path to the module that defines the item, through imports and
//! re-exports.

use super::modules::{Definition, Modules, ScopeId};

/// What a path resolves to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Target {
    /// An item of this name, defined in this module.
    Item(ScopeId, String),
    Module(ScopeId),
    /// Anything in this other crate.
    External(String),
    /// A name that its module does not have.
    Missing,
}

/// Names whose imports are being followed, so that none is followed forever.
type Followed = Vec<(ScopeId, String)>;

impl Modules {
    /// Resolves a path in `scope`. A single name that is not found resolves to nothing:
    /// it may be a variable, or in the prelude.
    pub(super) fn resolve(&self, scope: ScopeId, path: &[String]) -> Vec<Target> {
        self.follow(scope, path, &mut Vec::new())
    }

    /// Whether `module` is `outer` or is below it.
    pub(super) fn is_within(&self, module: ScopeId, outer: ScopeId) -> bool {
        let scope = &self.scopes[module];
        module == outer
            || scope.around.or(scope.parent).is_some_and(|next| self.is_within(next, outer))
    }

    fn follow(&self, scope: ScopeId, path: &[String], followed: &mut Followed) -> Vec<Target> {
        let Some((first, rest)) = path.split_first() else { return Vec::new() };
        let mut targets = match first.as_str() {
            "Self" => return Vec::new(),
            "crate" => vec![Target::Module(self.root(scope))],
            "self" => vec![Target::Module(self.module(scope))],
            "super" => vec![self.above(self.module(scope))],
            name => self.visible(scope, name, followed),
        };
        if targets.is_empty() {
            match &self.library {
                Some((library, root)) if library == first => targets.push(Target::Module(*root)),
                _ if rest.is_empty() => {}
                _ => targets.push(Target::External(first.clone())),
            }
        }
        for name in rest {
            // Only a module has members, so it wins over a function of the same name.
            if targets.iter().any(|target| matches!(target, Target::Module(_))) {
                targets.retain(|target| matches!(target, Target::Module(_)));
            }
            let step = |target| match target {
                Target::Module(module) if name == "super" => vec![self.above(module)],
                Target::Module(module) => self.member(module, name, followed),
                target => vec![target],
            };
            targets = targets.into_iter().flat_map(step).collect();
        }
        targets
    }

    /// Looks a name up in the scope and the blocks around it, up to the module.
    fn visible(&self, scope: ScopeId, name: &str, followed: &mut Followed) -> Vec<Target> {
        let found = self.lookup(scope, name, followed);
        match self.scopes[scope].around {
            Some(around) if found.is_empty() => self.visible(around, name, followed),
            _ => found,
        }
    }

    fn member(&self, module: ScopeId, name: &str, followed: &mut Followed) -> Vec<Target> {
        let found = self.lookup(module, name, followed);
        match found.is_empty() {
            true if self.scopes[module].has_generated_items => {
                vec![Target::Item(module, name.to_owned())]
            }
            true => vec![Target::Missing],
            false => found,
        }
    }

    fn lookup(&self, scope: ScopeId, name: &str, followed: &mut Followed) -> Vec<Target> {
        let here = (scope, name.to_owned());
        let is_followed = followed.contains(&here);
        followed.push(here);
        let definitions = self.scopes[scope].names.get(name).map_or(&[][..], Vec::as_slice);
        let mut found = Vec::new();
        for definition in definitions {
            match definition {
                Definition::Item => found.push(Target::Item(scope, name.to_owned())),
                Definition::Module(module) => found.push(Target::Module(*module)),
                Definition::Import(_) if is_followed => {}
                Definition::Import(path) => found.extend(self.follow(scope, path, followed)),
            }
        }
        if definitions.is_empty() && !is_followed {
            for glob in &self.scopes[scope].globs {
                for target in self.follow(scope, glob, followed) {
                    if let Target::Module(module) = target {
                        found.extend(self.lookup(module, name, followed));
                    }
                }
            }
        }
        followed.pop();
        found
    }

    fn module(&self, scope: ScopeId) -> ScopeId {
        self.scopes[scope].around.map_or(scope, |around| self.module(around))
    }

    fn root(&self, scope: ScopeId) -> ScopeId {
        let module = self.module(scope);
        self.scopes[module].parent.map_or(module, |parent| self.root(parent))
    }

    fn above(&self, module: ScopeId) -> Target {
        self.scopes[module]
            .parent
            .map_or(Target::Missing, |parent| Target::Module(self.module(parent)))
    }
}

//! What expressions use of providers: functions, and attributes of objects.

use std::ops::Range;

use hcl_edit::Span as _;
use hcl_edit::expr::{FuncCall, Traversal, TraversalOperator};
use hcl_edit::visit::{Visit, visit_func_call, visit_traversal};

use super::place::Place;

/// What an expression uses of a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Used {
    /// A function, `provider::LOCAL::NAME`.
    Function { local: String, name: String },
    /// An attribute of a managed object or, with `data.` before the type, of a data source.
    Attribute { type_name: String, name: String, attribute: String },
}

/// A use, and where it is.
#[derive(Clone, Debug)]
pub(super) struct Use {
    /// What is used.
    pub(super) used: Used,
    /// Where it is written.
    pub(super) place: Place,
}

/// Finds what expressions use of providers.
pub(super) struct Uses<'a> {
    /// Where they are put.
    pub(super) found: &'a mut Vec<Use>,
    /// The place of bytes of the text.
    pub(super) place: &'a dyn Fn(Option<Range<usize>>) -> Place,
}

impl Visit for Uses<'_> {
    fn visit_func_call(&mut self, call: &FuncCall) {
        if let [provider, local] = call.name.namespace.as_slice()
            && provider.as_str() == "provider"
        {
            let (local, name) = (local.as_str().to_owned(), call.name.name.as_str().to_owned());
            let place = (self.place)(call.name.name.span());
            self.found.push(Use { used: Used::Function { local, name }, place });
        }
        visit_func_call(self, call);
    }

    fn visit_traversal(&mut self, path: &Traversal) {
        if let Some(first) = path.expr.as_variable() {
            let mut names = vec![first.as_str()];
            let mut last = path.expr.span();
            // Indices and splats may stand between a name and an attribute.
            for operator in &path.operators {
                if let TraversalOperator::GetAttr(name) = operator.value() {
                    names.push(name.as_str());
                    last = operator.span().or(last);
                }
            }
            let is_data = names.first() == Some(&"data");
            if let [type_name, name, attribute, ..] =
                names.get(usize::from(is_data)..).unwrap_or(&[])
            {
                let kind = if is_data { "data." } else { "" };
                self.found.push(Use {
                    used: Used::Attribute {
                        type_name: format!("{kind}{type_name}"),
                        name: (*name).to_owned(),
                        attribute: (*attribute).to_owned(),
                    },
                    place: (self.place)(last),
                });
            }
        }
        visit_traversal(self, path);
    }
}

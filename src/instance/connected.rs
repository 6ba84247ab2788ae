//! Joins a served type with the connection that it calls the service through.

use std::marker::PhantomData;

use super::connection::Connection;
use crate::framework::schema::Schema;

/// What every served type has, whether a resource, data source, list or action.
pub trait Served: Send + Sync + 'static {
    /// The full type name, `ibm_sm_…`.
    const TYPE_NAME: &'static str;

    /// All of its attributes.
    fn schema() -> Schema;
}

/// `T` as the framework serves it; as what, depends on which of the `Instance…`
/// traits `T` implements.
pub struct Connected<T> {
    pub(super) schema: Schema,
    pub(super) connection: Connection,
    served: PhantomData<fn() -> T>,
}

impl<T: Served> Connected<T> {
    /// Joins the type with a connection.
    pub fn to(connection: &Connection) -> Box<Self> {
        let (schema, connection) = (T::schema(), connection.clone());
        Box::new(Connected { schema, connection, served: PhantomData })
    }
}

//! A type of this provider, joined with the connection that it calls through.

use std::marker::PhantomData;

use super::connection::Connection;
use crate::framework::schema::Schema;

/// What every served type has, whatever it is served as.
pub trait Served: Send + Sync + 'static {
    /// The full type name, `ibm_sm_…`.
    const TYPE_NAME: &'static str;

    /// All of its attributes.
    fn schema() -> Schema;
}

/// `T` as the framework serves it. What it is served as depends on which of the `Instance…`
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

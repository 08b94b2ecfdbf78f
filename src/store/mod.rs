//! What is on disk: the journal and the cache, each one file per organization and endpoint.
//!
//! A write can be sent only with a [`Claim`] in hand, and the only way to a claim is
//! [`Journal::claim`](journal::Journal::claim), which writes the intent to the disk first. That is
//! why [`aws`](crate::aws) may name this type: a write that is not in the journal does not compile.

mod file;
mod instance;
pub mod journal;
mod pace;
mod place;
mod private;
mod snapshot;
mod view;

pub use journal::{Claim, Journal, read, running};
pub use pace::Held;
pub use place::{Name, names};
pub use private::{TemporaryFolder, cache_folder, create_folder, keep_file, state_folder};
pub use snapshot::{Cache, Key};
pub use view::GIVEN_UP;

//! The domain: what an organization is made of, and the tree that holds it.
//!
//! Nothing here does I/O, reads a clock or an environment variable, or knows a screen, an async
//! runtime or an SDK. [`Tree`] is fed with [`Observation`]s, which whoever talks to the service
//! produces, and is read by everything else.

mod answer;
mod closure;
mod difference;
mod elsewhere;
mod entries;
mod error;
mod inheritance;
mod journal;
mod look;
mod mention;
mod model;
mod mutation;
mod node;
mod node_record;
mod observation;
mod policy;
mod preflight;
mod query;
mod snapshot;
mod text;
mod track;
mod tree;
mod wanted;
mod watch;

pub use answer::Answer;
pub use closure::{Closure, Figures, Phase, Start, agreed_reading, is_agreed_reading};
pub use difference::{
    Difference, Noticed, What, Whereabouts, differences, differences_in, unsettled,
};
pub use elsewhere::{console_link, describe_command};
pub use entries::{Entries, Entry, Stage};
pub use error::{ErrorKind, OrgError};
pub use inheritance::{
    Allows, Level, Reach, allows, allows_by_itself, has_effect, is_authorization, levels, reach,
};
pub use journal::{Event, Failure, Outcome, Record};
pub use look::{
    DelegatedAdministrator, Document, EffectivePolicy, EnabledService, Finding, Found, Question,
    Target, TargetPage, ValidationError,
};
pub use mention::{Mention, mentions};
pub use model::{
    Account, AccountState, Caller, Identity, JoinedMethod, Organization, OrganizationalUnit, Root,
};
pub use mutation::{Change, Mutation};
pub use node::{Counts, Node, NodeData, NodeIx, NodeKind};
pub use node_record::NodeRecord;
pub use observation::{Listing, Observation, Progress, WalkEvent, WalkScope, WalkSummary};
pub use policy::{
    Attached, IN_MANAGEMENT_ACCOUNT, Policy, PolicyChange, denies_everything, one_or_many,
    policy_changes,
};
pub use preflight::{
    AccountFacts, Fact, ProtectRules, Refusal, Tag, closure_quota, refusals_to_close,
    refusals_to_leave, refusals_to_remove, refuses_close, refuses_remove,
};
pub use query::{
    Facts, Place, Places, Query, QueryError, SavedQueries, Tags, Texts, Verdict, Word,
};
pub use snapshot::{Hierarchy, Looked, MOST_LEVELS, Placed, Snapshot};
pub use text::{shown_endpoint, visible, without_steering};
pub use tree::Tree;
pub use wanted::Wanted;
pub(crate) use wanted::{accounts_in_address, digits_in, id_in_arn, ids_in};
pub use watch::{Ended, Watch};

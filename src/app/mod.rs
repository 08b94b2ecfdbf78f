//! All state, and the whole logic of the program: [`update`] takes what happened and says what to
//! do. No I/O, no clock, no screen: [`Msg`](crate::msg::Msg) brings the time, the size of the
//! screen and the answers of the service; [`Effect`] is what shall happen outside.

pub mod activity_pane;
pub mod changes_pane;
pub mod closures_pane;
mod compare;
pub mod details;
pub mod dialog;
mod dialog_text;
mod dialog_view;
mod facts;
pub mod filter;
pub mod findings;
mod follow;
mod footer;
pub mod journal;
pub mod json;
mod jumps;
mod kept;
pub mod member;

mod access;
mod closing;
#[cfg(test)]
mod closing_tests;
pub mod list;
mod load;
pub mod marks;
pub mod moving;
mod news;
pub mod obstacle;
mod opening;
pub mod outline;
pub mod overlay;
mod overlay_keys;
mod perform;
pub mod picker;
mod policies;
pub mod quitting;
mod reach;
mod removing;
pub mod report;
pub mod results;
mod resuming;
pub mod search;
pub mod sheet;
mod subject;
pub mod tabs;
#[cfg(test)]
mod tests;
mod time;
mod unchecked;
pub mod units;
mod update;
#[cfg(test)]
mod view_tests;
pub mod viewer;
mod views;
mod watching;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use crokey::KeyCombination;
use jiff::Timestamp;

pub use access::ReadOnly;
pub use footer::{footer, hint};
pub use journal::open_changes;
pub use load::Load;
pub use news::lists_nothing;
pub use opening::open_on;
pub use perform::{available, available_actions, has_problems};
pub use quitting::going_on;
pub use resuming::resumable;
pub use time::ago;
pub use update::update;
pub use watching::alert;

use crate::config::{Config, DecidedBy};
use crate::confirm::Order;
use crate::effect::Effect;
use crate::msg::Areas;
use crate::org::{
    Answer, Caller, Entries, NodeIx, OrgError, Organization, Policy, Snapshot, Tree, Watch,
};
use activity_pane::ActivityPane;
use closures_pane::ClosuresPane;
use outline::Outline;
use overlay::Overlay;

/// What the program was started with, and what the header says of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about how the program was started"
)]
pub struct Session {
    /// The profile in use, if one was named.
    pub profile: Option<String>,
    /// The region that requests are signed for.
    pub region: String,
    /// The endpoint, where it is not the service's own.
    pub endpoint: Option<String>,
    /// Whether this is the built-in demo organization.
    pub demo: bool,
    /// Whether there is a browser that can be told to open a page; never over SSH.
    pub browser: bool,
    /// Whether only what was read the last time is used, and nothing is asked.
    pub offline: bool,
    /// Whether changes were allowed at the start; without it everything is read-only.
    pub write: bool,
    /// What decided that.
    pub decided_by: DecidedBy,
}

/// What is known of the organization and of us.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Known {
    /// The organization, once `DescribeOrganization` has answered.
    pub organization: Option<Organization>,
    /// Who is asking, once STS has answered.
    pub caller: Option<Caller>,
    /// Why the organization could not be described.
    pub error: Option<OrgError>,
}

/// Which pane has the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Focus {
    #[default]
    Tree,
    Details,
}

/// What fills the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the names say it")]
pub enum View {
    #[default]
    Explorer,
    Closures,
    Activity,
}

/// Whether the program is to end while something goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Leaving {
    #[default]
    No,
    /// It was to end, and something was being changed: the user is asked.
    WhileChanging,
    /// The user was asked, and wants it.
    Anyway,
}

/// One line for the user, until the next key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Whether something went wrong.
    pub is_problem: bool,
    /// The sentence, already made harmless for a terminal.
    pub text: String,
}

/// All state.
#[derive(Debug)]
pub struct App {
    /// What the program was started with.
    pub session: Session,
    /// Who we are and where.
    pub known: Known,
    /// The organization.
    pub tree: Tree,
    /// How loading it goes.
    pub load: Load,
    /// The tree pane.
    pub outline: Outline,
    /// How far the details are scrolled, in lines.
    pub details_scroll: u16,
    /// Which pane has the keys.
    pub focus: Focus,
    /// What lies on top, the topmost last.
    pub overlays: Vec<Overlay>,
    /// The last thing to say.
    pub notice: Option<Notice>,
    /// Where the panes are on screen.
    pub areas: Areas,
    /// What time it is.
    pub now: Timestamp,
    /// How long the program has been running, by a clock that nobody can set.
    pub elapsed: Duration,
    /// Whether the screen must be drawn again; whoever draws clears it.
    pub dirty: bool,
    /// The service refused the credentials: reading again needs new ones.
    pub credentials_refused: bool,
    /// What is configured.
    pub config: Config,
    /// What fills the screen.
    pub view: View,
    /// Everything that the journal holds.
    pub journal: Entries,
    /// Which instance of the program we are; `None` while the journal is not open.
    pub instance: Option<String>,
    /// The instances that are running now, we included.
    pub running: BTreeSet<String>,
    /// Why the journal cannot be used: nothing can be changed then.
    pub journal_error: Option<OrgError>,
    /// What is attached directly to a node, by its id and the policy type.
    pub policies: HashMap<(String, String), Answer<Vec<Policy>>>,
    /// What was read because somebody looked at it.
    pub findings: findings::Findings,
    /// The tabs of the details.
    pub tabs: tabs::Tabs,
    /// What is to be compared with the next one, by its id.
    compare_with: Option<String>,
    /// The closures view.
    pub closures: ClosuresPane,
    /// The activity view.
    pub activity: ActivityPane,
    /// What is known of closures.
    pub watch: Watch,
    told_under_way: Option<usize>,
    waits_seen: watching::Waits,
    /// The entries of earlier runs without an answer of which it was found out here what is true,
    /// until that is seen.
    found_later: Vec<String>,
    /// Grows with every change of the journal.
    journal_revision: u64,
    journal_asked: Option<journal::Asked>,
    /// The accounts that are marked for a change.
    pub marks: marks::Marks,
    /// What the filter finds, as a list.
    pub results: results::Results,
    jumps: jumps::Jumps,
    /// Where the cursor was when the filter line was opened.
    filtering_from: Option<NodeIx>,
    opening: Option<opening::Opening>,
    dialogs: u64,
    /// The key that has confirmed, while it may still be held, and when it came last.
    answered: Option<(KeyCombination, Duration)>,
    reports: report::Reports,
    /// Orders that were confirmed and that the journal has not shown yet.
    orders_out: Vec<Order>,
    expected_unit: Option<units::Expected>,
    /// The OUs that were made here and are known to have been empty then.
    made_empty: BTreeSet<String>,
    leaving: Leaving,
    restart_asked: bool,
    wanted: Vec<String>,
    details_of: Option<NodeIx>,
    /// What the details say in the frame that is drawn next; `None` once something has happened.
    details_page: Option<Arc<details::Page>>,
    kept: kept::Kept,
    follow: follow::Follow,
}

impl App {
    /// The state at the start, and what to do first.
    #[must_use]
    pub fn start(session: Session, now: Timestamp) -> (Self, Vec<Effect>) {
        Self::open(session, None, now)
    }

    /// The same, showing what was kept of an organization, until it is known to be another one.
    #[must_use]
    pub fn open(
        session: Session,
        kept: Option<Arc<Snapshot>>,
        now: Timestamp,
    ) -> (Self, Vec<Effect>) {
        let mut app = Self::empty(session, now);
        if let Some(kept) = kept {
            kept::show(&mut app, kept);
        }
        let effects = if app.session.offline {
            Vec::new()
        } else {
            perform::reload_all(&mut app)
        };
        (app, effects)
    }

    /// Of what nothing is known yet.
    fn empty(session: Session, now: Timestamp) -> Self {
        Self {
            session,
            known: Known::default(),
            tree: Tree::new(),
            load: Load::default(),
            outline: Outline::default(),
            details_scroll: 0,
            focus: Focus::default(),
            overlays: Vec::new(),
            notice: None,
            areas: Areas::default(),
            now,
            elapsed: Duration::ZERO,
            dirty: true,
            credentials_refused: false,
            config: Config::default(),
            view: View::default(),
            journal: Entries::default(),
            instance: None,
            running: BTreeSet::new(),
            journal_error: None,
            policies: HashMap::new(),
            findings: findings::Findings::default(),
            tabs: tabs::Tabs::default(),
            compare_with: None,
            closures: ClosuresPane::default(),
            activity: ActivityPane::default(),
            watch: Watch::default(),
            told_under_way: None,
            waits_seen: watching::Waits::default(),
            found_later: Vec::new(),
            journal_revision: 0,
            journal_asked: None,
            marks: marks::Marks::default(),
            results: results::Results::default(),
            jumps: jumps::Jumps::default(),
            filtering_from: None,
            opening: None,
            dialogs: 0,
            answered: None,
            reports: report::Reports::default(),
            orders_out: Vec::new(),
            expected_unit: None,
            made_empty: BTreeSet::new(),
            leaving: Leaving::default(),
            restart_asked: false,
            wanted: Vec::new(),
            details_of: None,
            details_page: None,
            kept: kept::Kept::default(),
            follow: follow::Follow::default(),
        }
    }

    /// Whether changes are possible: nothing forbids them, and we are in the management account of
    /// an organization that is known.
    #[must_use]
    pub fn is_writable(&self) -> bool {
        self.read_only_because().is_none()
    }

    /// Whether the user was asked what ending the program now would leave behind, and wants it.
    #[must_use]
    pub fn leaves_anyway(&self) -> bool {
        self.leaving == Leaving::Anyway
    }

    /// The id of the management account, once it is known.
    #[must_use]
    pub fn management_account(&self) -> Option<&str> {
        let organization = self.known.organization.as_ref();
        organization.and_then(|org| org.management_account_id.as_deref())
    }

    /// When something is due next without anybody doing anything: the screen changes, apart from
    /// most ages on it, or something is to be read. Whoever runs the program sends the time then.
    #[must_use]
    pub fn next_change(&self) -> Option<Timestamp> {
        let due = [
            self.screen_change(),
            watching::next_change(self),
            kept::next_keeping(self),
        ];
        due.into_iter().flatten().min()
    }

    fn screen_change(&self) -> Option<Timestamp> {
        let due = [
            dialog::armed_at(self),
            report::next_change(self),
            kept::next_change(self),
            tabs::next_change(self),
        ];
        due.into_iter().flatten().min()
    }

    pub(crate) fn say(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice {
            is_problem: false,
            text: crate::org::visible(&text.into()).into_owned(),
        });
    }

    pub(crate) fn warn(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice {
            is_problem: true,
            text: crate::org::visible(&text.into()).into_owned(),
        });
    }
}

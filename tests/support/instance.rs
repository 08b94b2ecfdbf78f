//! The program without its screen: a worker with its journal, and what it tells.

use std::path::Path;
use std::time::Duration;

use orgscope::aws::Connection;
use orgscope::config::Config;
use orgscope::effect::Effect;
use orgscope::msg::{JournalNews, Msg};
use orgscope::org::{Entries, Entry, Observation, Record};
use orgscope::worker::{Applied, Worker, apply};
use tokio::sync::mpsc;

use super::consent::consent_to_resume;

/// Nothing takes nearly as long, whatever else the machine does.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);

/// A running program without its screen.
pub(crate) struct Instance {
    pub(crate) worker: Worker,
    news: mpsc::Receiver<Msg>,
    opened: bool,
    pub(crate) journal: Entries,
    pub(crate) records: Vec<Record>,
    /// What was told to be true of the organization.
    pub(crate) observed: Vec<Observation>,
}

impl Instance {
    pub(crate) async fn open(url: &str, organization: &str, folder: &Path, config: Config) -> Self {
        let (messages, news) = mpsc::channel(64);
        let connection = Connection::to_simulator(url);
        let mut worker = Worker::new(connection, messages, config, Some(folder.to_owned()));
        worker.run(Effect::OpenJournal {
            organization: organization.to_owned(),
            caller: None,
        });
        let mut instance = Self {
            worker,
            news,
            journal: Entries::default(),
            records: Vec::new(),
            observed: Vec::new(),
            opened: false,
        };
        while !instance.opened {
            instance.take_news().await;
        }
        instance
    }

    /// Takes news until this holds of the journal.
    pub(crate) async fn until(&mut self, holds: impl Fn(&Entries) -> bool) {
        let waiting = async {
            while !holds(&self.journal) {
                self.take_news().await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, waiting).await;
        assert!(waited.is_ok(), "{:#?}", self.records);
    }

    async fn take_news(&mut self) {
        let msg = tokio::select! {
            msg = self.news.recv() => msg.expect("the worker is there"),
            error = self.worker.failure() => panic!("{error}"),
        };
        let records = match msg {
            Msg::Journal(JournalNews::Opened { records, .. }) => {
                self.journal = Entries::default();
                self.records.clear();
                self.opened = true;
                records
            }
            Msg::Journal(JournalNews::Grown { records, .. }) => records,
            Msg::Journal(news) => panic!("{news:?}"),
            Msg::Observed(observed) => {
                self.observed.extend(observed);
                return;
            }
            _ => return,
        };
        for record in &records {
            self.journal.apply(record);
        }
        self.records.extend(records);
    }

    pub(crate) fn only(&self) -> &Entry {
        let mut entries = self.journal.iter();
        let entry = entries.next().expect("nothing is lost");
        assert!(entries.next().is_none(), "{:#?}", self.records);
        entry
    }

    /// The instance that has everything that still was to be sent.
    pub(crate) fn only_owner(&self) -> String {
        let last = self.journal.iter().next_back().expect("nothing is lost");
        last.owner.clone()
    }

    /// Goes on with everything that can be resumed, and waits until what is sent at once has ended.
    pub(crate) async fn resume(&mut self) -> Vec<Applied> {
        let ids = self.journal.iter().map(|entry| entry.id.clone()).collect();
        let applied = apply(self.worker.desk(), consent_to_resume(ids)).await;
        applied.expect("written")
    }
}

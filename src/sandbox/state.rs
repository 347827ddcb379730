use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;
use tokio::sync::watch;
use tokio::time::Instant;

use super::DebugShape;
use super::access::Access;
use super::answer::{self, RefusedRequest};
use super::fault::{Dice, Fault};
use super::forward::{Forward, Forwarding};
use super::gate::Gate;
use super::intake::{AcceptedEvent, Account, Arrival, Client};
use super::journal::{Exchange, Journal, Told};
use super::rewrite::{Rewrite, rewrite};
use super::store::Store;
use super::traffic::ScheduledCall;
use crate::event::signature::Signing;

/// State shared by the handlers of one collector and its owner.
pub(super) struct Shared {
    store: Mutex<Store>,
    journal: Journal,
    forward: Option<Forward>,
    gate: Gate,
    settings: RwLock<AnswerSettings>,
    accept_keys: Vec<SecretString>,
    rewrites: Vec<Rewrite>,
    signing: Signing,
    account: Arc<Account>,
    access: Access,
    time_limit: Duration,
    dice: Dice,
    polls: AtomicU64,
    stop: watch::Sender<bool>,
}

/// Settings that can change while the collector runs.
struct AnswerSettings {
    faults: Arc<[Fault]>,
    debug_shape: DebugShape,
}

impl Shared {
    pub(super) fn new(
        account: Account,
        access: Access,
        time_limit: Duration,
        accept_keys: Vec<SecretString>,
        rewrites: Vec<Rewrite>,
        faults: Vec<Fault>,
        debug_shape: DebugShape,
    ) -> Self {
        Self {
            store: Mutex::default(),
            journal: Journal::default(),
            forward: None,
            gate: Gate::default(),
            settings: RwLock::new(AnswerSettings { faults: faults.into(), debug_shape }),
            accept_keys,
            rewrites,
            signing: Signing::default(),
            dice: Dice::new(account.seed),
            account: Arc::new(account),
            access,
            time_limit,
            polls: AtomicU64::new(0),
            stop: watch::Sender::new(false),
        }
    }

    /// The same, ignoring events that are not signed as this demands.
    pub(super) fn verifying(self, signing: Signing) -> Self {
        Self { signing, ..self }
    }

    /// The same, passing on what it is sent.
    pub(super) fn passing_on(self, forwarding: Option<Forwarding>) -> Self {
        Self { forward: forwarding.map(Forward::new), ..self }
    }

    /// The passing on, where there is any.
    pub(super) fn forward(&self) -> Option<&Forward> {
        self.forward.as_ref()
    }

    /// What lets go on what waits.
    pub(super) fn gate(&self) -> &Gate {
        &self.gate
    }

    /// The store, for as short as possible: no text is written while it is held.
    pub(super) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was sent, request by request.
    pub(super) fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Takes events in, but for those that cannot be verified, which are counted only.
    pub(super) fn take_in(
        &self,
        drafts: impl IntoIterator<Item = AcceptedEvent>,
        origin: &Client,
        at: Timestamp,
    ) -> Vec<Arc<Arrival>> {
        let rewritten = |draft| if self.rewrites.is_empty() { draft } else { rewrite(&self.rewrites, draft) };
        let drafts: Vec<_> =
            drafts.into_iter().map(rewritten).map(|draft| draft.identified_by(&self.account.identifiers)).collect();
        let is_verified = |draft: &AcceptedEvent| self.signing.accepts(draft.text());
        let (drafts, ignored): (Vec<_>, Vec<_>) =
            if self.signing.is_unknown() { (drafts, Vec::new()) } else { drafts.into_iter().partition(is_verified) };
        let mut store = self.store();
        for _ in ignored {
            store.ignore(at);
        }
        drafts.into_iter().map(|draft| store.insert(draft, origin.clone(), at)).collect()
    }

    /// Takes a call that came over no connection, and writes it down with its answer.
    pub(super) async fn take_call(&self, call: &ScheduledCall) {
        let began = Instant::now();
        let exchange = match call.read() {
            Ok(drafts) => {
                let taken = self.take_in(drafts, &call.origin, Timestamp::now());
                call.exchange(began, 200, Told { taken, ..Told::default() })
            }
            Err(rejection) => {
                let mut refused = RefusedRequest::from(rejection).answer();
                let told = refused.extensions_mut().remove().unwrap_or_default();
                let (refused, answer) = answer::peek(refused).await;
                Exchange { answer, ..call.exchange(began, refused.status().as_u16(), told) }
            }
        };
        self.journal.push(exchange);
    }

    pub(super) fn account(&self) -> &Arc<Account> {
        &self.account
    }

    pub(super) fn access(&self) -> &Access {
        &self.access
    }

    /// How long a client may take for a head, for a body, and before it takes more of an answer.
    pub(super) fn time_limit(&self) -> Duration {
        self.time_limit
    }

    pub(super) fn accept_keys(&self) -> &[SecretString] {
        &self.accept_keys
    }

    pub(super) fn dice(&self) -> &Dice {
        &self.dice
    }

    pub(super) fn faults(&self) -> Arc<[Fault]> {
        Arc::clone(&self.settings.read().unwrap_or_else(PoisonError::into_inner).faults)
    }

    pub(super) fn set_faults(&self, faults: Vec<Fault>) {
        self.settings.write().unwrap_or_else(PoisonError::into_inner).faults = faults.into();
    }

    pub(super) fn debug_shape(&self) -> DebugShape {
        self.settings.read().unwrap_or_else(PoisonError::into_inner).debug_shape
    }

    #[cfg(test)]
    pub(super) fn set_debug_shape(&self, debug_shape: DebugShape) {
        self.settings.write().unwrap_or_else(PoisonError::into_inner).debug_shape = debug_shape;
    }

    pub(super) fn count_poll(&self) {
        self.polls.fetch_add(1, Ordering::Relaxed);
    }

    #[cfg(test)]
    pub(super) fn polls(&self) -> u64 {
        self.polls.load(Ordering::Relaxed)
    }

    /// Tells everything of the collector to end.
    pub(super) fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Waits until the collector is told to end.
    pub(super) async fn stopped(&self) {
        // The sender lives as long as this, so waiting cannot fail.
        let _ = self.stop.subscribe().wait_for(|stopped| *stopped).await;
    }
}

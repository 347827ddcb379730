use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Extension, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use axum::http::{Method, Response};
use axum::middleware::{self, Next};
use axum::routing::{delete, get, post};
use jiff::Timestamp;
use secrecy::ExposeSecret;
use url::form_urlencoded;

use crate::blueshift::{auth, limits};
use crate::session::Moment;

use super::answer::{CONFIRMATION, RefusedRequest};
use super::body::text;
use super::connection::{BodyTrouble, Peer};
use super::cors::{preflight, readable_by_any_page};
use super::fault::{self, FaultKind, Lie, RolledFaults, Scope};
use super::forward::Forbidden;
use super::intake::{self, Client};
use super::journal::{Reading, Told, Why};
use super::shape::EventsAnswer;
use super::state::Shared;
use super::summary::Period;
use super::{answer, paths, pixel, summary};

/// How long an answer waits for something to tell of.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// The most bytes of a `User-Agent` header that are kept.
const MAX_USER_AGENT_BYTES: usize = 512;

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
type Outcome = Result<Response<Body>, RefusedRequest>;

/// Events may be sent from anywhere, as on the platform; showing and forgetting them is for those who belong here.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    let intake = Router::new()
        .route(paths::EVENT, post(post_event).options(preflight))
        .route(paths::BULK, post(post_bulk).options(preflight))
        .route(paths::PIXEL, get(get_pixel).head(async || answer::pixel()).options(preflight))
        .route(paths::SHOP, get(async || answer::shop()))
        .route(paths::SCRIPT, get(async || answer::script()).options(preflight))
        .fallback(async |request: Request| {
            if request.method() == Method::OPTIONS {
                preflight(request.headers().clone()).await
            } else {
                RefusedRequest::NoSuchPath(request.uri().path().to_owned()).answer()
            }
        })
        .method_not_allowed_fallback(async || RefusedRequest::WrongMethod.answer())
        .layer(middleware::from_fn(readable_by_any_page));
    let watch = Router::new()
        .route(paths::DEBUG, get(get_debug))
        .route(paths::HISTORY, get(get_history))
        .route(paths::SUMMARY, post(post_summary))
        .route(paths::FORGET, delete(delete_events))
        .route(paths::RECORDS, get(get_records))
        .route(paths::FORWARD, post(post_forward))
        .method_not_allowed_fallback(async || RefusedRequest::WrongMethod.answer())
        .route_layer(middleware::from_fn_with_state(Arc::clone(&shared), guard));
    intake.merge(watch).with_state(shared)
}

/// Keeps pages of other origins from what is for watchers.
async fn guard(
    State(shared): State<Arc<Shared>>,
    Extension(peer): Extension<Peer>,
    request: Request,
    next: Next,
) -> Response<Body> {
    let allowed = shared.access().check(request.version(), request.uri(), request.headers(), peer.local);
    let mut answer = match allowed {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.answer(),
    };
    // A page that names it as a script or a picture gets nothing, also of a browser that does not say where it is.
    answer.headers_mut().insert(RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
    answer
}

async fn post_event(
    State(shared): State<Arc<Shared>>,
    Extension(peer): Extension<Peer>,
    request: Request,
) -> Response<Body> {
    let (shared, peer) = (&*shared, &peer);
    with_faults(shared, Scope::Send, peer, async move {
        authorize(shared, &request)?;
        let origin = origin(peer, request.headers());
        let body = whole_body(request).await?;
        let draft = intake::read(text(&body)?)?;
        let taken = shared.take_in([draft], &origin, Timestamp::now());
        Ok(answer::told(answer::event_ok(), Told { taken, ..Told::default() }))
    })
    .await
}

async fn post_bulk(
    State(shared): State<Arc<Shared>>,
    Extension(peer): Extension<Peer>,
    request: Request,
) -> Response<Body> {
    let (shared, peer) = (&*shared, &peer);
    with_faults(shared, Scope::Send, peer, async move {
        authorize(shared, &request)?;
        let origin = origin(peer, request.headers());
        let body = whole_body(request).await?;
        let drafts = intake::read_bulk(text(&body)?)?;
        let count = drafts.len();
        let taken = shared.take_in(drafts, &origin, Timestamp::now());
        Ok(answer::told(answer::bulk_ok(count), Told { taken, ..Told::default() }))
    })
    .await
}

async fn get_pixel(
    State(shared): State<Arc<Shared>>,
    Extension(peer): Extension<Peer>,
    request: Request,
) -> Response<Body> {
    let (shared, peer) = (&*shared, &peer);
    with_faults(shared, Scope::Send, peer, async move {
        authorize(shared, &request)?;
        let event = pixel::event(request.uri().query().unwrap_or_default());
        let draft = intake::read(&event)?;
        let taken = shared.take_in([draft], &origin(peer, request.headers()), Timestamp::now());
        Ok(answer::told(answer::pixel(), Told { taken, ..Told::default() }))
    })
    .await
}

async fn get_debug(
    State(shared): State<Arc<Shared>>,
    Extension(peer): Extension<Peer>,
    request: Request,
) -> Response<Body> {
    shared.count_poll();
    let (shared, peer) = (&*shared, &peer);
    with_faults(shared, Scope::Watch, peer, async move {
        authorize(shared, &request)?;
        let shape = shared.debug_shape();
        let answer = shape.take(&shared.store());
        Ok(events(shared, answer))
    })
    .await
}

async fn get_history(
    State(shared): State<Arc<Shared>>,
    Extension(peer): Extension<Peer>,
    request: Request,
) -> Response<Body> {
    let (shared, peer) = (&*shared, &peer);
    let faults = fault::roll(&shared.faults(), Scope::History, shared.dice());
    let lies = faults.lies.clone();
    with_rolled(shared, faults, peer, async move {
        authorize(shared, &request)?;
        let query = request.uri().query().unwrap_or_default();
        let (mut name, mut limit) = (None, limits::MAX_HISTORY_EVENTS);
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*key {
                // A client in the wild says `event`. (code)
                "event_name" | "event" => name = Some(value),
                "limit" => match value.parse() {
                    Ok(asked @ 1..) => limit = limits::MAX_HISTORY_EVENTS.min(asked),
                    _ => return Err(RefusedRequest::Field("limit", "is not a number from 1 to 50".into())),
                },
                _ => {}
            }
        }
        let name = name
            .filter(|name| !name.is_empty())
            .ok_or_else(|| RefusedRequest::Field("event_name", "can't be blank".into()))?;
        let mut listed = shared.store().history(&name, limit);
        if lies.contains(&Lie::Others) {
            listed.extend(
                shared.store().view(1).into_iter().filter(|view| *view.name != *name).flat_map(|view| view.events),
            );
        }
        if lies.contains(&Lie::Unordered) {
            listed.reverse();
        }
        let answer = EventsAnswer::history(&name, listed, lies.contains(&Lie::NoUuid));
        Ok(events(shared, answer))
    })
    .await
}

async fn post_summary(
    State(shared): State<Arc<Shared>>,
    Extension(peer): Extension<Peer>,
    request: Request,
) -> Response<Body> {
    let (shared, peer) = (&*shared, &peer);
    with_faults(shared, Scope::Watch, peer, async move {
        authorize(shared, &request)?;
        let query = request.uri().query().unwrap_or_default().to_owned();
        let body = whole_body(request).await?;
        let span = Period::read(&query, text(&body)?, Timestamp::now())
            .map_err(|(field, reason)| RefusedRequest::Field(field, reason))?;
        let days = span.days();
        let counts = shared.store().counts(&days);
        Ok(answer::ok(summary::write(days, &counts)))
    })
    .await
}

fn events(shared: &Shared, answer: EventsAnswer) -> Response<Body> {
    let (length, body) = answer.into_body(shared.account());
    answer::numbered(answer::sized(answer::ok(body), length), shared.journal().count())
}

/// The collector's own: what it was sent after the request of a number, as records, a line each. Where there is nothing yet,
/// it waits for a while. Without a key, as with forgetting; no page of another origin comes here.
async fn get_records(State(shared): State<Arc<Shared>>, request: Request) -> Response<Body> {
    if let Err(refusal) = authorize_where_keys_are_listed(&shared, &request) {
        return refusal.answer();
    }
    let mut after = 0;
    for (key, value) in form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes()) {
        match (&*key, value.parse()) {
            ("after", Ok(number)) => after = number,
            ("after", Err(_)) => {
                let reason = "is not the number of a request, or 0 for all that is held".into();
                return RefusedRequest::Field("after", reason).answer();
            }
            _ => {}
        }
    }
    // Whoever asks for what comes after a request that there was not asks one that was started anew.
    let after = if after > shared.journal().count() { 0 } else { after };
    let mut reading = Reading::after(after);
    tokio::select! {
        () = reading.wait(shared.journal()) => {}
        () = tokio::time::sleep(LONGEST_WAIT) => {}
        () = shared.stopped() => {}
    }
    let now = Moment { elapsed: Duration::ZERO, wall: Timestamp::now() };
    let records = reading.next(shared.journal(), shared.account(), now);
    let mut lines = String::new();
    for record in &records {
        lines.push_str(&record.tape_line());
        lines.push('\n');
    }
    answer::lines(lines, reading.number())
}

/// The collector's own: forgets every event. Without a key where any is taken, since whoever reaches it may fill it as well;
/// but no page does it behind its reader's back.
async fn delete_events(State(shared): State<Arc<Shared>>, request: Request) -> Response<Body> {
    if let Err(refusal) = authorize_where_keys_are_listed(&shared, &request) {
        return refusal.answer();
    }
    if !request.headers().contains_key(CONFIRMATION) {
        return RefusedRequest::Unconfirmed.answer();
    }
    shared.store().clear();
    shared.journal().forget();
    answer::event_ok()
}

/// The collector's own: passes on once more what could not be passed on. As with forgetting, no page does it.
async fn post_forward(
    State(shared): State<Arc<Shared>>,
    Extension(peer): Extension<Peer>,
    request: Request,
) -> Response<Body> {
    if let Err(refusal) = authorize_where_keys_are_listed(&shared, &request) {
        return refusal.answer();
    }
    if !request.headers().contains_key(CONFIRMATION) {
        return RefusedRequest::Unconfirmed.answer();
    }
    if shared.forward().is_none() {
        return RefusedRequest::NoSuchPath(paths::FORWARD.to_owned()).answer();
    }
    // It goes on to its end also when whoever asked is gone: nothing is lost on the way.
    let task = tokio::spawn(async move {
        let Some(forward) = shared.forward() else { return (0, 0) };
        forward.again(shared.journal(), shared.gate(), peer.addr.ip().to_canonical()).await
    });
    let (passed, failed) = task.await.unwrap_or_default();
    answer::passed_on(passed, failed)
}

/// Answers through the faults that strike.
async fn with_faults(
    shared: &Shared,
    scope: Scope,
    peer: &Peer,
    work: impl Future<Output = Outcome>,
) -> Response<Body> {
    let faults = shared.faults();
    let verdict = if faults.is_empty() { RolledFaults::default() } else { fault::roll(&faults, scope, shared.dice()) };
    with_rolled(shared, verdict, peer, work).await
}

/// Answers through the faults that struck.
async fn with_rolled(
    shared: &Shared,
    verdict: RolledFaults,
    peer: &Peer,
    work: impl Future<Output = Outcome>,
) -> Response<Body> {
    let work = async { work.await.unwrap_or_else(|refusal| refusal.answer()) };
    if !verdict.delay.is_zero() {
        // A collector that ends does not keep anyone waiting.
        tokio::select! {
            () = tokio::time::sleep(verdict.delay) => {}
            () = shared.stopped() => {}
        }
    }
    let Some(fault) = verdict.fault else { return work.await };
    let why = || Some(Why { reason: format!("the fault that was asked for: {fault}"), ..Why::default() });
    if let Some(answer) = answer::instead(&fault, verdict.retry_after) {
        return answer::told(answer, Told { refused: why(), stays: true, ..Told::default() });
    }
    let (mut parts, body) = work.await.into_parts();
    if fault == FaultKind::Reset {
        peer.cut();
    }
    let content_type = parts.headers.get(CONTENT_TYPE).cloned().unwrap_or(HeaderValue::from_static("text/plain"));
    let whole = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let told = parts.extensions.remove::<Told>().unwrap_or_default();
    answer::told(
        answer::spoilt(&fault, parts.status, content_type, whole),
        Told { refused: why(), stays: true, ..told },
    )
}

/// Refuses a request without a key, or with one that is not on the list if there is a list.
fn authorize(shared: &Shared, request: &Request) -> Result<(), RefusedRequest> {
    if let Some(Forbidden(why)) = request.extensions().get() {
        return Err(RefusedRequest::Forbidden(why.clone()));
    }
    let header = request.headers().get(AUTHORIZATION).map(HeaderValue::as_bytes);
    let key = auth::receive(header, request.uri().query())?;
    let accepted = shared.accept_keys();
    if accepted.is_empty() || accepted.iter().any(|accepted| accepted.expose_secret() == key.expose_secret()) {
        Ok(())
    } else {
        Err(RefusedRequest::UnknownKey)
    }
}

/// For what is the collector's own, which asks for a key only where not every key will do.
fn authorize_where_keys_are_listed(shared: &Shared, request: &Request) -> Result<(), RefusedRequest> {
    if shared.accept_keys().is_empty() { Ok(()) } else { authorize(shared, request) }
}

fn origin(peer: &Peer, headers: &HeaderMap) -> Client {
    let user_agent = headers.get(USER_AGENT).map(|value| {
        let bytes = value.as_bytes().get(..MAX_USER_AGENT_BYTES).unwrap_or(value.as_bytes());
        String::from_utf8_lossy(bytes).into()
    });
    Client { ip: Some(peer.addr.ip().to_canonical()), user_agent }
}

/// The whole body, as it was read before the request came here.
async fn whole_body(request: Request) -> Result<Bytes, RefusedRequest> {
    let (mut parts, body) = request.into_parts();
    match parts.extensions.remove::<BodyTrouble>() {
        Some(BodyTrouble(refusal)) => Err(refusal),
        None => Ok(to_bytes(body, usize::MAX).await.unwrap_or_default()),
    }
}

use std::collections::VecDeque;

use http::HeaderName;
use jiff::Timestamp;
use parking_lot::Mutex;

use super::*;
use crate::route::order::tests::provider_with;
use crate::upstream::kept::Identity;
use crate::upstream::source::{Fetched, Fetching, Source};
use crate::upstream::{Credential, Signable};

const SECOND: Duration = Duration::from_secs(1);

/// Answers as a test says, then always as the last time; notes when it was asked.
struct Scripted {
    script: Mutex<VecDeque<Result<Option<Duration>, &'static str>>>,
    asked: Arc<Mutex<Vec<Instant>>>,
}

impl Source for Scripted {
    fn fetch(&self) -> Fetching<'_> {
        let mut asked = self.asked.lock();
        asked.push(Instant::now());
        let mut script = self.script.lock();
        let next = if script.len() > 1 { script.pop_front() } else { script.front().copied() };
        let number = asked.len();
        Box::pin(async move {
            match next.unwrap() {
                Ok(lasts) => Fetched::token(&format!("token-{number}"), lasts),
                Err(error) => Err(FetchError::new(error)),
            }
        })
    }
}

struct World {
    keeper: Keeper,
    providers: Vec<Arc<Provider>>,
    asked: Arc<Mutex<Vec<Instant>>>,
    began: Instant,
}

impl World {
    fn new(script: impl IntoIterator<Item = Result<Option<Duration>, &'static str>>) -> Self {
        let asked = Arc::default();
        let source = Scripted { script: Mutex::new(script.into_iter().collect()), asked: Arc::clone(&asked) };
        let kept = Kept::new("scripted", "p", Identity::of(&["p"]), Box::new(source));
        let providers = vec![provider_with("p", Credential::Kept(Arc::new(kept)))];
        Self { keeper: Keeper::new(TaskTracker::new(), CancellationToken::new()), providers, asked, began: Instant::now() }
    }

    fn kept(&self) -> &Arc<Kept> {
        self.providers[0].credential.kept().unwrap()
    }

    /// What a request is sent with.
    fn sent(&self) -> Option<String> {
        let headers: &[(HeaderName, http::HeaderValue)] = &[];
        let request = Signable { method: "POST", authority: "a", path: "/", headers, body: b"", now: Timestamp::UNIX_EPOCH };
        let sent = self.providers[0].credential.headers(&request).ok()?;
        Some(sent[0].1.to_str().unwrap().to_owned())
    }

    /// When it was asked, in seconds since the beginning.
    fn asked(&self) -> Vec<f64> {
        self.asked.lock().iter().map(|at| at.duration_since(self.began).as_secs_f64()).collect()
    }

    async fn after(&self, seconds: u32) {
        sleep(seconds * SECOND).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_is_fetched_anew_before_it_ends() {
    let world = World::new([Ok(Some(1000 * SECOND))]);
    assert_eq!(world.sent(), None);
    world.keeper.obtain(&world.providers, 10 * SECOND).await;
    assert_eq!(world.sent().as_deref(), Some("Bearer token-1"));
    world.after(740).await;
    assert_eq!(world.sent().as_deref(), Some("Bearer token-1"));
    world.after(70).await;
    assert_eq!(world.sent().as_deref(), Some("Bearer token-2"));
    world.after(9_000).await;
    let apart: Vec<_> = world.asked().windows(2).map(|two| two[1] - two[0]).collect();
    assert!(apart.iter().all(|apart| (749.0..=801.0).contains(apart)), "{apart:?}");
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_fails_leaves_the_old_token_until_its_end_and_then_the_provider_is_out() {
    let world = World::new([Ok(Some(1000 * SECOND)), Err("away")]);
    world.keeper.obtain(&world.providers, 10 * SECOND).await;
    world.after(999).await;
    assert_eq!(world.sent().as_deref(), Some("Bearer token-1"));
    assert_eq!(world.kept().status(Instant::now()).error.as_deref(), Some("away"));
    assert!(world.providers[0].credential.is_ready(Instant::now()));
    world.after(2).await;
    assert_eq!(world.sent(), None);
    assert!(!world.providers[0].credential.is_ready(Instant::now()));
    assert!(!world.kept().status(Instant::now()).valid);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_was_out_is_back_as_soon_as_there_is_a_token() {
    let away = std::iter::repeat_n(Err("away"), 30);
    let world = World::new(away.chain([Ok(Some(1000 * SECOND))]));
    world.keeper.obtain(&world.providers, 10 * SECOND).await;
    assert!(world.began.elapsed() == 10 * SECOND && world.sent().is_none());
    world.after(60 * 30).await;
    assert_eq!(world.sent().as_deref(), Some("Bearer token-31"));
    assert_eq!(world.kept().status(Instant::now()).error, None);
}

#[tokio::test(start_paused = true)]
async fn failures_are_followed_ever_more_slowly_but_never_given_up() {
    let world = World::new([Err("away")]);
    world.keeper.tend(&world.providers);
    world.after(3600).await;
    let asked = world.asked();
    let apart: Vec<_> = asked.windows(2).map(|two| two[1] - two[0]).collect();
    assert!((0.5..=1.0).contains(&apart[0]) && (1.0..=2.0).contains(&apart[1]), "{apart:?}");
    assert!(apart[6..].iter().all(|apart| (30.0..=60.1).contains(apart)), "{apart:?}");
    assert!((60..=130).contains(&asked.len()), "{}", asked.len());
}

#[tokio::test(start_paused = true)]
async fn a_fetch_that_hangs_is_given_up_and_holds_nobody() {
    struct Hanging;
    impl Source for Hanging {
        fn fetch(&self) -> Fetching<'_> {
            Box::pin(std::future::pending())
        }
    }
    let kept = Arc::new(Kept::new("hanging", "p", Identity::of(&[]), Box::new(Hanging)));
    let providers = [provider_with("p", Credential::Kept(Arc::clone(&kept)))];
    let began = Instant::now();
    let keeper = Keeper::new(TaskTracker::new(), CancellationToken::new());
    keeper.obtain(&providers, 10 * SECOND).await;
    assert_eq!(began.elapsed(), 10 * SECOND);
    sleep(21 * SECOND).await;
    assert_eq!(kept.status(Instant::now()).error.as_deref(), Some("no answer within 30 seconds"));
}

#[tokio::test(start_paused = true)]
async fn what_a_provider_refuses_is_fetched_again_at_once_but_not_in_a_storm() {
    let world = World::new([Ok(Some(3600 * SECOND))]);
    world.keeper.obtain(&world.providers, 10 * SECOND).await;
    for _ in 0..100 {
        world.kept().doubt(Instant::now());
        world.after(1).await;
    }
    assert_eq!(world.asked().len(), 3, "{:?}", world.asked());
    assert_eq!(world.sent().as_deref(), Some("Bearer token-3"));
}

#[tokio::test(start_paused = true)]
async fn what_does_not_end_is_looked_after_now_and_then() {
    let world = World::new([Ok(None)]);
    world.keeper.obtain(&world.providers, 10 * SECOND).await;
    world.after(3_050).await;
    assert_eq!(world.asked().len(), 11);
    assert_eq!(world.kept().status(Instant::now()).expires_at, None);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_the_endpoint_gives_out_again_and_again_is_not_asked_for_without_end() {
    let world = World::new([Ok(Some(SECOND))]);
    world.keeper.obtain(&world.providers, 10 * SECOND).await;
    world.after(60).await;
    assert!((12..=13).contains(&world.asked().len()), "{:?}", world.asked());
}

#[tokio::test(start_paused = true)]
async fn each_credential_has_one_task_which_ends_with_the_last_config_that_has_it() {
    let world = World::new([Ok(Some(1000 * SECOND))]);
    let World { keeper, providers, asked, .. } = world;
    keeper.obtain(&providers, 10 * SECOND).await;
    keeper.obtain(&providers, 10 * SECOND).await;
    assert_eq!((keeper.tasks.len(), asked.lock().len()), (1, 1));
    drop(providers);
    sleep(SECOND).await;
    assert_eq!((keeper.tasks.len(), asked.lock().len()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn all_tasks_end_when_they_are_told_to_stop() {
    let world = World::new([Err("away")]);
    world.keeper.tend(&world.providers);
    world.after(5).await;
    world.keeper.stop.cancel();
    world.keeper.tasks.close();
    world.keeper.tasks.wait().await;
}

#[test]
fn a_kept_credential_is_never_printed() {
    let fetched = Fetched::token("sk-secret", None).unwrap();
    let kept = Arc::new(Kept::new("k", "p", Identity::of(&[]), Box::new(Nothing)));
    kept.take(fetched, Instant::now());
    assert!(!format!("{kept:?} {:?}", kept.proof(Instant::now())).contains("sk-secret"));

    struct Nothing;
    impl Source for Nothing {
        fn fetch(&self) -> Fetching<'_> {
            Box::pin(std::future::pending())
        }
    }
}

use std::fs;

use tempfile::TempDir;

use super::*;

const GOOD: &str = "auth: {keys_file: keys.yaml}\n\
                    providers: {a: {dialect: openai, endpoint: 'http://localhost:1'}}\n\
                    routes: [{model: one, providers: [a]}]\n";

struct Setup {
    directory: TempDir,
    live: Arc<Live>,
}

impl Setup {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("gateway.yaml"), GOOD).unwrap();
        fs::write(directory.path().join("keys.yaml"), key('a')).unwrap();
        let live = Arc::new(Live::open(&directory.path().join("gateway.yaml")).unwrap());
        Self { directory, live }
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.directory.path().join(name), text).unwrap();
    }

    fn has(&self, model: &str) -> bool {
        self.live.current().routes.find(model).is_some()
    }
}

fn key(digit: char) -> String {
    format!("- {{name: {digit}, sha256: {}}}\n", digit.to_string().repeat(64))
}

fn refused(outcome: Outcome) -> (String, bool) {
    match outcome {
        Outcome::Refused { reason, new } => (reason, new),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_changed_file_comes_into_force_within_seconds() {
    let setup = Setup::new();
    let mut changes = setup.live.changes();
    let watch = tokio::spawn(setup.live.clone().watch());
    tokio::time::sleep(5 * PERIOD).await;
    assert!(!changes.has_changed().unwrap());
    setup.write("gateway.yaml", &GOOD.replace("model: one", "model: two"));
    let start = tokio::time::Instant::now();
    changes.changed().await.unwrap();
    assert!(start.elapsed() <= PERIOD + STILL + Duration::from_millis(50), "{:?}", start.elapsed());
    assert!(setup.has("two") && !setup.has("one"));
    watch.abort();
}

#[tokio::test(start_paused = true)]
async fn a_changed_keys_file_does_too() {
    let setup = Setup::new();
    assert_eq!(setup.live.look().await, Outcome::Unchanged);
    setup.write("keys.yaml", &key('b'));
    assert_eq!(setup.live.look().await, Outcome::Applied);
    assert_eq!(setup.live.look().await, Outcome::Unchanged);
    setup.write("keys.yaml", "[]");
    assert_eq!(setup.live.look().await, Outcome::Applied);
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_being_written_is_left_alone() {
    let setup = Setup::new();
    setup.write("gateway.yaml", &GOOD.replace("model: one", "model: two"));
    let look = tokio::spawn({
        let live = setup.live.clone();
        async move { live.look().await }
    });
    tokio::time::sleep(STILL / 2).await;
    setup.write("gateway.yaml", &GOOD.replace("model: one", "model: three"));
    assert_eq!(look.await.unwrap(), Outcome::Unchanged);
    assert!(setup.has("one"));
    assert_eq!(setup.live.look().await, Outcome::Applied);
    assert!(setup.has("three"));
}

#[tokio::test(start_paused = true)]
async fn a_config_with_errors_is_refused_and_told_once() {
    let setup = Setup::new();
    setup.write("gateway.yaml", &GOOD.replace("providers: [a]", "providers: [b]"));
    let (reason, new) = refused(setup.live.look().await);
    assert!(reason.contains("gateway.yaml:3:35: routes[0].providers[0]: there is no provider \"b\"") && new, "{reason}");
    assert_eq!(setup.live.refused(), Some(reason.clone()));
    assert!(setup.has("one"));
    assert_eq!(setup.live.look().await, Outcome::Unchanged);
    setup.write("gateway.yaml", &format!("{}# still\n", GOOD.replace("providers: [a]", "providers: [b]")));
    assert_eq!(refused(setup.live.look().await), (reason.clone(), false));
    assert_eq!(refused(setup.live.reload()), (reason, false));
    setup.write("gateway.yaml", GOOD);
    assert_eq!(setup.live.look().await, Outcome::Applied);
    assert_eq!(setup.live.refused(), None);
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_gone_leaves_the_old_config_in_force() {
    let setup = Setup::new();
    fs::remove_file(setup.directory.path().join("keys.yaml")).unwrap();
    assert!(refused(setup.live.look().await).0.contains("auth.keys_file"));
    assert_eq!(setup.live.look().await, Outcome::Unchanged);
    fs::remove_file(setup.directory.path().join("gateway.yaml")).unwrap();
    assert!(refused(setup.live.look().await).0.contains("cannot be read"));
    assert!(setup.has("one"));
    setup.write("gateway.yaml", GOOD);
    setup.write("keys.yaml", &key('c'));
    assert_eq!(setup.live.look().await, Outcome::Applied);
}

#[tokio::test(start_paused = true)]
async fn what_envoy_was_not_configured_for_is_refused_when_envoy_cannot_change() {
    let setup = Setup::new();
    setup.live.fix_envoy(setup.live.current().envoy_fingerprint());
    setup.write("gateway.yaml", &GOOD.replace("model: one", "model: two"));
    assert_eq!(setup.live.look().await, Outcome::Applied);
    setup.write("gateway.yaml", &GOOD.replace("localhost:1", "localhost:2"));
    let (reason, new) = refused(setup.live.look().await);
    assert!(reason.contains("needs another Envoy configuration") && new, "{reason}");
    assert!(reason.contains("new: provider a (openai) at http://localhost:2"), "{reason}");
    assert!(setup.has("two"));
}

#[test]
fn without_a_file_there_is_nothing_to_reload() {
    let text = GOOD.replace("{keys_file: keys.yaml}", "{anonymous: true}");
    let live = Live::without_file(crate::config::parse_with(&text, "a.yaml", &|_| None).unwrap());
    assert_eq!(live.reload(), Outcome::Unchanged);
}

#[test]
fn a_reload_on_demand_does_not_wait() {
    let setup = Setup::new();
    setup.write("gateway.yaml", &GOOD.replace("model: one", "model: two"));
    assert_eq!(setup.live.reload(), Outcome::Applied);
    assert!(setup.has("two"));
}

/// A Secret as Kubernetes mounts it: the files are links into a hidden directory, which is a link itself and is replaced at once.
#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn a_mounted_secret_that_is_replaced_comes_into_force() {
    use std::os::unix::fs::symlink;

    let directory = tempfile::tempdir().unwrap();
    let (config, keys) = (directory.path().join("gateway.yaml"), directory.path().join("keys"));
    let version = |name: &str, files: &[(&str, char)]| {
        fs::create_dir_all(keys.join(name)).unwrap();
        files.iter().for_each(|(file, digit)| fs::write(keys.join(name).join(file), digit.to_string().repeat(64)).unwrap());
    };
    let switch = |name: &str| {
        symlink(name, keys.join("..data_tmp")).unwrap();
        fs::rename(keys.join("..data_tmp"), keys.join("..data")).unwrap();
    };
    version("..one", &[("app", 'a')]);
    switch("..one");
    symlink("..data/app", keys.join("app")).unwrap();
    fs::write(&config, GOOD.replace("keys_file: keys.yaml", "keys_dirs: [{path: keys}]")).unwrap();
    let live = Arc::new(Live::open(&config).unwrap());
    assert_eq!(live.look().await, Outcome::Unchanged);
    version("..two", &[("app", 'b'), ("job", 'c')]);
    symlink("..data/job", keys.join("job")).unwrap();
    assert_eq!(live.look().await, Outcome::Unchanged, "a link to nothing is no key");
    switch("..two");
    assert_eq!(live.look().await, Outcome::Applied);
    assert_eq!(live.look().await, Outcome::Unchanged);
    fs::write(keys.join("bad"), "not a key").unwrap();
    assert!(refused(live.look().await).0.contains("keys/bad: line 1"));
    fs::remove_file(keys.join("bad")).unwrap();
    assert_eq!(live.look().await, Outcome::Applied);
}

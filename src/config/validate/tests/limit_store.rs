use super::{GOOD, read};
use crate::config::model::{LimitStore, WhenAway};

fn store(store: &str) -> Result<LimitStore, String> {
    let read = read(&format!("{GOOD}limit_store: {store}\n"));
    read.map(|snapshot| snapshot.limit_store).map_err(|errors| errors.to_string())
}

#[test]
fn budgets_are_kept_in_memory_or_in_a_redis_with_terms() {
    assert!(matches!(read(GOOD).unwrap().limit_store, LimitStore::Memory));
    assert!(matches!(store("memory").unwrap(), LimitStore::Memory));
    let shared = store("{redis: {url: 'redis://:secret@127.0.0.1:6379/3'}}").unwrap();
    assert!(!format!("{shared:?}").contains("secret"));
    let LimitStore::Redis(config) = &shared else { panic!() };
    assert_eq!((config.when_away, config.gateways, config.timeout.0.as_millis()), (WhenAway::Local, 1, 50));
    let with_files = store("{redis: {url: 'rediss://me@h', password_file: p, ca_file: c}}").unwrap();
    let LimitStore::Redis(config) = &with_files else { panic!() };
    assert_eq!((&config.password_file, &config.ca_file), (&Some("p".into()), &Some("c".into())));
    assert!(with_files.is_same(&with_files) && !with_files.is_same(&shared) && !shared.is_same(&LimitStore::Memory));
}

#[test]
fn what_is_wrong_with_a_store_is_told_without_a_word_of_its_url() {
    for (text, told) in [
        ("{redis: {url: 'http://:secret@h'}}", "limit_store.redis.url: must be `redis://HOST:PORT`"),
        ("{redis: {url: 'redis://:secret@h:port'}}", "limit_store.redis.url: must be"),
        ("{redis: {url: 'redis://u:secret@h', password_file: p}}", "limit_store.redis.password_file: stands beside"),
        ("{redis: {url: 'redis://h', ca_file: p}}", "limit_store.redis.ca_file: is for"),
        ("{redis: {url: 'redis://h', prefix: 'a{b'}}", "limit_store.redis.prefix: must have"),
        ("{redis: {url: 'redis://h', timeout: 11s}}", "limit_store.redis.timeout: must be"),
        ("{redis: {url: 'redis://h', gateways: 0}}", "limit_store.redis.gateways: must be"),
    ] {
        let error = store(text).unwrap_err();
        assert!(error.contains(told) && !error.contains("secret"), "{error}");
    }
}

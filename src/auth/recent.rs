//! A bounded memory of what was found out lately.
//!
//! Two generations: what is put in or found goes into the new one; when that is full it becomes the old one, and the old one is
//! forgotten. So what is used stays, memory is bounded, and nothing is ever looked through.

use std::collections::HashMap;
use std::hash::Hash;
use std::mem;

use parking_lot::Mutex;

/// The memory.
#[derive(Debug)]
pub(super) struct Recent<K, V> {
    generations: Mutex<Generations<K, V>>,
    most: usize,
}

#[derive(Debug)]
struct Generations<K, V> {
    new: HashMap<K, V>,
    old: HashMap<K, V>,
}

impl<K: Hash + Eq, V: Clone> Recent<K, V> {
    /// Remembers at most this many.
    pub(super) fn new(most: usize) -> Self {
        let generations = Mutex::new(Generations { new: HashMap::new(), old: HashMap::new() });
        Self { generations, most: (most / 2).max(1) }
    }

    /// What is remembered of `key`, if `good` still thinks well of it; otherwise it is forgotten.
    pub(super) fn get(&self, key: &K, good: impl Fn(&V) -> bool) -> Option<V> {
        let mut generations = self.generations.lock();
        if let Some(value) = generations.new.get(key) {
            let value = Some(value).filter(|value| good(value)).cloned();
            if value.is_none() {
                generations.new.remove(key);
            }
            return value;
        }
        let (key, value) = generations.old.remove_entry(key)?;
        if !good(&value) {
            return None;
        }
        self.enter(&mut generations, key, value.clone());
        Some(value)
    }

    /// Remembers a value.
    pub(super) fn put(&self, key: K, value: V) {
        self.enter(&mut self.generations.lock(), key, value);
    }

    /// How many are remembered.
    pub(super) fn len(&self) -> usize {
        let generations = self.generations.lock();
        generations.new.len() + generations.old.len()
    }

    fn enter(&self, generations: &mut Generations<K, V>, key: K, value: V) {
        if generations.new.len() >= self.most {
            generations.old = mem::take(&mut generations.new);
        }
        generations.new.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_stays_and_what_is_not_is_forgotten() {
        let recent = Recent::new(100);
        recent.put(0, "used");
        recent.put(1, "not used");
        for key in 2..1_000 {
            assert_eq!(recent.get(&0, |_| true), Some("used"), "{key}");
            recent.put(key, "filler");
            assert!(recent.len() <= 100);
        }
        assert_eq!(recent.get(&1, |_| true), None);
    }

    #[test]
    fn what_is_no_longer_good_is_gone() {
        let recent = Recent::new(10);
        recent.put("a", 1);
        assert_eq!(recent.get(&"a", |value| *value > 1), None);
        assert_eq!(recent.get(&"a", |_| true), None);
        assert_eq!(recent.len(), 0);
    }
}

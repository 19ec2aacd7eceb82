//! Who spent how much CPU time within a window.

use std::time::Duration;

use anyhow::Result;
use serde::Serialize;

use crate::process::{Process, machine_cpu};
use crate::setup::Setup;

/// CPU time that was spent within a window, in seconds.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Cpu {
    pub(crate) envoy: f64,
    pub(crate) processor: f64,
    /// By the Redis that the processor asks.
    pub(crate) store: f64,
    pub(crate) backend: f64,
    pub(crate) load: f64,
    /// By anything else on the machine; interrupts that the kernel could not attribute are in it.
    pub(crate) others: f64,
}

/// CPU times at one moment.
pub(super) struct Times {
    envoy: Duration,
    processor: Duration,
    store: Duration,
    backend: Duration,
    load: Duration,
    machine: Duration,
}

impl Times {
    pub(super) fn read(setup: &Setup, backend: &Process, load: &Process) -> Result<Self> {
        let if_there = |process: &Option<Process>| process.as_ref().map_or(Ok(Duration::ZERO), Process::cpu);
        Ok(Self {
            envoy: setup.envoy.cpu()?,
            processor: if_there(&setup.processor)?,
            store: if_there(&setup.store)?,
            backend: backend.cpu()?,
            load: load.cpu()?,
            machine: machine_cpu()?,
        })
    }

    pub(super) fn since(&self, before: Self) -> Cpu {
        let spent = |now: Duration, then: Duration| now.saturating_sub(then).as_secs_f64();
        let envoy = spent(self.envoy, before.envoy);
        let (processor, store) = (spent(self.processor, before.processor), spent(self.store, before.store));
        let (backend, load) = (spent(self.backend, before.backend), spent(self.load, before.load));
        let others = (spent(self.machine, before.machine) - envoy - processor - store - backend - load).max(0.0);
        Cpu { envoy, processor, store, backend, load, others }
    }
}

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
    pub(crate) backend: f64,
    pub(crate) load: f64,
    /// By anything else on the machine; interrupts that the kernel could not attribute are in it.
    pub(crate) others: f64,
}

/// CPU times at one moment.
pub(super) struct Times {
    envoy: Duration,
    processor: Duration,
    backend: Duration,
    load: Duration,
    machine: Duration,
}

impl Times {
    pub(super) fn read(setup: &Setup, backend: &Process, load: &Process) -> Result<Self> {
        Ok(Self {
            envoy: setup.envoy.cpu()?,
            processor: setup.processor.as_ref().map_or(Ok(Duration::ZERO), Process::cpu)?,
            backend: backend.cpu()?,
            load: load.cpu()?,
            machine: machine_cpu()?,
        })
    }

    pub(super) fn since(&self, before: Self) -> Cpu {
        let spent = |now: Duration, then: Duration| now.saturating_sub(then).as_secs_f64();
        let envoy = spent(self.envoy, before.envoy);
        let processor = spent(self.processor, before.processor);
        let (backend, load) = (spent(self.backend, before.backend), spent(self.load, before.load));
        let others = (spent(self.machine, before.machine) - envoy - processor - backend - load).max(0.0);
        Cpu { envoy, processor, backend, load, others }
    }
}

//! What is measured, and what is to be reached: the table that this bench exists for.

use crate::generator::{Load, Service};
use crate::options::Plan;
use crate::server::Contender;

/// Servers or situations that are measured in turn, so that what disturbs one disturbs all.
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) load: Load,
    pub(crate) lanes: Vec<Lane>,
}

/// One server in one situation.
pub(crate) struct Lane {
    pub(crate) label: String,
    pub(crate) contender: Contender,
    pub(crate) service: Service,
    /// Open connections that say nothing.
    pub(crate) bystanders: usize,
    /// The lane of the same row that this one is a multiple of.
    pub(crate) base: usize,
    pub(crate) target: Option<Target>,
}

/// An upper bound of the CPU time of a message.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    /// So many times that of the base.
    Ratio(f64),
    Nanoseconds(f64),
}

/// The bytes an idle connection may keep resident.
pub(crate) const IDLE_BYTES: u64 = 128;

const ECHOES: [(Load, Option<Target>); 7] = [
    (load(100, 1, 20), Some(Target::Ratio(1.05))),
    (load(100, 1, 1024), Some(Target::Ratio(1.05))),
    (load(100, 16, 20), Some(Target::Ratio(1.15))),
    (load(100, 16, 1024), None),
    (load(20, 512, 20), Some(Target::Nanoseconds(25.0))),
    (load(50, 8, 16 * 1024), Some(Target::Ratio(1.4))),
    (load(10, 2, 1024 * 1024), Some(Target::Ratio(1.15))),
];

const RELAY: Load = load(100, 16, 20);
const RELAY_TARGET: Target = Target::Ratio(1.5);

const CROWD: Load = load(100, 1, 20);
const CROWD_TARGET: Target = Target::Ratio(1.1);

const fn load(connections: usize, depth: usize, payload: usize) -> Load {
    Load { connections, depth, payload }
}

/// All rows in which messages are counted.
pub(crate) fn all(contenders: &[Contender], plan: &Plan) -> Vec<Row> {
    let mut rows: Vec<_> = ECHOES.iter().map(|&(load, target)| echo(contenders, load, target)).collect();
    rows.push(relay(contenders));
    rows.push(crowd(contenders, plan.pace.crowd));
    rows.retain(|row| !row.lanes.is_empty());
    rows
}

/// The name of the row in which memory is measured.
pub(crate) fn idle(plan: &Plan) -> String {
    format!("idle memory, {} connections", plan.pace.idle)
}

/// Every contender beside the first, which is the floor.
fn echo(contenders: &[Contender], load: Load, target: Option<Target>) -> Row {
    let lane = |contender: &Contender| Lane {
        target: target.filter(|_| !contender.is_floor()),
        ..Lane::plain(contender, Service::Echo)
    };
    Row { name: format!("echo {load}"), load, lanes: contenders.iter().map(lane).collect() }
}

/// Every contender that can relay, beside its own echo.
fn relay(contenders: &[Contender]) -> Row {
    let mut lanes = Vec::new();
    for contender in contenders.iter().filter(|contender| contender.serves(Service::Relay)) {
        let base = lanes.len();
        lanes.push(Lane { base, ..Lane::plain(contender, Service::Echo) });
        let label = format!("{contender}, relay");
        lanes.push(Lane {
            base,
            label,
            target: Some(RELAY_TARGET),
            ..Lane::plain(contender, Service::Relay)
        });
    }
    Row { name: format!("relay {RELAY}"), load: RELAY, lanes }
}

/// Every contender beside itself with many connections that say nothing.
fn crowd(contenders: &[Contender], connections: usize) -> Row {
    let mut lanes = Vec::new();
    for contender in contenders {
        let base = lanes.len();
        lanes.push(Lane { base, ..Lane::plain(contender, Service::Echo) });
        let bystanders = connections.saturating_sub(CROWD.connections);
        let label = format!("{contender}, crowd");
        let target = Some(CROWD_TARGET).filter(|_| !contender.is_floor());
        lanes.push(Lane { label, bystanders, base, target, ..Lane::plain(contender, Service::Echo) });
    }
    Row { name: format!("crowd {CROWD} among {connections} open"), load: CROWD, lanes }
}

impl Lane {
    fn plain(contender: &Contender, service: Service) -> Self {
        let (label, contender) = (contender.to_string(), contender.clone());
        Self { label, contender, service, bystanders: 0, base: 0, target: None }
    }
}

impl Target {
    pub(crate) fn met(self, nanos: f64, base: f64) -> bool {
        match self {
            Self::Ratio(most) => nanos <= most * base,
            Self::Nanoseconds(most) => nanos <= most,
        }
    }
}

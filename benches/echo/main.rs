//! What a message costs: a server on one core, a load generator on another, a bare-mio floor beside them.
//!
//! `cargo bench --bench echo` measures every row of the table in `rows.rs`: connections x messages in flight x
//! payload bytes. The quoted figure is the CPU time of the server's process for each message, which a busy machine
//! disturbs far less than a rate. Servers take turns, several rounds, and the least figure of each is quoted.
//! Absolute values differ between machines and days; the ratios are what to compare.

use std::env;
use std::error::Error;
use std::io;
use std::process::{self, ExitCode};
use std::thread;

use options::{Plan, Task};
use server::{Contender, LOAD_CORE};

mod account;
mod floor;
mod generator;
mod latency;
mod measure;
mod options;
mod peer;
mod report;
mod rows;
mod script;
mod server;
mod subject;
mod wire;

/// Descriptors that are not connections.
const SPARE_FILES: usize = 64;

fn main() -> ExitCode {
    match Task::parse(env::args().skip(1)).map_err(Into::into).and_then(perform) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: Task) -> Result<(), Box<dyn Error>> {
    match task {
        Task::Explain => print!("{}", options::USAGE),
        Task::Serve(what) => serve(&what)?,
        Task::Measure(_) if !account::AVAILABLE => {
            println!("the CPU accounts of /proc need Linux: nothing measured");
        }
        Task::Measure(plan) => measure(plan)?,
    }
    Ok(())
}

fn measure(mut plan: Plan) -> Result<(), Box<dyn Error>> {
    account::pin(LOAD_CORE);
    let files = account::raise_open_files().saturating_sub(SPARE_FILES);
    plan.pace.idle = plan.pace.idle.min(files);
    plan.pace.crowd = plan.pace.crowd.min(files);
    let external = plan.external.iter().cloned().map(Contender::External);
    let contenders: Vec<_> = [Contender::Floor, Contender::Subject].into_iter().chain(external).collect();
    let mut rows = rows::all(&contenders, &plan);
    rows.retain(|row| row.name.contains(&plan.only));
    let idle = Some(rows::idle(&plan)).filter(|name| name.contains(&plan.only));
    if rows.is_empty() && idle.is_none() {
        return Err(format!("no row has {} in its name", plan.only).into());
    }
    report::heading();
    for row in &rows {
        report::row(row, &measure::row(row, &plan.pace)?);
    }
    if let Some(name) = idle {
        measure_idle(&name, &contenders, &plan)?;
    }
    Ok(())
}

fn measure_idle(name: &str, contenders: &[Contender], plan: &Plan) -> io::Result<()> {
    println!("{name}");
    for contender in contenders {
        report::idle(contender, measure::idle_bytes(contender, &plan.pace)?);
    }
    Ok(())
}

/// Is one of the servers, until the process that started it is gone: its end closes the standard input.
fn serve(what: &[String]) -> Result<(), Box<dyn Error>> {
    thread::spawn(|| {
        io::copy(&mut io::stdin(), &mut io::sink()).ok();
        process::exit(0);
    });
    match what {
        [kind, address, payload] if kind == "floor" => floor::serve(address.parse()?, payload.parse()?)?,
        [kind, address] if kind == "echo" => subject::echo(address.parse()?)?,
        [kind, address] if kind == "relay" => subject::relay(address.parse()?)?,
        _ => return Err("not a server of this bench".into()),
    }
    Ok(())
}

//! Programs that the board starts: each in a group of its own, so that it is no part of the terminal's job,
//! and so that it and everything that it started can be ended together.

#[cfg(test)]
pub(crate) mod tests;

use std::{io, process::ExitStatus, time::Duration};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    process::{Child, ChildStdin, Command},
};

/// How long what a program left behind may hold its output open.
const GRACE: Duration = Duration::from_millis(500);

/// Kills a program with all that it started, when dropped.
#[derive(Debug)]
struct Group(Option<Pid>);

impl Group {
    /// The group that `child` was started as the first of: its number is that of the group.
    fn of(child: &Child) -> Self {
        let number = child.id().and_then(|id| i32::try_from(id).ok());
        Self(number.and_then(Pid::from_raw))
    }

    /// Lets live whoever is left of it.
    fn release(&mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // There may be nobody left in it: then there is nothing to do.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

/// What becomes of those that a program started, once it ended by itself. Where it is ended from
/// outside, they end with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leftovers {
    /// They end with it, and let go of its output.
    End,
    /// They go on: somebody asked for them.
    GoOn,
}

/// Which of its outputs a program wrote to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// What it prints.
    Printed,
    /// What it says of itself.
    Errors,
}

/// A program that runs. Dropping it kills it, and all that it started.
#[derive(Debug)]
pub(crate) struct Running {
    // The group goes first: its number is its own as long as the program was not waited for.
    group: Group,
    child: Child,
}

impl Running {
    /// Starts `command`, whose inputs and outputs are set.
    pub(crate) fn start(command: &mut Command) -> io::Result<Self> {
        let child = command.process_group(0).kill_on_drop(true).spawn()?;
        Ok(Self { group: Group::of(&child), child })
    }

    /// Where it reads from, if that was asked for and not taken yet.
    pub(crate) fn input(&mut self) -> Option<ChildStdin> {
        self.child.stdin.take()
    }

    /// Its end. `take` gets what it wrote so far of one output and leaves of it what it wants to
    /// see again; the program is killed as soon as it answers false: then there is no status.
    pub(crate) async fn ended(
        mut self,
        leftovers: Leftovers,
        mut take: impl FnMut(Output, &mut Vec<u8>) -> bool,
    ) -> io::Result<Option<ExitStatus>> {
        let (mut output, mut errors) = (self.child.stdout.take(), self.child.stderr.take());
        let (mut printed, mut said) = (Vec::new(), Vec::new());
        let mut status = None;
        while status.is_none() || output.is_some() || errors.is_some() {
            let goes_on = tokio::select! {
                read = read(&mut output, &mut printed), if output.is_some() => {
                    if read == 0 { output = None; }
                    take(Output::Printed, &mut printed)
                }
                read = read(&mut errors, &mut said), if errors.is_some() => {
                    if read == 0 { errors = None; }
                    take(Output::Errors, &mut said)
                }
                ended = self.child.wait(), if status.is_none() => {
                    status = Some(ended?);
                    match leftovers {
                        Leftovers::End => drop(std::mem::replace(&mut self.group, Group(None))),
                        Leftovers::GoOn => self.group.release(),
                    }
                    true
                }
                // What it started in the background, or what left its group, may hold the output open.
                () = tokio::time::sleep(GRACE), if status.is_some() => break,
            };
            if !goes_on {
                return Ok(None);
            }
        }
        Ok(status)
    }
}

async fn read(pipe: &mut Option<impl AsyncRead + Unpin>, into: &mut Vec<u8>) -> usize {
    match pipe {
        Some(pipe) => pipe.read_buf(into).await.unwrap_or(0),
        None => 0,
    }
}

//! Programs that print without end or never end, under both protocols.

use std::{
    fs,
    time::{Duration, Instant},
};

use nuages_provider::ErrorKind;

use super::project::{Project, locator};

#[tokio::test]
async fn too_much_output_is_refused_and_the_program_is_stopped() {
    for project in [
        Project::new("yes hunter2"),
        Project::json_lines("yes hunter2"),
    ] {
        let error = project.error("x").await;
        assert_eq!(error.kind(), ErrorKind::Malformed);
        assert_eq!(error.message(), "`sh` printed more than 16 MiB");
    }
    let large = Project::new("head -c 9000000 /dev/zero");
    assert_eq!(large.value("x").await.len(), 9_000_000);
}

/// Running, as Linux sees it: neither gone nor a zombie.
#[cfg(target_os = "linux")]
fn is_running(process: &str) -> bool {
    fs::read_to_string(format!("/proc/{process}/stat")).is_ok_and(|stat| {
        !stat
            .rsplit(") ")
            .next()
            .unwrap_or_default()
            .starts_with('Z')
    })
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_fetch_that_is_given_up_kills_its_programs() {
    let hanging = "echo $$ >> pids; exec sleep 600";
    // What a script has started, and what that has; and what has gone into the background of one that has ended.
    let below = "sh -c 'sleep 600 & echo $! >> pids; wait' & echo $$ >> pids; wait";
    let left = "setsid sleep 600 & echo $! >> pids";
    for (project, processes) in [
        (Project::new(hanging), 2),
        (Project::json_lines(hanging), 1),
        (Project::new(below), 4),
        (Project::json_lines(below), 2),
        (Project::new(left), 2),
    ] {
        let provider = project.open().await;
        let locators = [locator("a"), locator("b")];
        let mut fetch = provider.fetch(&locators);
        let mut waited = 0;
        while project.file("pids").lines().count() < processes {
            waited += 1;
            assert!(waited < 1000, "the programs start");
            assert!(
                tokio::time::timeout(Duration::from_millis(10), &mut fetch)
                    .await
                    .is_err()
            );
        }
        let pids = project.file("pids");
        assert!(pids.lines().all(is_running));
        drop(fetch);
        let deadline = Instant::now() + Duration::from_secs(5);
        while pids.lines().any(is_running) {
            assert!(Instant::now() < deadline, "a program outlives the fetch");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

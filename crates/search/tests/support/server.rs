//! A PostgreSQL server for the tests of one program, in a folder that goes with it.

use std::io::{Write, stderr};
use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs};

/// A server with the settings of a new one: it syncs what it commits.
pub(crate) struct Server {
    programs: PathBuf,
    /// What makes another user of the superuser, for whom PostgreSQL does not start.
    user: Vec<String>,
    folder: PathBuf,
    port: u16,
    databases: AtomicU32,
    /// Stops the server and removes its folder once this program ends, in whatever way.
    keeper: Child,
}

/// The address of a new database on the server that the tests of this program share; none where there is no
/// PostgreSQL.
pub(crate) fn database() -> Option<String> {
    static SHARED: OnceLock<Option<Server>> = OnceLock::new();
    SHARED.get_or_init(Server::start).as_ref().map(Server::database)
}

impl Server {
    /// Without PostgreSQL a test passes unseen, so it says that it did not run; on a machine that checks everything it
    /// fails.
    pub(crate) fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            let skipped = "SKIPPED, not tested: studies in PostgreSQL; `apt-get install postgresql`";
            assert_ne!(env::var("CI").as_deref(), Ok("true"), "{skipped}");
            // Not `eprintln`: the output of a test that passes is hidden.
            writeln!(stderr(), "{skipped}").unwrap();
            return None;
        };
        let folder = tempfile::tempdir().unwrap().keep();
        let password = folder.join("password");
        fs::write(&password, "secret").unwrap();
        let mut user = Vec::new();
        if id(&["-u"]) == Some(0) {
            let (name, uid) = ["postgres", "nobody"]
                .map(|name| (name, id(&["-u", name])))
                .into_iter()
                .find_map(|(name, uid)| Some((name, uid?)))
                .expect("a user to run PostgreSQL as");
            let gid = id(&["-g", name]).unwrap();
            for path in [&folder, &password] {
                chown(path, Some(uid), Some(gid)).unwrap();
            }
            let flags = [format!("--reuid={uid}"), format!("--regid={gid}"), "--clear-groups".to_owned()];
            user = ["setpriv".to_owned()].into_iter().chain(flags).collect();
        }
        let keep = "trap '' INT HUP TERM; folder=$1; shift; read _; \"$@\"; rm -rf \"$folder\"";
        let mut keeper = Command::new("sh");
        keeper.args(["-c", keep, "sh"]).arg(&folder).args(&user).arg(programs.join("pg_ctl"));
        keeper.args(["stop", "--mode=immediate", "--pgdata"]).arg(folder.join("data"));
        let keeper =
            keeper.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = Self { programs, user, folder, port, databases: AtomicU32::new(0), keeper };
        server.run(
            "initdb",
            &[
                "--username=tinderbox",
                "--auth=scram-sha-256",
                "--pwfile",
                &text(&password),
                "--encoding=UTF8",
                "--no-locale",
            ],
        );
        server.resume();
        Some(server)
    }

    /// A new database.
    pub(crate) fn database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let mut all = postgres::Client::connect(&self.url("postgres"), postgres::NoTls).unwrap();
        all.batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
        self.url(&name)
    }

    /// Starts it, or starts it again.
    pub(crate) fn resume(&self) {
        let options = format!("-p {} -k '' -c listen_addresses=127.0.0.1", self.port);
        self.run(
            "pg_ctl",
            &["start", "--wait", "--log", &text(&self.folder.join("log")), "--options", &options],
        );
    }

    fn url(&self, database: &str) -> String {
        format!("postgresql://tinderbox:secret@127.0.0.1:{}/{database}", self.port)
    }

    /// Runs one of PostgreSQL's programs on the server's data.
    pub(crate) fn run(&self, program: &str, arguments: &[&str]) {
        let words: Vec<_> = self.user.iter().map(String::as_str).collect();
        let program = text(&self.programs.join(program));
        let words = [&words[..], &[program.as_str()], arguments].concat();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).arg("--pgdata").arg(self.folder.join("data")).current_dir("/");
        // A server that inherited a pipe would keep it open.
        let done = command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        assert!(done.success(), "{words:?}\n{log}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        self.keeper.wait().unwrap();
    }
}

/// The folder of PostgreSQL's programs, the newest if there are several: Debian does not put them on the path.
fn programs() -> Option<PathBuf> {
    let mut installed: Vec<_> = fs::read_dir("/usr/lib/postgresql")
        .map(|folders| folders.flatten().map(|folder| folder.path()).collect())
        .unwrap_or_default();
    installed.sort_by_key(|folder| folder.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok()));
    let on_path = env::var_os("PATH").map(|path| env::split_paths(&path).collect::<Vec<_>>());
    let mut folders =
        installed.into_iter().rev().map(|folder| folder.join("bin")).chain(on_path.into_iter().flatten());
    folders.find(|folder| ["initdb", "pg_ctl", "postgres"].iter().all(|name| folder.join(name).is_file()))
}

/// A number from `id`.
fn id(arguments: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(arguments).stderr(Stdio::null()).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

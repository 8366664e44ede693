//! A PostgreSQL server of the bench's own, in a folder that goes with it.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A server with the settings of a new one: it waits for the disk as it does for everybody.
pub(crate) struct Server {
    programs: PathBuf,
    /// What makes another user of the superuser, for whom PostgreSQL does not start.
    user: Vec<String>,
    folder: PathBuf,
    port: u16,
    password: String,
    /// Stops the server and removes its folder once this program ends, in whatever way.
    keeper: Child,
}

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServerError {
    /// None is installed.
    #[error(
        "no PostgreSQL here, and studies in it are not measured; `apt-get install postgresql`, or the like"
    )]
    Missing,
    /// A superuser without another user to run it as.
    #[error("PostgreSQL does not run for a superuser, and there is neither `postgres` nor `nobody`")]
    User,
    /// A file, a program or a port that cannot be had.
    #[error("PostgreSQL: {what}: {source}")]
    System {
        /// What.
        what: String,
        /// Why not.
        source: io::Error,
    },
    /// One of its programs failed.
    #[error("PostgreSQL: `{program}` failed: {words}")]
    Program {
        /// Which.
        program: &'static str,
        /// What it said last.
        words: String,
    },
}

/// Says what could not be had.
fn at(what: impl ToString) -> impl FnOnce(io::Error) -> ServerError {
    move |source| ServerError::System { what: what.to_string(), source }
}

impl Server {
    /// Starts one in `folder`, in place of what is there.
    ///
    /// # Errors
    /// If it is not installed or does not start.
    pub(crate) fn start(folder: &Path) -> Result<Self, ServerError> {
        let programs = programs().ok_or(ServerError::Missing)?;
        _ = fs::remove_dir_all(folder);
        fs::create_dir_all(folder).map_err(at(folder.display()))?;
        let folder = folder.canonicalize().map_err(at(folder.display()))?;
        // It holds the password.
        #[cfg(unix)]
        fs::set_permissions(&folder, std::os::unix::fs::PermissionsExt::from_mode(0o700))
            .map_err(at(folder.display()))?;
        let password = password().map_err(at("no random numbers"))?;
        let file = folder.join("password");
        write_private(&file, &password).map_err(at(file.display()))?;
        let user = other_user(&[&folder, &file])?;

        let keep = "trap '' INT HUP TERM; folder=$1; shift; read _; \"$@\"; rm -rf \"$folder\"";
        let mut keeper = Command::new("sh");
        keeper.args(["-c", keep, "sh"]).arg(&folder).args(&user).arg(programs.join("pg_ctl"));
        keeper.args(["stop", "--mode=immediate", "--pgdata"]).arg(folder.join("data"));
        keeper.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let keeper = keeper.spawn().map_err(at("`sh`"))?;

        let free = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
        let port = free.map_err(at("no free port"))?.port();
        let server = Self { programs, user, folder, port, password, keeper };
        let password = format!("--pwfile={}", file.display());
        server.on_data(
            "initdb",
            &["--username=bench", "--auth=scram-sha-256", &password, "--encoding=UTF8", "--no-locale"],
        )?;
        let options = format!("--options=-p {port} -k '' -c listen_addresses=127.0.0.1");
        let log = format!("--log={}", server.folder.join("log").display());
        server.on_data("pg_ctl", &["start", "--wait", &log, &options])?;
        Ok(server)
    }

    /// The address of the database `name`, which is made.
    ///
    /// # Errors
    /// If it cannot be made.
    pub(crate) fn database(&self, name: &str) -> Result<String, ServerError> {
        let mut command = Command::new(self.programs.join("createdb"));
        command.args(["--host=127.0.0.1", "--username=bench", "--no-password"]);
        command.arg(format!("--port={}", self.port)).arg(name).env("PGPASSWORD", &self.password);
        self.run("createdb", command)?;
        Ok(format!("postgresql://bench:{}@127.0.0.1:{}/{name}", self.password, self.port))
    }

    /// Runs one of its programs on its data.
    fn on_data(&self, program: &'static str, arguments: &[&str]) -> Result<(), ServerError> {
        let path = self.programs.join(program).display().to_string();
        let mut words = self.user.iter().map(String::as_str).chain([path.as_str()]);
        let mut command = Command::new(words.next().unwrap_or(program));
        command.args(words).args(arguments).arg("--pgdata").arg(self.folder.join("data")).current_dir("/");
        self.run(program, command)
    }

    fn run(&self, program: &'static str, mut command: Command) -> Result<(), ServerError> {
        // A file, for a server that inherited a pipe would keep it open.
        let said = self.folder.join("said");
        let file = File::create(&said).map_err(at(said.display()))?;
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file);
        let status = command.status().map_err(at(format_args!("`{program}`")))?;
        if status.success() {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&fs::read(&said).unwrap_or_default()).into_owned();
        let words = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
        Err(ServerError::Program { program, words: words.trim().to_string() })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        _ = self.keeper.wait();
    }
}

/// The folder of PostgreSQL's programs, the newest if there are several: Debian does not put them on the path.
fn programs() -> Option<PathBuf> {
    let mut installed: Vec<_> = fs::read_dir("/usr/lib/postgresql")
        .map(|folders| folders.flatten().map(|folder| folder.path()).collect())
        .unwrap_or_default();
    installed.sort_by_key(|folder| folder.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok()));
    let on_path = std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    let mut folders =
        installed.into_iter().rev().map(|folder| folder.join("bin")).chain(on_path.into_iter().flatten());
    let all = ["initdb", "pg_ctl", "postgres", "createdb"];
    folders.find(|folder| all.iter().all(|name| folder.join(name).is_file()))
}

/// What stands before a command that PostgreSQL's own user is to run, who then also owns `paths`; nothing for anybody but
/// the superuser.
fn other_user(paths: &[&Path]) -> Result<Vec<String>, ServerError> {
    if id(&["-u"]) != Some(0) {
        return Ok(Vec::new());
    }
    let ids = |name| Some((id(&["-u", name])?, id(&["-g", name])?));
    let (user, group) = ["postgres", "nobody"].into_iter().find_map(ids).ok_or(ServerError::User)?;
    for path in paths {
        #[cfg(unix)]
        std::os::unix::fs::chown(path, Some(user), Some(group)).map_err(at(path.display()))?;
    }
    let flags = [format!("--reuid={user}"), format!("--regid={group}"), "--clear-groups".to_string()];
    Ok(["setpriv".to_string()].into_iter().chain(flags).collect())
}

/// A number from `id`.
fn id(arguments: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(arguments).stderr(Stdio::null()).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

/// Writes a file that its owner alone may read.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}

/// One that nobody guesses: other users of the machine reach the port too.
fn password() -> io::Result<String> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(u128::from_le_bytes(bytes).to_string())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_server_has_databases_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().expect("a folder");
        #[cfg(unix)]
        std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .expect("others may pass");
        let place = folder.path().join("postgres");
        let server = match Server::start(&place) {
            Err(missing @ ServerError::Missing) => {
                let skipped = format!("SKIPPED, not tested: a server of the bench's own; {missing}");
                assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{skipped}");
                // Not `eprintln`: the output of a test that passes is hidden.
                return writeln!(io::stderr(), "{skipped}").expect("written");
            }
            server => server.expect("started"),
        };
        let url = server.database("one").expect("made");
        tinderbox_search::open(&url).expect("a storage").studies().expect("read");
        let twice = server.database("one").expect_err("there already").to_string();
        assert!(twice.contains("already exists"), "{twice}");
        drop(server);
        assert!(!place.exists());
        assert!(tinderbox_search::open(&url).is_err(), "it does not run on");
    }
}

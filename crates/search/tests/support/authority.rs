//! An authority that signs certificates, and servers that encrypt with them.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

use postgres::{Client, NoTls};
use tempfile::TempDir;

/// Signs certificates; gone with its folder.
pub(crate) struct Authority {
    folder: TempDir,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let authority = Self { folder: tempfile::tempdir().unwrap() };
        authority.openssl(
            "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 2 -subj /CN=authority",
        );
        authority
    }

    /// Its certificate.
    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().join("ca.crt")
    }

    /// Makes the server at `url` encrypt with a certificate for `host`, by these further rules of its `pg_hba.conf`.
    pub(crate) fn encrypt(&self, url: &str, host: &str, rules: &str) {
        self.openssl("req -new -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=server");
        fs::write(self.folder.path().join("names"), format!("subjectAltName=DNS:{host}\n")).unwrap();
        self.openssl(
            "x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.crt",
        );
        let mut server = Client::connect(url, NoTls).unwrap();
        let mut shown =
            |name: &str| server.query_one(&format!("SHOW {name}"), &[]).unwrap().get::<_, String>(0);
        let (data, access) = (PathBuf::from(shown("data_directory")), PathBuf::from(shown("hba_file")));
        let owner = fs::metadata(&data).unwrap();
        for name in ["server.crt", "server.key"] {
            let file = data.join(name);
            fs::copy(self.folder.path().join(name), &file).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
            chown(&file, Some(owner.uid()), Some(owner.gid())).unwrap();
        }
        let old = fs::read_to_string(&access).unwrap();
        fs::write(&access, format!("{rules}\n{old}")).unwrap();
        server.batch_execute("ALTER SYSTEM SET ssl = on").unwrap();
        server.batch_execute("SELECT pg_reload_conf()").unwrap();
        let start = Instant::now();
        while Client::connect(url, NoTls).unwrap().query_one("SHOW ssl", &[]).unwrap().get::<_, String>(0)
            != "on"
        {
            assert!(start.elapsed() < Duration::from_secs(30), "the server does not encrypt");
            thread::sleep(Duration::from_millis(50));
        }
    }

    fn openssl(&self, arguments: &str) {
        let mut command = Command::new("openssl");
        command.args(arguments.split(' ')).current_dir(self.folder.path());
        let done = command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("openssl");
        assert!(done.success(), "openssl {arguments}");
    }
}

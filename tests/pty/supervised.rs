//! What a service manager hears of the built server.

use std::ffi::OsStr;
use std::net::TcpStream;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use tempfile::TempDir;

use crate::Machine;
use crate::serving::Server;

/// Long enough for a busy machine, short enough to be noticed.
const DEADLINE: Duration = Duration::from_mins(1);
/// How often the server has to say that it is alive.
const WATCHDOG_USEC: &str = "400000";

/// Where a service manager listens.
struct Manager {
    folder: TempDir,
    socket: UnixDatagram,
}

impl Manager {
    fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let socket = UnixDatagram::bind(folder.path().join("notify")).expect("a socket");
        socket.set_read_timeout(Some(DEADLINE)).expect("it can wait");
        Self { folder, socket }
    }

    fn start(&self, machine: &Machine) -> Server {
        let notify = self.folder.path().join("notify");
        let environment = [("NOTIFY_SOCKET", notify.as_os_str()), ("WATCHDOG_USEC", OsStr::new(WATCHDOG_USEC))];
        Server::start_with(machine.data.path(), machine.home.path(), &environment)
    }

    /// The next message, line by line.
    fn hear(&self) -> Vec<String> {
        let mut message = [0; 4096];
        let length = self.socket.recv(&mut message).expect("the server says something");
        let text = str::from_utf8(&message[..length]).expect("text");
        text.lines().map(str::to_owned).collect()
    }

    /// The next message that says more than that the server is alive.
    fn hear_news(&self) -> Vec<String> {
        loop {
            let heard = self.hear();
            if heard != ["WATCHDOG=1"] {
                return heard;
            }
        }
    }
}

#[test]
fn a_service_manager_hears_when_the_server_listens_lives_and_closes() {
    let (machine, manager) = (Machine::new(), Manager::new());
    let server = manager.start(&machine);
    assert_eq!(manager.hear(), ["STATUS=Opening the store"]);
    let status = format!("STATUS=Serving SSH on 127.0.0.1:{}", server.port);
    assert_eq!(manager.hear(), ["READY=1", &status]);
    TcpStream::connect(("127.0.0.1", server.port)).expect("whoever comes now is served");

    for _ in 0..3 {
        assert_eq!(manager.hear(), ["WATCHDOG=1"]);
    }

    server.signal("TERM");
    // A second of notice, ten to say goodbye, and thirty to write what is left.
    let closing = ["STOPPING=1", "EXTEND_TIMEOUT_USEC=41000000"];
    let heard = manager.hear_news();
    assert_eq!(heard[..2], closing);
    assert_eq!(heard[2..], ["STATUS=Closing: nobody new comes in, who is there has 1 s"]);
    server.ended();
}

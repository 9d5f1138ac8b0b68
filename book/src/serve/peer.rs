//! Which user of this machine is at the other end of a connection.

use std::net::{IpAddr, SocketAddr};

use axum::extract::connect_info::Connected;
use axum::serve::IncomingStream;
use nix::unistd::geteuid;
use procfs::net::{TcpNetEntry, TcpState, tcp, tcp6};
use tokio::net::TcpListener;

/// The two ends of a connection: the browser's, and ours.
#[derive(Clone, Copy)]
pub struct Ends {
    theirs: SocketAddr,
    ours: Option<SocketAddr>,
}

impl Connected<IncomingStream<'_, TcpListener>> for Ends {
    fn connect_info(stream: IncomingStream<'_, TcpListener>) -> Self {
        Self {
            theirs: *stream.remote_addr(),
            ours: stream.io().local_addr().ok(),
        }
    }
}

impl Ends {
    /// Whether the other end is held by the user who started the server, on the same machine.
    ///
    /// Root passes too: it could do all that this user can, and by a process of root's WSL passes
    /// on what a browser under Windows asks for.
    pub fn is_of_owner(&self) -> bool {
        // A socket for both IPv4 and IPv6 stands in the second table.
        let mut sockets = [tcp(), tcp6()].into_iter().flatten().flatten();
        sockets.any(|socket| self.is_other_end(&socket) && is_of(&socket, geteuid().as_raw()))
    }

    fn is_other_end(&self, socket: &TcpNetEntry) -> bool {
        same(socket.local_address, self.theirs)
            && self
                .ours
                .is_some_and(|ours| same(socket.remote_address, ours))
    }
}

/// An address of IPv4 may be written as one of IPv6.
fn same(one: SocketAddr, other: SocketAddr) -> bool {
    let canonical =
        |address: SocketAddr| -> (IpAddr, u16) { (address.ip().to_canonical(), address.port()) };
    canonical(one) == canonical(other)
}

/// Whether a socket is held by this user or root.
fn is_of(socket: &TcpNetEntry, user: u32) -> bool {
    // One that its process has closed has no inode, and on older kernels counts as root's.
    let is_held = socket.state == TcpState::Established && socket.inode != 0;
    is_held && [0, user].contains(&socket.uid)
}

#[cfg(test)]
mod tests {
    use procfs::net::TcpNetEntries;
    use procfs::{FromBufReadSI, current_system_info};

    use super::*;

    /// Whether user 1000 started the server whose table this is, of a browser on port 8080 and a
    /// server on port 3000.
    fn is_owner(sockets: &str) -> bool {
        let table = format!("  sl  local_address rem_address   st ...\n{sockets}\n");
        let table = TcpNetEntries::from_buf_read(table.as_bytes(), current_system_info());
        let ends = Ends {
            theirs: ([127, 0, 0, 1], 8080).into(),
            ours: Some(([127, 0, 0, 1], 3000).into()),
        };
        let mut sockets = table.unwrap().0.into_iter();
        sockets.any(|socket| ends.is_other_end(&socket) && is_of(&socket, 1000))
    }

    /// As proc_net_tcp(5) has it.
    fn socket(local: &str, remote: &str, state: &str, user: u32, inode: u32) -> String {
        format!(
            "0: {local} {remote} {state} 00000000:00000000 00:00000000 00000000 {user} 0 {inode}"
        )
    }

    const THEIRS: &str = "0100007F:1F90";
    const OURS: &str = "0100007F:0BB8";

    #[test]
    fn a_connection_is_the_owners_if_its_other_end_is_held_by_the_owner_or_root() {
        let of = |user| is_owner(&socket(THEIRS, OURS, "01", user, 7));
        assert!(of(1000) && of(0));
        assert!(!of(1001));
        // Our own end is in the table too.
        let ours = socket(OURS, THEIRS, "01", 1000, 8);
        assert!(!is_owner(&ours));
        let stranger = socket(THEIRS, OURS, "01", 1001, 7);
        assert!(!is_owner(&format!("{ours}\n{stranger}")));
        // Another connection to the same server.
        assert!(!is_owner(&socket("0100007F:1F91", OURS, "01", 1000, 7)));
        let of_both = "0000000000000000FFFF0000";
        let [theirs, ours] = [THEIRS, OURS].map(|end| format!("{of_both}{end}"));
        assert!(is_owner(&socket(&theirs, &ours, "01", 1000, 7)));
    }

    #[test]
    fn a_connection_that_its_holder_has_closed_is_nobodys() {
        // FIN_WAIT2 and TIME_WAIT, and one that is closed at this moment.
        for (state, inode) in [("05", 0), ("05", 7), ("06", 0), ("01", 0)] {
            assert!(!is_owner(&socket(THEIRS, OURS, state, 0, inode)), "{state}");
        }
    }
}

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
        let Some(ours) = self.ours else {
            return false;
        };
        // A socket for both IPv4 and IPv6 stands in the second table.
        let mut sockets = [tcp(), tcp6()].into_iter().flatten().flatten();
        sockets.any(|socket| {
            same(socket.local_address, self.theirs)
                && same(socket.remote_address, ours)
                && is_of(&socket, geteuid().as_raw())
        })
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

"""The configuration that HAProxy is started with. Pure: texts from a Layout.

HAProxy 2.6 cannot add a backend while it runs, so there is a pool of them, each with servers that are given an
address when a Route takes it. Two maps say the rest: `hosts` which backend a hostname goes to, `owners` which
Route has a backend, at which epoch, with which Prods in its servers. Both, and the state of the servers, are
files when HAProxy starts; the script of `save_script` writes these before a reload.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Layout:
    """`folder` holds the maps and the state of the servers; HAProxy's user reads it, the script writes it.
    `routes` is how many Routes there may be, `members` how many Prods one of them may have."""

    folder: str = "/var/lib/haproxy/drover"
    routes: int = 100
    members: int = 8

    @property
    def hosts(self) -> str:
        return f"{self.folder}/hosts.map"

    @property
    def owners(self) -> str:
        return f"{self.folder}/owners.map"

    @property
    def servers(self) -> str:
        return f"{self.folder}/servers.state"

    def backends(self) -> list[str]:
        """The names of the pool, in the order in which Routes take them."""
        return [f"drover-{number}" for number in range(1, self.routes + 1)]

    def slots(self) -> list[str]:
        """The names of the servers of each backend."""
        return [f"m{number}" for number in range(1, self.members + 1)]


@dataclass(frozen=True, slots=True)
class Doors:
    """`users` and `runtime` are addresses for `bind` and `stats socket`. `check` is asked of each member."""

    users: str = ":80"
    runtime: str = "/run/haproxy/drover.sock"
    check: str = "/healthz"
    check_ms: int = 1000


# A connection to a server that had a request under way while its address was changed would be used again, for
# users of another Prod by then: so each request has one of its own (`http-server-close`).
# A server takes its address from the state file (`init-addr last`), which HAProxy does only for one that is
# configured by name. The name is never looked up.
_CONFIG = """\
global
    stats socket {runtime} mode 660 level admin expose-fd listeners
    stats timeout 30s
    server-state-file {servers}

defaults
    mode http
    timeout connect 2s
    timeout check 3s
    timeout client 60s
    timeout server 60s
    timeout http-request 10s
    option http-server-close
    option redispatch 1
    retries 2
    load-server-state-from-file global

frontend drover-users
    bind {users}
    use_backend %[req.hdr(host),field(1,:),lower,map({hosts})]
    default_backend drover-nobody

backend drover-nobody
    # Read by nobody but Drover, but only a map that is named here is loaded.
    http-request set-var(txn.drover) str(-),map({owners})
    http-request return status 404 content-type text/plain string "No such host is served here."
"""
_BACKEND = """
backend {name}
    balance roundrobin
    option httpchk GET {check}
    server-template m 1-{members} unset.invalid:1 init-addr last,127.0.0.1 check inter {check_ms}ms fall 2 rise 2 disabled
"""


def haproxy_config(layout: Layout, doors: Doors) -> str:
    """A whole configuration; whoever has one already takes over the parts."""
    files = {"servers": layout.servers, "hosts": layout.hosts, "owners": layout.owners}
    head = _CONFIG.format(runtime=doors.runtime, users=doors.users, **files)
    pool = [
        _BACKEND.format(name=name, check=doors.check, check_ms=doors.check_ms, members=layout.members)
        for name in layout.backends()
    ]
    return head + "".join(pool)


_SAVE = """\
#!/bin/sh
# Writes what HAProxy knows into the files that it reads when it starts. To be run before each reload, and every
# minute by a timer, so that little is lost when it is killed. Needs socat. Nothing is replaced by half an answer.
set -eu
umask 022
ask() {{ printf '%s\\n' "$1" | socat -t 10 - {runtime}; }}
keep() {{ mv -f "$1.new" "$1"; }}

ask 'show servers state' >{servers}.new
grep -q '^# be_id' {servers}.new
for map in {hosts} {owners}; do
    ask "show map $map" >"$map.raw"
    if grep -q '^Unknown' "$map.raw"; then exit 1; fi
    sed -n 's/^0x[0-9a-f]* //p' "$map.raw" >"$map.new"
    rm -f "$map.raw"
done
keep {servers}; keep {hosts}; keep {owners}
"""


def save_script(layout: Layout, doors: Doors) -> str:
    """The script that makes a reload keep what the runtime API has changed. `runtime` has to be a unix socket,
    or an address that socat understands."""
    return _SAVE.format(
        runtime=doors.runtime, servers=layout.servers, hosts=layout.hosts, owners=layout.owners
    )

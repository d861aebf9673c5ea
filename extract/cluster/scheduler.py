"""The way to a dask scheduler: found or refused in one line, within seconds."""

import logging
import socket
import time
import warnings
from typing import TYPE_CHECKING

from ...errors import ClusterError
from ..forks import heard_later

if TYPE_CHECKING:
    from distributed import Client

CONNECT_S = 8.0
KNOCK_S = 0.2


def _knock(host: str, port: int) -> None:
    """Wait until somebody listens: a client that waits by itself takes Ctrl-C with a traceback."""
    until = time.monotonic() + CONNECT_S
    while True:
        try:
            socket.create_connection((host, port), timeout=CONNECT_S).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(KNOCK_S)
        else:
            return


def connect(address: str) -> "Client":
    """Open a connection to the scheduler at `address`, as in ``tcp://10.0.0.1:8786``.

    Certificates for ``tls://`` come from dask's own configuration (``distributed.comm.tls``).

    Raises
    ------
    ClusterError
        If dask is not installed, or no scheduler answers.
    """
    try:
        with heard_later():
            from distributed import Client
            from distributed.comm import get_address_host_port
            from distributed.versions import VersionMismatchWarning
    except ImportError as error:
        raise ClusterError(
            "--backend dask: dask is not installed here; pip install 'depx[distributed]'"
        ) from error
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what it says, we say in a line
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
    try:
        _knock(*get_address_host_port(address))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", VersionMismatchWarning)  # workers are asked one by one
            return Client(address, timeout=CONNECT_S, set_as_default=False, name="depx")
    except (OSError, ValueError, TypeError, RuntimeError, ImportError) as error:
        said = str(error).partition("\n")[0].rstrip(".") or type(error).__name__
        raise ClusterError(
            f"--scheduler {address}: no dask scheduler to be reached ({said}); start one "
            "(dask scheduler), or mend the address"
        ) from error

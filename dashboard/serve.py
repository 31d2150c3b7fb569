"""Serves the dashboard with waitress; the command line starts it by name."""

import gc
import sys
from typing import Final

import waitress

from dashboard.ahead import Ahead
from dashboard.app import create_app
from dashboard.upload import MOST_BODY
from pipelines.domain import UserError
from pipelines.settings import Settings

THREADS = 8
# No name of the server in answers. A body that Flask's own limits (dashboard/security/guard.py, dashboard/upload.py)
# refuse with a sentence is still read; one beyond this is cut off. A body is never written to a disk: it may be a file
# with identity numbers; each connection may thus hold one in memory, and those that are idle are closed soon.
_BODY = MOST_BODY + (1 << 20)
OPTIONS: Final = {
    "ident": "", "max_request_body_size": _BODY, "inbuf_overflow": _BODY + (1 << 17),
    "max_request_header_size": 1 << 16, "connection_limit": 64, "channel_timeout": 30, "cleanup_interval": 10,
}  # fmt: skip


def serve(settings: Settings) -> None:
    """Listen until interrupted. Raises UserError when the address is taken or not ours."""
    app = create_app(settings)
    try:
        server = waitress.create_server(app.server, host=settings.host, port=settings.port, threads=THREADS, **OPTIONS)
    except OSError as error:
        raise UserError(
            f"无法在 {settings.host}:{settings.port} 启动看板：{error.strerror}；"
            "请用 GANGSHAO_PORT 另设端口 (address in use)"
        ) from error
    gc.freeze()  # what lives as long as the server is not gone through again: it took 150 ms from all readers each time
    ahead = Ahead(app.server, settings)
    ahead.start()
    sys.stderr.write(f"看板 {settings.address}（按 Ctrl+C 停止）\n")
    try:
        server.run()
    except KeyboardInterrupt:
        server.close()
    finally:
        ahead.stop()
        gc.unfreeze()

"""Serves the dashboard with waitress; the command line starts it by name."""

import sys
from typing import Final

import waitress

from dashboard.ahead import Ahead
from dashboard.app import create_app
from dashboard.security.guard import MOST_SENT
from pipelines.domain import UserError
from pipelines.settings import Settings

THREADS = 8
# No name of the server in answers. A body that Flask's own limit (dashboard/security/guard.py) refuses with a sentence
# is still read; one beyond this is cut off.
OPTIONS: Final = {"ident": "", "max_request_body_size": 8 * MOST_SENT, "max_request_header_size": 1 << 16}


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
    ahead = Ahead(app.server, settings)
    ahead.start()
    sys.stderr.write(f"看板 {settings.address}（按 Ctrl+C 停止）\n")
    try:
        server.run()
    except KeyboardInterrupt:
        server.close()
    finally:
        ahead.stop()
